"""Draw a small picture of a map: `python docs/draw_map.py BEFORE AFTER LABEL MAP OUT`; see docs/maps.md."""

import sys
from pathlib import Path

import numpy as np
import rasterio
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

TITLES = ("before", "after", "label", "P(change)", "uncertainty")
SIDE = 480
"""Longest side of each part in pixels: a thumbnail."""


def shown(image: NDArray[np.floating]) -> NDArray[np.floating]:
    """An image (bands, H, W) of any bit depth as (H, W, 3) in [0, 1], stretched from its 2nd to its 98th percentile."""
    colours = image[[2, 1, 0]] if len(image) > 3 else image[:3]
    low, high = (np.nanpercentile(colours, q, axis=(1, 2), keepdims=True) for q in (2, 98))
    stretched = np.clip((colours - low) / np.maximum(high - low, 1), 0, 1)
    return np.nan_to_num(stretched, nan=1).transpose(1, 2, 0)


def small(path: Path, like: Path) -> NDArray[np.floating]:
    """All bands (B, h, w) of an image on the grid of `like`, shrunk to SIDE; NaN without data."""
    with rasterio.open(like) as target, rasterio.open(path) as image:
        scale = SIDE / max(target.height, target.width)
        shape = (image.count, round(target.height * scale), round(target.width * scale))
        if image.crs is None:
            return image.read(out_shape=shape, resampling=Resampling.average).astype(float)
        grid = {"crs": target.crs, "transform": target.transform, "height": target.height, "width": target.width}
        with WarpedVRT(image, **grid, resampling=Resampling.bilinear) as aligned:
            return aligned.read(out_shape=shape, masked=True, out_dtype=float).filled(np.nan)


def main() -> None:
    """Before, after, label, probability (0 to 1) and uncertainty (0 to its 99.5th percentile) in a row."""
    before, after, label, drawn, out = map(Path, sys.argv[1:])
    layers = small(drawn, before)
    mask = small(label, before)[0]
    parts = [shown(small(before, before)), shown(small(after, before)), mask > mask.max() / 2, layers[0], layers[2]]
    height, width = parts[0].shape[:2]
    figure = Figure(figsize=(14, 14 / 5 * height / width + 0.5), layout="constrained")
    for axes, part, title in zip(figure.subplots(1, 5), parts, TITLES, strict=True):
        top = {"P(change)": 1.0, "uncertainty": float(np.nanpercentile(layers[2], 99.5))}.get(title)
        axes.imshow(part, cmap="gray", vmin=0, vmax=top)
        axes.set_title(title, fontsize=18)
        axes.set_axis_off()
    figure.savefig(out, dpi=75, pil_kwargs={"quality": 80})


if __name__ == "__main__":
    main()
