"""Predicting a map against scoring as many tiles of the same size: `python -m benchmarks predict`."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from benchmarks.measured import Figure, figure, ratio, turns
from benchmarks.scoring import score_all
from benchmarks.workload import DECODER, NORMALISE, noise, siamese
from cdal import checkpoint, rasters
from cdal.mapping import maps, models
from cdal.mapping.predict import Look
from cdal.mapping.windows import Cut, axis
from cdal.rasters import Triple

SHARE = 0.8


def figures(quick: bool = False) -> list[Figure]:
    """A single pass of ResNet18 over a compressed pair of 2048 x 2048 x 3, in overlapping windows of 256 px."""
    side, cut, backbone = (128, Cut(64, 32), "mobilenet") if quick else (2048, Cut(256, 64), "resnet18")
    with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
        folder = Path(scratch)
        networks = models.load(_model(folder / "model", backbone))
        triple = Triple("scene", *(_write(folder / f"{name}.tif", side, seed) for seed, name in enumerate("ab")), None)
        count = len(axis(side, cut).starts) ** 2
        single = networks.posterior("Single")
        draw = partial(
            maps.write_map, rasters.inspect_pair(triple, None), networks, single, Look("Entropy", 0.5),
            out=folder / "out.tif", cut=cut,
        )  # fmt: skip
        taken = turns(
            {"score": partial(score_all, single, noise(count, cut.window)), "predict": draw}, 1 if quick else 5
        )
    name = f"{backbone}, {count} windows of {cut.window} px of a compressed pair"
    return [
        figure(f"predict: tiles/s against scoring tiles in memory, {name}", ratio(taken["score"], taken["predict"]),
               at_least=SHARE)
    ]  # fmt: skip


def _model(folder: Path, backbone: str) -> Path:
    """A checkpoint of a network of random weights."""
    model = siamese(backbone)
    description = checkpoint.Description(
        backbone=backbone, decoder=DECODER, bands=3, dtype="uint8", members=1, mean=NORMALISE.mean.tolist(),
        std=NORMALISE.std.tolist(), threshold={"pixel": 0.5, "tile": 0.5},
    )  # fmt: skip
    checkpoint.save(folder, model, [model.get_weights()], description, [])
    return folder


def _write(path: Path, side: int, seed: int) -> Path:
    """A tiled, deflated GeoTIFF of smooth colours with some noise."""
    slope = (100 + 80 * np.sin(np.arange(side) / 300)).astype(np.uint8)
    image = slope + np.random.default_rng(seed).integers(0, 12, (3, side, side), dtype=np.uint8)
    with rasterio.open(
        path, "w", driver="GTiff", count=3, width=side, height=side, dtype="uint8", crs="EPSG:32632",
        transform=from_origin(5e5, 5e6, 0.5, 0.5), tiled=True, compress="deflate", predictor=2,
    ) as file:  # fmt: skip
        file.write(image)
    return path
