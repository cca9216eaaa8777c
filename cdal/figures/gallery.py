"""Pictures of tiles, composed as one pixel-exact image: a hundred axes would take a minute to draw."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb as colour_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from cdal.figures.style import CLASS, DPI, INK, MUTED, TEXT

Picture = NDArray[np.uint8]

COLUMNS = ("before", "after", "label", "mean P(change)", "uncertainty")
SIDE, GAP, MARGIN = 192, 8, 14
"""Pixels: width of a drawn tile, space between two, edge of the page."""
MOST = 12
"""Tiles drawn in one picture."""
LINE = 24
"""Pixels of a line of text."""


def to_rgb(
    images: NDArray[np.integer], bands: tuple[int, int, int] | None = None, low: float = 2, high: float = 98
) -> Picture:
    """Stretch imagery (..., H, W, C) for the eye to uint8 (..., H, W, 3).

    Each band goes linearly from its `low` to its `high` percentile over all images given, so that the tiles
    of one call can be compared. bands: indices (from 0) of red, green and blue; by default the first three,
    or the first one as grey.
    """
    chosen = bands or ((0, 1, 2) if images.shape[-1] >= 3 else (0, 0, 0))
    picked = images[..., list(chosen)].astype(np.float32)
    darkest, brightest = np.percentile(picked.reshape(-1, 3), (low, high), axis=0).astype(np.float32)
    scaled = (picked - darkest) / np.maximum(brightest - darkest, 1)
    stretched: Picture = (255 * np.clip(scaled, 0, 1) + 0.5).astype(np.uint8)
    return stretched


def tile_title(tile_id: str, score: float | None, kind: str) -> str:
    """A gallery row's title; kind is the tile's class: change, no change or ambiguous."""
    return "   ".join([tile_id, *([] if score is None else [f"score {score:.3g}"]), kind])


def gallery(
    before: NDArray[np.integer],
    after: NDArray[np.integer],
    label: NDArray[np.uint8],
    prediction: NDArray[np.floating],
    uncertainty: NDArray[np.floating],
    titles: Sequence[str],
    *,
    name: str = "uncertainty",
    bands: tuple[int, int, int] | None = None,
) -> Figure:
    """Tiles as rows: before, after, label, mean prediction and uncertainty; the first 12 of them.

    before, after: (K, H, W, C), any integer type; label: (K, H, W) of 0, 1 and 255 (not labelled); prediction
    and uncertainty: (K, h, w) in 0 to 1, h and w may be smaller than H and W; titles: K, see `tile_title`.
    name: of the uncertainty, as the heading of its column; its colours end at the highest value drawn.
    """
    shown = min(len(titles), MOST)
    height = round(SIDE * label.shape[1] / label.shape[2]) if shown else SIDE
    bottom = 4 * LINE if shown < len(titles) else 3 * LINE
    sheet = Sheet.blank(2 * MARGIN + 5 * SIDE + 4 * GAP, MARGIN + LINE + shown * (LINE + 6 + height + GAP) + bottom)
    lefts = [MARGIN + i * (SIDE + GAP) for i in range(5)]
    for left, heading in zip(lefts, (*COLUMNS[:4], name), strict=True):
        sheet.write(left, MARGIN, heading, bold=True)
    most = float(uncertainty[:shown].max()) if shown else 0.0
    tiles = [
        *(list(to_rgb(dates[:shown], bands)) if shown else [] for dates in (before, after)),
        [paint_label(mask) for mask in label[:shown]],
        [_paint(values, 1.0, "viridis") for values in prediction[:shown]],
        [_paint(values, most, "magma") for values in uncertainty[:shown]],
    ]
    top = MARGIN + LINE + 4
    for row in range(shown):
        sheet.write(MARGIN, top, f"{row + 1}   {titles[row]}", colour=MUTED)
        for column, left in enumerate(lefts):
            sheet.put(left, top + LINE, _fit(tiles[column][row], SIDE, height, smooth=column < 2))
        top += LINE + 6 + height + GAP
    _legend(sheet, lefts, top + 6, most, label[:shown])
    if shown < len(titles):
        rest = f"{len(titles) - shown} more tiles of this round are not drawn."
        sheet.write(MARGIN, top + 2 * LINE + 10, rest, colour=MUTED)
    return sheet.figure()


def sample_pairs(
    before: NDArray[np.integer],
    after: NDArray[np.integer],
    label: NDArray[np.uint8],
    *,
    bands: tuple[int, int, int] | None = None,
) -> Figure:
    """The first six pairs as columns of before, after and label. Shapes: see `gallery`."""
    shown = min(len(label), 6)
    if not shown:
        raise ValueError("no pair to draw")
    side = max(120, min(240, (1020 - 90) // shown - GAP))
    height = round(side * label.shape[1] / label.shape[2])
    edge = 84
    sheet = Sheet.blank(edge + shown * (side + GAP) + MARGIN, MARGIN + 3 * (height + GAP) + LINE + 12)
    masks = [paint_label(mask) for mask in label[:shown]]
    rows = {
        "before": list(to_rgb(before[:shown], bands)),
        "after": list(to_rgb(after[:shown], bands)),
        "label": masks,
    }
    for row, (heading, tiles) in enumerate(rows.items()):
        top = MARGIN + row * (height + GAP)
        sheet.write(MARGIN, top + height // 2 - LINE // 2, heading, bold=True)
        for column, tile in enumerate(tiles):
            sheet.put(edge + column * (side + GAP), top, _fit(tile, side, height, smooth=row < 2))
    _classes(sheet, edge, MARGIN + 3 * (height + GAP) + 4, label[:shown])
    return sheet.figure()


def paint_label(mask: NDArray[np.uint8], stripes: int = 16) -> Picture:
    """Mask (H, W) of 0, 1, 255 in colours: change, no change, and stripes where nobody labelled."""
    painted = np.empty((*mask.shape, 3), np.uint8)
    painted[:] = _bytes(CLASS["no change"])
    painted[mask == 1] = _bytes(CLASS["change"])
    rows, columns = np.indices(mask.shape)
    stripe = (rows + columns) // max(1, mask.shape[1] // (2 * stripes)) % 2 == 0
    painted[mask == 255] = _bytes("#ffffff")
    painted[(mask == 255) & stripe] = _bytes("#7c858c")
    return painted


@dataclass
class Sheet:
    """A page in pixels, origin top left: pictures are pasted, text is set by matplotlib over them."""

    pixels: Picture
    texts: list[tuple[float, float, str, str, bool, str]] = field(default_factory=list)

    @classmethod
    def blank(cls, width: int, height: int) -> "Sheet":
        """A white page."""
        return cls(np.full((height, width, 3), 255, np.uint8))

    def put(self, left: int, top: int, picture: Picture) -> None:
        """Paste a picture."""
        height, width = picture.shape[:2]
        self.pixels[top : top + height, left : left + width] = picture

    def write(
        self,
        left: float,
        top: float,
        text: str,
        *,
        colour: str = INK,
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """Set one line of text with its top at `top`."""
        self.texts.append((left, top, text, colour, bold, align))

    def figure(self) -> Figure:
        """The page as a figure of exactly its pixels (when saved by `style.save`)."""
        height, width = self.pixels.shape[:2]
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
        figure.figimage(self.pixels, origin="upper")
        for left, top, text, colour, bold, align in self.texts:
            figure.text(
                left / width, 1 - (top + LINE / 2) / height, text, color=colour, ha=align, va="center",
                fontsize=TEXT, fontweight="bold" if bold else "normal", parse_math=False,
            )  # fmt: skip
        return figure


def _legend(sheet: Sheet, lefts: list[int], top: int, most: float, label: NDArray[np.uint8]) -> None:
    _classes(sheet, lefts[0], top, label)
    for left, colours, highest in ((lefts[3], "viridis", "1"), (lefts[4], "magma", f"{most:.3g}")):
        bar = SIDE - 2 * GAP
        sheet.put(left, top + 4, _fit(_paint(np.linspace(0, 1, 256)[None], 1.0, colours), bar, 14, smooth=False))
        sheet.write(left, top + LINE - 2, "0")
        sheet.write(left + bar, top + LINE - 2, highest, align="right")


def _classes(sheet: Sheet, left: int, top: int, label: NDArray[np.uint8]) -> None:
    entries = [("change", 1, 105), ("no change", 0, 130), ("not labelled", 255, 0)]
    for name, value, width in entries:
        if value != 255 or (label == 255).any():
            sheet.put(left, top + 3, paint_label(np.full((18, 18), value, np.uint8), stripes=3))
            sheet.write(left + 26, top, name)
        left += width + 26


def _paint(values: NDArray[np.floating], most: float, colours: str) -> Picture:
    scaled = np.clip(values / most, 0, 1) if most > 0 else np.zeros_like(values)
    painted: Picture = colormaps[colours](scaled, bytes=True)[..., :3]
    return painted


def _fit(picture: Picture, width: int, height: int, *, smooth: bool) -> Picture:
    how = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((width, height), how))


def _bytes(colour: str) -> Picture:
    return np.round(255 * np.array(colour_rgb(colour))).astype(np.uint8)
