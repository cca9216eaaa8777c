"""Maps by a real, tiny network: no seams, the numbers of the scoring engine, nodata and grids of the images."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from cdal import rasters
from cdal.acquisition import ACQUISITIONS, Moments
from cdal.mapping import maps, models
from cdal.mapping.predict import Look
from cdal.mapping.windows import Cut
from cdal.rasters import Triple
from tests.imagery import grid, noise, write
from tests.tiny import model_folder

CUT = Cut(128, 64)


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> models.Networks:
    return models.load(model_folder(tmp_path_factory.mktemp("single") / "model"))


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> models.Networks:
    return models.load(model_folder(tmp_path_factory.mktemp("ensemble") / "model", members=2, passes=0))


def draw(
    networks: models.Networks, before: Path, after: Path, out: Path, cut: Cut = CUT, kind: str | None = None,
    uncertainty: str = "Entropy", polygons: Path | None = None,
) -> maps.Summary:  # fmt: skip
    scene = rasters.inspect_pair(Triple("scene", before, after, None), None)
    maps.check_fits(scene, networks.description)
    drawn = networks.posterior(kind)
    return maps.write_map(
        scene, networks, drawn, Look(uncertainty, 0.5), out=out, polygons=polygons, cut=cut, resampling="bilinear"
    )


def pair(folder: Path, height: int, width: int, **options) -> tuple[Path, Path]:
    """Two images with structure at all scales, not just noise."""
    paths = []
    for seed, name in enumerate(("before", "after"), start=1):
        image = sum(np.kron(noise(-(-height // s), -(-width // s), seed=seed * 10 + s), np.ones((1, s, s)))
                    [:, :height, :width] / 4 for s in (1, 8, 32, 96))  # fmt: skip
        paths.append(write(folder / f"{name}.tif", image.astype(np.uint8), **({**grid(), **options})))
    return paths[0], paths[1]


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as image:
        return image.read()


def whole(networks: models.Networks, before: Path, after: Path, kind: str) -> Moments:
    """All passes over the whole scene at once, without the streaming code."""
    pairs = np.stack([read(before), read(after)]).transpose(0, 2, 3, 1)[np.newaxis]
    moments = None
    for predict in networks.posterior(kind):
        probs = predict(networks.description.normalisation(pairs))
        if moments is None:
            moments = Moments.start(probs)
        else:
            moments.add(probs)
    assert moments is not None
    return moments


@pytest.mark.parametrize(
    ("kind", "uncertainty", "height", "width"),
    [("MCBN", "BALD", 96, 1600), ("MCBN", "Variance", 1600, 96), ("Single", "Entropy", 96, 1600)],
)
def test_windows_show_no_seams(
    single: models.Networks, tmp_path: Path, kind: str, uncertainty: str, height: int, width: int
) -> None:
    """A scene in three windows is the scene in one, to 1e-3, and that is the network's own prediction.

    Random weights care for all pixels that the network can see, up to 220 away (trained ones hardly do): hence 512.
    """
    before, after = pair(tmp_path, height, width)
    moments = whole(single, before, after, kind)
    assert moments.mean.std() > 0.02, "a flat map would prove nothing"
    draw(single, before, after, tmp_path / "windows.tif", Cut(1024, 512), kind, uncertainty)
    found = read(tmp_path / "windows.tif")
    assert np.abs(found[0] - moments.mean[0]).max() < 1e-3
    assert np.abs(found[2] - ACQUISITIONS[uncertainty](moments)[0]).max() < 1e-3
    draw(single, before, after, tmp_path / "hard.tif", Cut(1024, 0), kind, uncertainty)
    assert np.abs(read(tmp_path / "hard.tif")[0] - moments.mean[0]).max() > 1e-2, "without overlap there are seams"
