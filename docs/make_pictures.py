"""Make the picture of the city in docs/images from the workspace: `make pictures`, after `dvc repro`."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from cdal import figures

SCENES = Path("data/raw/synthetic")
OUT = Path("docs/images")


def city(name: str, side: int) -> Figure:
    """A corner of a scene of the built-in city: before, after and the change mask."""
    figure = Figure(figsize=(12, 4.3), layout="constrained")
    for axes, (folder, title) in zip(
        figure.subplots(1, 3), (("A", "before"), ("B", "after"), ("label", "change mask")), strict=True
    ):
        axes.imshow(np.asarray(Image.open(SCENES / folder / name))[:side, :side], cmap="gray")
        axes.set_title(title, fontsize=16)
        axes.set_axis_off()
    return figure


def main() -> None:
    """Draw the city."""
    OUT.mkdir(exist_ok=True)
    figures.save(city("city_03.png", 512), OUT / "city.png")


if __name__ == "__main__":
    main()
