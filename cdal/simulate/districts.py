"""What a quarter of the city is like: street pitch, lots and land use, and its oblique street grid."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class Use(IntEnum):
    """Land use of a parcel."""

    GARDEN = 0
    COURT = 1
    YARD = 2
    CARPARK = 3
    VACANT = 4
    LAWN = 5
    WOOD = 6
    FIELD = 7
    SOIL = 8
    PLASTIC = 9


BUILT = (Use.GARDEN, Use.COURT, Use.YARD)


@dataclass(frozen=True)
class Kind:
    """A type of district. Lengths in pixels of 0.5 m; weights need not sum to one."""

    pitch_u: tuple[float, float]
    pitch_v: tuple[float, float]
    lot: tuple[float, float] | None
    street: float
    walk: float
    blocks: dict[Use, float]
    vacant: float
    open: float


KINDS = {
    "suburb": Kind(
        (190, 290),
        (88, 106),
        (34, 48),
        5.5,
        3.0,
        {Use.GARDEN: 0.9, Use.LAWN: 0.05, Use.CARPARK: 0.05},
        0.07,
        0.85,
    ),
    "estate": Kind(
        (170, 260),
        (88, 104),
        (34, 46),
        5.5,
        3.0,
        {Use.GARDEN: 0.65, Use.SOIL: 0.15, Use.VACANT: 0.2},
        0.3,
        0.8,
    ),
    "town": Kind(
        (130, 190),
        (116, 150),
        (50, 74),
        6.5,
        4.0,
        {Use.COURT: 0.8, Use.CARPARK: 0.12, Use.LAWN: 0.08},
        0.06,
        0.92,
    ),
    "industry": Kind(
        (210, 300),
        (170, 230),
        (76, 112),
        7.0,
        3.0,
        {Use.YARD: 0.75, Use.CARPARK: 0.15, Use.SOIL: 0.1},
        0.12,
        0.85,
    ),
    "farm": Kind((170, 330), (70, 150), None, 2.5, 1.0, {Use.FIELD: 0.82, Use.WOOD: 0.08, Use.PLASTIC: 0.1}, 0.0, 0.35),
    "park": Kind((170, 300), (150, 260), None, 2.2, 0.0, {Use.LAWN: 0.65, Use.WOOD: 0.35}, 0.0, 0.7),
}
SHARES = {"suburb": 0.34, "estate": 0.13, "town": 0.25, "industry": 0.16, "farm": 0.05, "park": 0.07}
REACH = 440.0
"""Half extent of a district's street grid, px; no border is farther from its centre."""


@dataclass(frozen=True)
class District:
    """A street grid of its own angle (radians) around (y, x) pixels; `lines_u`, `lines_v` are street axes."""

    y: float
    x: float
    name: str
    angle: float
    lines_u: Floats
    lines_v: Floats
    open_u: NDArray[np.bool_]
    open_v: NDArray[np.bool_]

    @property
    def kind(self) -> Kind:
        return KINDS[self.name]

    @property
    def rural(self) -> bool:
        return self.name in ("farm", "park")

    def local(self, y: Floats, x: Floats) -> tuple[Floats, Floats]:
        """(u, v) pixels along and across the blocks, of image points."""
        cos, sin = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        dy, dx = y - np.float32(self.y), x - np.float32(self.x)
        return dx * cos + dy * sin, dy * cos - dx * sin

    def image(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """(y, x) of block coordinates; the inverse of `local`."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return self.y + u * sin + v * cos, self.x + u * cos - v * sin


def _lines(pitch: tuple[float, float], rng: np.random.Generator) -> Floats:
    count = int(2 * REACH / pitch[0]) + 2
    lines = np.cumsum(rng.uniform(*pitch, count))
    return (lines - lines[count // 2] + rng.uniform(-0.5, 0.5) * pitch[0]).astype(np.float32)


def district(y: float, x: float, name: str, rng: np.random.Generator) -> District:
    """A district of the named kind with random angle, irregular pitch and some streets left out."""
    kind = KINDS[name]
    lines_u, lines_v = _lines(kind.pitch_u, rng), _lines(kind.pitch_v, rng)
    shape = (len(lines_u), len(lines_v))
    return District(
        y=y,
        x=x,
        name=name,
        angle=rng.uniform(-np.pi / 4, np.pi / 4),
        lines_u=lines_u,
        lines_v=lines_v,
        open_u=rng.random(shape) < kind.open,
        open_v=rng.random(shape) < max(kind.open, 0.9 if kind.lot else 0.0),
    )


def found(size: int, rng: np.random.Generator) -> list[District]:
    """Districts on a jittered grid that covers a canvas of `size` px; the middle one is built up."""
    cell = 330.0
    ring = int(np.ceil(size / 2 / cell)) + (1 if size > 400 else 0)
    names, weights = list(SHARES), np.array(list(SHARES.values())) * rng.uniform(0.5, 1.5, len(SHARES))
    places = [(i, j) for i in range(-ring, ring + 1) for j in range(-ring, ring + 1)]
    quarters = []
    for i, j in places:
        y, x = size / 2 + cell * (np.array([i, j]) + rng.uniform(-0.36, 0.36, 2) * (1 if i or j else 0.3))
        built = rng.choice(["suburb", "estate", "town"])
        name = str(rng.choice(names, p=weights / weights.sum())) if i or j else str(built)
        quarters.append(district(float(y), float(x), name, rng))
    return [q for q in quarters if -250 < q.y < size + 250 and -250 < q.x < size + 250]
