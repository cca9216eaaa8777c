"""How far windows of some size and overlap are from predicting a scene whole: `python -m benchmarks.seams`.

Takes two scenes of the workspace, side by side, and the last round's model.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from cdal import params, rasters
from cdal.mapping import maps, models
from cdal.mapping.predict import Look
from cdal.mapping.windows import Cut
from cdal.posterior import Posterior
from cdal.rasters import Triple

CUTS = ((512, 64), (512, 128), (512, 192), (512, 256), (1024, 256), (1024, 384), (1024, 512))


def mosaic(scenes: Path, names: list[str], out: Path) -> Path:
    """Write the named images of a folder side by side; returns the file."""
    parts = []
    for name in names:
        with rasterio.open(scenes / name) as image:
            parts.append(image.read())
    joined = np.concatenate(parts, axis=2)
    count, height, width = joined.shape
    with rasterio.open(
        out, "w", driver="GTiff", count=count, height=height, width=width, dtype=joined.dtype, crs="EPSG:32632",
        transform=from_origin(5e5, 5e6, 1, 1),
    ) as image:  # fmt: skip
        image.write(joined)
    return out


def whole(networks: models.Networks, posterior: Posterior, triple: Triple) -> np.ndarray:
    """Mean P(change) (H, W) of a scene that the network sees at once."""
    images = []
    for path in (triple.before, triple.after):
        with rasterio.open(path) as image:
            images.append(image.read().transpose(1, 2, 0))
    pairs = networks.description.normalisation(np.stack(images)[np.newaxis])
    return np.mean([predict(pairs)[0] for predict in posterior], axis=0)


def windowed(networks: models.Networks, posterior: Posterior, triple: Triple, cut: Cut, out: Path) -> np.ndarray:
    """Mean P(change) (H, W) of the same scene as `python -m cdal predict` maps it."""
    scene = rasters.inspect_pair(triple, None)
    maps.write_map(scene, networks, posterior, Look("Entropy", 0.5), out=out, cut=cut)
    with rasterio.open(out) as image:
        return image.read(1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seams", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a round's model folder (default: the last round's)")
    parser.add_argument("--data", type=Path, help="a folder of before and after images (default: data.path)")
    options = parser.parse_args()
    settings = params.load()
    data = options.data or Path(settings.data.path)
    networks = models.load(options.model or Path("rounds") / settings.last / "model")
    names = sorted(path.name for path in (data / settings.data.before).iterdir() if path.name[0] != ".")[:2]
    with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
        before, after = (mosaic(data / part, names, Path(scratch) / f"{part}.tif")
                         for part in (settings.data.before, settings.data.after))  # fmt: skip
        triple, posterior = Triple("scene", before, after, None), networks.posterior(None)
        expected = whole(networks, posterior, triple)
        print(f"{expected.shape[0]} x {expected.shape[1]} pixels of {data}\n\n"
              "| window | overlap | largest difference | pixels beyond 0.001 |\n|---|---|---|---|")  # fmt: skip
        for window, overlap in CUTS:
            found = windowed(networks, posterior, triple, Cut(window, overlap), Path(scratch) / "out.tif")
            error = np.abs(found - expected)
            print(f"| {window} | {overlap} | {error.max():.2g} | {(error > 1e-3).mean():.2%} |", flush=True)


if __name__ == "__main__":
    main()
