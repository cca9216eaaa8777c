"""From two images and a model to the files of a map."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdal import rasters
from cdal.checkpoint import Description
from cdal.errors import UserError
from cdal.mapping import geotiff, images, outputs
from cdal.mapping.models import Networks
from cdal.mapping.outputs import TIFF
from cdal.mapping.predict import LAYERS, Look, predict
from cdal.mapping.windows import Cut, Windows, axis
from cdal.posterior import Posterior
from cdal.rasters import Scene

NO_CHANGE, NO_DATA, CHANGE = 0, 127, 255
"""Values of the mask that PNGs and polygons are made from."""


@dataclass(frozen=True)
class Summary:
    """Pixels of the scene, of these with data and changed, and regions that were written (None without polygons)."""

    pixels: int
    valid: int
    changed: int
    regions: int | None


def check_fits(scene: Scene, model: Description) -> None:
    """Raise UserError if the model was trained on other bands than the scene has."""
    if len(scene.bands) != model.bands or scene.dtype != model.dtype:
        raise UserError(
            f"{scene.triple.before} has {len(scene.bands)} bands of {scene.dtype}, the model was trained on "
            f"{model.bands} of {model.dtype}; choose bands with --bands, or convert the images"
        )


def check_uncertainty(posterior: Posterior, name: str) -> None:
    """Raise UserError for a score that a single pass cannot have."""
    if len(posterior) == 1 and name in ("Variance", "BALD"):
        raise UserError(
            f"{name} of a single prediction is 0 everywhere, expected an ensemble or MCBN statistics in the model; "
            "use --uncertainty Entropy, or a model trained anew"
        )


def write_map(
    scene: Scene, networks: Networks, posterior: Posterior, look: Look, *,
    out: Path, polygons: Path | None = None, cut: Cut, resampling: str = "bilinear",
) -> Summary:  # fmt: skip
    """Predict a scene and write its map, whole or not at all; memory grows with the scene's width alone.

    out: .tif for a cloud-optimised GeoTIFF of three float32 bands (probability, change, uncertainty; NaN without data)
    on the grid of before; .png for the change mask (0, 255; 127 without data), with all layers in a .npy file (height,
    width, 3) beside it. polygons: a GeoPackage of the changed regions. resampling: of after, where grids differ.
    """
    as_tiff = out.suffix.lower() in TIFF
    targets = [out] + ([] if as_tiff else [out.with_suffix(".npy")]) + ([polygons] if polygons else [])
    grid = geotiff.grid_of(scene.triple.before)
    with outputs.staged(*targets) as paths:
        layers, mask = paths[0].parent / "layers.tif", paths[0].parent / "mask.tif"
        counts = _paint(scene, networks, posterior, look, grid, layers, mask, cut, resampling)
        if as_tiff:
            geotiff.cloud_optimised(layers, paths[0], _tags(look, posterior))
        else:
            images.write(mask, layers, paths[0], paths[1])
        regions = _regions(mask, layers, paths[-1]) if polygons else None
    return Summary(scene.frame.height * scene.frame.width, *counts, regions)


def _paint(
    scene: Scene, networks: Networks, posterior: Posterior, look: Look, grid: geotiff.Grid,
    layers: Path, mask: Path, cut: Cut, resampling: str,
) -> tuple[int, int]:  # fmt: skip
    """Fill the two canvases; how many pixels have data, and how many changed."""
    rows, cols = (axis(side, cut) for side in (scene.frame.height, scene.frame.width))
    valid = changed = 0
    with ExitStack() as stack:
        reader = stack.enter_context(rasters.open_scene(scene, resampling))
        image = stack.enter_context(geotiff.canvas(layers, grid, LAYERS, np.float32, np.nan))
        codes = stack.enter_context(geotiff.canvas(mask, grid, ("change",), np.uint8, NO_DATA))
        windows = Windows(reader, len(scene.bands), rows, cols)
        for row, block in predict(posterior, windows, networks.description.normalisation, look):
            geotiff.paint(image, row, 0, block)
            coded = _codes(block[1])
            geotiff.paint(codes, row, 0, coded[np.newaxis])
            valid, changed = valid + int((coded != NO_DATA).sum()), changed + int((coded == CHANGE).sum())
    return valid, changed


def _codes(change: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.select([np.isnan(change), change > 0], [NO_DATA, CHANGE], NO_CHANGE).astype(np.uint8)


def _tags(look: Look, posterior: Posterior) -> dict[str, object]:
    return {"uncertainty": look.uncertainty, "threshold": look.threshold, "passes": len(posterior)}


def _regions(mask: Path, layers: Path, out: Path) -> int:
    from cdal.mapping import polygons

    found = polygons.changed_regions(mask, layers, CHANGE)
    polygons.write(found, out)
    return len(found)
