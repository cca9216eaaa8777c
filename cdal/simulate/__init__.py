"""The built-in city: procedural aerial pictures of two dates with a change mask, laid out like real data."""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cdal.simulate.scene import campaign, city

__all__ = ["campaign", "city", "simulate"]

LEAST = 128


def simulate(root: Path, *, scenes: int, size: int, seed: int, workers: int | None = None) -> None:
    """Write `scenes` cities of `size` px (0.5 m each) as root/{A,B,label}/city_NN.png: before, after, mask.

    A and B are RGB, label is 0 or 255. Scene k depends on `seed`, `size` and k alone; `workers` (processes,
    default one a CPU) never changes a bit.
    """
    _check(scenes, size, seed, workers)
    for folder in ("A", "B", "label"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    workers = min(workers or os.cpu_count() or 1, scenes)
    draw = partial(_scene, root, size, seed)
    if workers == 1:
        for index in range(scenes):
            draw(index)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(draw, range(scenes)))


def _check(scenes: int, size: int, seed: int, workers: int | None) -> None:
    if scenes < 1:
        raise ValueError(f"scenes is {scenes}, expected 1 or more; set simulate.scenes to at least 1")
    if size < LEAST:
        raise ValueError(f"size is {size} px, expected {LEAST} or more; set simulate.size to at least {LEAST}")
    if seed < 0:
        raise ValueError(f"seed is {seed}, expected 0 or more; set simulate.seed to a non-negative number")
    if workers is not None and workers < 1:
        raise ValueError(f"workers is {workers}, expected 1 or more; leave it out to use every CPU")


def _scene(root: Path, size: int, seed: int, index: int) -> None:
    flights = campaign(np.random.default_rng([seed]))
    before, after, label = city(size, flights, np.random.default_rng([seed, index]))
    for folder, picture in (("A", before), ("B", after), ("label", label)):
        _write(root / folder / f"city_{index:02d}.png", picture)


def _write(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a PNG under a temporary name and rename it, so that no half a file is ever seen."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            Image.fromarray(picture).save(stream, "PNG", compress_level=1)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
