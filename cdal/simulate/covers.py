"""What lies on the ground: covers with their colour and roughness, and what covers a parcel of some use."""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cdal.simulate.districts import Floats, Use
from cdal.simulate.season import Season


class Cover(IntEnum):
    """What covers the ground; the order of COLOUR and ROUGH."""

    LAWN = 0
    MEADOW = 1
    SOIL = 2
    GRAVEL = 3
    CONCRETE = 4
    ASPHALT = 5
    MAIN = 6
    KERB = 7
    WALK = 8
    PAINT = 9
    WATER = 10
    HEDGE = 11
    PAVING = 12
    FIELD = 13
    PLASTIC = 14
    TRACK = 15


ROUGH = np.array([14, 20, 16, 10, 9, 7, 6, 5, 8, 12, 4, 22, 10, 9, 5, 14], np.float32) / 100
COVERS: dict[Use, tuple[Cover, ...]] = {
    Use.GARDEN: (Cover.LAWN, Cover.LAWN, Cover.LAWN, Cover.MEADOW, Cover.GRAVEL),
    Use.COURT: (Cover.PAVING, Cover.CONCRETE, Cover.LAWN, Cover.ASPHALT),
    Use.YARD: (Cover.CONCRETE, Cover.ASPHALT, Cover.GRAVEL),
    Use.CARPARK: (Cover.ASPHALT,),
    Use.VACANT: (Cover.SOIL, Cover.SOIL, Cover.MEADOW, Cover.LAWN, Cover.GRAVEL),
    Use.LAWN: (Cover.LAWN, Cover.LAWN, Cover.MEADOW),
    Use.WOOD: (Cover.MEADOW,),
    Use.FIELD: (Cover.FIELD,),
    Use.SOIL: (Cover.SOIL, Cover.SOIL, Cover.GRAVEL),
    Use.PLASTIC: (Cover.FIELD, Cover.PLASTIC),
}
UNSTEADY = {
    Use.VACANT: 0.25,
    Use.SOIL: 0.25,
    Use.PLASTIC: 0.4,
    Use.YARD: 0.12,
    Use.GARDEN: 0.06,
    Use.COURT: 0.06,
}
"""Chance that a parcel's cover is drawn anew for the second date, without any change of buildings."""


def cover(uses: Sequence[int], rng: np.random.Generator) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Cover of every parcel before and after, without regard to building changes."""

    use, most = np.array(uses), max(map(len, COVERS.values()))
    table = np.array([COVERS[u] + (COVERS[u][-1],) * (most - len(COVERS[u])) for u in Use], np.int8)
    choices = np.array([len(COVERS[u]) for u in Use])[use]
    before, again = (table[use, rng.integers(0, choices)] for _ in range(2))
    anew = rng.random(len(use)) < np.array([UNSTEADY.get(u, 0.0) for u in Use])[use]
    return before, np.where(anew, again, before).astype(np.int8)


def palette(season: Season) -> Floats:
    """Mean reflectance (len(Cover), 3) of every cover in a season."""
    lawn, soil = np.array(season.lawn), np.array(season.soil)
    rows = [
        lawn,
        lawn * 0.75 + soil * 0.2,
        soil,
        (0.30, 0.28, 0.25),
        (0.29, 0.285, 0.27),
        (0.15, 0.15, 0.152),
    ]
    rows += [(0.118, 0.118, 0.122), (0.31, 0.305, 0.295), (0.235, 0.23, 0.22), (0.5, 0.5, 0.48)]
    rows += [(0.028, 0.045, 0.045), lawn * 0.55, (0.25, 0.225, 0.205), soil, (0.41, 0.43, 0.44)]
    rows += [soil * 0.8 + 0.05]
    return np.array(rows, np.float32)
