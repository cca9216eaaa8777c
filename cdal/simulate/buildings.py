"""Buildings: footprints made of rectangular wings, and the designs that suit a parcel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cdal.simulate.districts import Floats, Use

Wing = tuple[float, float, float, float]
"""Centre u, v and half extents along u, v; pixels in the building's own axes."""

ROOFS = {
    "red": (0.30, 0.125, 0.085),
    "brown": (0.19, 0.125, 0.095),
    "slate": (0.125, 0.13, 0.145),
    "concrete": (0.30, 0.295, 0.28),
    "gravel": (0.37, 0.35, 0.31),
    "metal": (0.50, 0.52, 0.54),
    "bitumen": (0.085, 0.085, 0.09),
}
STYLES: dict[Use, dict[str, float]] = {
    Use.GARDEN: {"red": 0.42, "brown": 0.28, "slate": 0.15, "concrete": 0.08, "bitumen": 0.07},
    Use.COURT: {"red": 0.2, "brown": 0.12, "slate": 0.1, "concrete": 0.2, "gravel": 0.2, "bitumen": 0.18},
    Use.YARD: {"concrete": 0.25, "metal": 0.35, "bitumen": 0.2, "gravel": 0.2},
}
SHAPES = {"I": 0.45, "L": 0.28, "T": 0.15, "U": 0.12}


@dataclass(frozen=True)
class Building:
    """Centre (y, x) px, angle rad, wings, eave height m, roof form, pitch (rise over run), material."""

    y: float
    x: float
    angle: float
    wings: tuple[Wing, ...]
    eave: float
    form: str
    pitch: float
    material: str
    seed: int

    def window(self, size: int, margin: float = 2) -> tuple[slice, slice]:
        """Bounding window within a canvas of side `size`."""
        reach = max(float(np.hypot(abs(u) + a, abs(v) + b)) for u, v, a, b in self.wings) + margin
        low = [min(max(int(c - reach), 0), size) for c in (self.y, self.x)]
        high = [min(max(int(c + reach) + 2, 0), size) for c in (self.y, self.x)]
        return slice(low[0], high[0]), slice(low[1], high[1])

    def axes(self, window: tuple[slice, slice]) -> tuple[Floats, Floats]:
        """(u, v) of every pixel of a window, in the building's axes."""
        dy = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None] - self.y
        dx = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None] - self.x
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return dx * cos + dy * sin, dy * cos - dx * sin

    def footprint(self, size: int, grow: float = 0) -> NDArray[np.intp]:
        """Flat indices, in a canvas of side `size`, of the pixels under the roof, widened by `grow` px."""
        window = self.window(size, grow + 2)
        u, v = self.axes(window)
        inside = np.zeros(np.broadcast_shapes(u.shape, v.shape), bool)
        for cu, cv, a, b in self.wings:
            inside |= (np.abs(u - cu) <= a + grow) & (np.abs(v - cv) <= b + grow)
        rows, columns = np.nonzero(inside)
        return (rows + window[0].start) * size + columns + window[1].start


def _wings(shape: str, a: float, b: float, rng: np.random.Generator) -> Iterator[Wing]:
    """Wings of a footprint with half extents (a, b): a bar along u at the front, arms towards +v."""
    bar = b if shape == "I" else b * rng.uniform(0.4, 0.55)
    yield (0.0, bar - b, a, bar)
    arm = a * rng.uniform(0.28, 0.45)
    side = float(rng.choice([-1, 1]))
    places: dict[str, list[float]] = {
        "I": [],
        "L": [side * (a - arm)],
        "T": [rng.uniform(-0.3, 0.3) * a],
        "U": [arm - a, a - arm],
    }
    for u in places[shape]:
        yield (float(u), bar, arm, b - bar)


def _roof(use: Use, rng: np.random.Generator) -> tuple[str, float, float, str]:
    """Form, pitch, eave height in m, and material that go with a land use."""
    names = list(STYLES[use])
    material = str(rng.choice(names, p=np.array(list(STYLES[use].values())) / sum(STYLES[use].values())))
    tiled = material in ("red", "brown", "slate")
    form = str(rng.choice(["gable", "hip"])) if tiled else "flat"
    if material == "metal" and rng.random() < 0.5:
        form = "gable"
    pitch = float(rng.uniform(0.5, 0.95) if tiled else 0.15)
    low, high = {Use.GARDEN: (2.8, 6.0), Use.COURT: (8.0, 17.0), Use.YARD: (5.0, 10.0)}[use]
    return form, pitch, float(rng.uniform(low, high)), material


def design(
    use: Use,
    place: tuple[float, float, float],
    extent: tuple[float, float],
    back: int,
    rng: np.random.Generator,
) -> Building:
    """A building for a parcel at place (y, x, angle) of `extent` (width, depth) px, near its street side."""
    y, x, angle = place
    width, depth = extent
    most, least = {Use.GARDEN: (15, 8.5), Use.COURT: (26, 11), Use.YARD: (40, 13)}[use]
    a = float(np.clip(rng.uniform(0.32, 0.44) * width, least, most))
    b = float(np.clip(rng.uniform(0.22, 0.4) * depth, least * 0.8, most * 0.8))
    shape = str(rng.choice(list(SHAPES), p=list(SHAPES.values()))) if min(a, b) > 8 else "I"
    toward = 1.0 if back else -1.0
    shift = toward * max(depth / 2 - b - rng.uniform(3, 9), 0)
    slip = rng.uniform(-1, 1) * max(width / 2 - a - 3, 0)
    y += shift * np.cos(angle) + slip * np.sin(angle)
    x += slip * np.cos(angle) - shift * np.sin(angle)
    form, pitch, eave, material = _roof(use, rng)
    turn = np.pi if back != (rng.random() < 0.25) else 0.0
    wings = tuple(_wings(shape, a, b, rng))
    jitter = rng.normal(0, 0.02)
    return Building(y, x, angle + turn + jitter, wings, eave, form, pitch, material, int(rng.integers(2**31)))


def extended(building: Building, rng: np.random.Generator) -> Building:
    """The same building with one more wing, 9-24 px, on a random side."""
    u, v, a, b = building.wings[0]
    out, along = rng.uniform(4.5, 10), rng.uniform(0.45, 1.0)
    side = float(rng.choice([-1, 1]))
    if rng.random() < 0.5:
        wing = (u + side * (a + out - 1), v, out + 1, b * along)
    else:
        wing = (u + rng.uniform(-0.3, 0.3) * a, v + side * (b + out - 1), a * along, out + 1)
    return replace(building, wings=(*building.wings, wing))
