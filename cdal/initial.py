"""The first labelled set: before there is any model."""

import numpy as np
from numpy.typing import NDArray

from cdal.errors import UserError
from cdal.params import AL
from cdal.selectors import Positions, clusters


def first(
    images: NDArray[np.generic], rows: Positions, classes: list[str], al: AL, rng: np.random.Generator
) -> Positions:
    """Positions in `rows` (the pool's rows in `images`) of the first tiles to label, as `al.initial` asks.

    classes: of those tiles; unused, and any, unless al.initial is balanced.
    """
    if al.initial == "typical":
        return typical(descriptors(images, rows), al.initial_size, rng)
    return draw(classes, al.initial_size, al.initial, rng)


def draw(classes: list[str], size: int, kind: str, rng: np.random.Generator) -> Positions:
    """Positions of the first labelled tiles in the pool, in the order of the pool.

    classes: change, no_change or ambiguous, one a pool tile. kind: balanced (half change, half no change: needs
    labels; arXiv 2008.11201, section 4.1), random, or all (full supervision). Raises UserError when the pool has too
    few.
    """
    if kind == "all":
        return np.arange(len(classes))
    if size > len(classes):
        raise UserError(f"al.initial_size is {size}, but the pool has {len(classes)} tiles; lower it")
    if kind == "random":
        return np.sort(rng.choice(len(classes), size=size, replace=False))
    names = np.array(classes)
    wanted = {"change": size // 2, "no_change": size - size // 2}
    for name, count in wanted.items():
        found = int((names == name).sum())
        if found < count:
            raise UserError(
                f"the pool has {found} {name} tiles, but a balanced start of {size} needs {count}; "
                "lower al.initial_size or set al.initial to random"
            )
    drawn = [rng.choice(np.flatnonzero(names == name), size=count, replace=False) for name, count in wanted.items()]
    return np.sort(np.concatenate(drawn))


def descriptors(images: NDArray[np.generic], rows: Positions) -> NDArray[np.float64]:
    """What tiles look like before there is any model: both dates on a 4 x 4 grid, each number z-scored over tiles.

    images (N, 2, H, W, C): the tile store. Returns (len(rows), 2 * 16 * C).
    """
    grid = []
    for row in rows:
        _, height, width, bands = images[row].shape
        cells = images[row].reshape(2, 4, height // 4, 4, width // 4, bands)
        grid.append(cells.mean((2, 4), dtype=np.float64).ravel())
    found = np.array(grid)
    spread = found.std(0)
    return (found - found.mean(0)) / np.where(spread > 0, spread, 1)


def typical(descriptors: NDArray[np.floating], size: int, rng: np.random.Generator) -> Positions:
    """The tile nearest to each of `size` cluster centres, for a cold start without labels, in the order of the pool.

    descriptors (N, D): what the tiles look like. After TypiClust (Hacohen, Dekel & Weinshall 2022).
    """
    _, centres = clusters(descriptors, size, rng)
    chosen: list[int] = []
    for centre in centres:
        order = np.argsort(((descriptors - centre) ** 2).sum(1), kind="stable")
        chosen.append(next(int(i) for i in order if int(i) not in chosen))
    return np.sort(np.array(chosen, np.int64))
