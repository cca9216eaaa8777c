"""Borders between districts, where the main roads run: a Voronoi diagram of their centres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal.simulate.districts import District
from cdal.simulate.noise import Field

FAR = np.float32(1e3)


@dataclass(frozen=True)
class Borders:
    """Owner of each pixel, px to the border with a main road and to one without, place along it."""

    owner: NDArray[np.int32]
    main: Field
    plain: Field
    along: Field


def _square(seed: Field, y: Field, x: Field) -> Field:
    """Squared distance of every pixel to a seed (y, x); cheaper to compute twice than to keep."""
    square = np.square(x - seed[1])
    square += np.square(y - seed[0])
    return square


def _owners(seeds: Field, y: Field, x: Field) -> tuple[NDArray[np.int32], Field]:
    """Index of the nearest seed, and the squared distance to it, of every pixel."""
    owner, best = np.zeros(y.shape, np.int32), _square(seeds[0], y, x)
    for i, seed in enumerate(seeds[1:], 1):
        square = _square(seed, y, x)
        owner[square < best] = i
        np.minimum(best, square, out=best)
    return owner, best


def divide(quarters: list[District], y: Field, x: Field, rng: np.random.Generator) -> Borders:
    """Halfway between districts; main roads around farms and parks, and elsewhere by lot."""
    seeds = np.array([(q.y, q.x) for q in quarters], np.float32)
    owner, best = _owners(seeds, y, x)
    gap = np.hypot(*(seeds[:, None] - seeds[None]).transpose(2, 0, 1)) + np.diag(np.full(len(seeds), 1e-9))
    rural = np.array([q.rural for q in quarters])
    lot = rng.random(gap.shape) < 0.5
    major = np.triu(lot) | np.triu(lot).T | rural[:, None] | rural[None]
    main, plain, along = np.full(y.shape, FAR), np.full(y.shape, FAR), np.zeros(y.shape, np.float32)
    for j, seed in enumerate(seeds):
        gaps = (2 * gap[:, j]).astype(np.float32)
        excess = _square(seed, y, x) - best
        near = np.nonzero((excess < 30 * gaps[owner]) & (owner != j))
        mine = owner[near]
        distance = excess[near] / gaps[mine]
        closest = distance < np.minimum(main[near], plain[near])
        wide = major[mine, j]
        main[near] = np.where(wide, np.minimum(main[near], distance), main[near])
        plain[near] = np.where(wide, plain[near], np.minimum(plain[near], distance))
        normal = (seeds[j] - seeds) / gap[:, j : j + 1]
        ny, nx = normal[mine].T
        along[near] = np.where(closest, np.abs(x[near] * ny - y[near] * nx), along[near])
    return Borders(owner, main, plain, along)
