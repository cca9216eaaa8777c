"""Blocks cut into parcels: one row of a table each, wherever the district's plan puts them."""

from dataclasses import dataclass, field

import numpy as np

from cdal.simulate import districts
from cdal.simulate.bend import Bend
from cdal.simulate.districts import District, Floats, Use


@dataclass
class Parcels:
    """One row a parcel: land use, centre (y, x) px, angle of its width rad, width and depth px, row, district."""

    use: list[int] = field(default_factory=list)
    place: list[tuple[float, float, float]] = field(default_factory=list)
    extent: list[tuple[float, float]] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)


def cut(quarter: District, bend: Bend, parcels: Parcels, rng: np.random.Generator) -> dict[str, Floats]:
    """Cut every block of a district into parcels; returns per-block tables (nu, nv)."""
    kind, uses = quarter.kind, list(quarter.kind.blocks)
    weights = np.array(list(kind.blocks.values()))
    inset = kind.street + kind.walk
    shape = (len(quarter.lines_u) - 1, len(quarter.lines_v) - 1)
    table = {name: np.zeros(shape, np.float32) for name in ("first", "columns", "rows", "w", "d")}
    for i, j in np.ndindex(shape):
        u0, v0 = quarter.lines_u[i] + inset, quarter.lines_v[j] + inset
        length, depth = np.diff(quarter.lines_u)[i] - 2 * inset, np.diff(quarter.lines_v)[j] - 2 * inset
        use = uses[int(rng.choice(len(uses), p=weights / weights.sum()))]
        split = kind.lot is not None and use in (*districts.BUILT, Use.VACANT)
        columns = max(1, round(length / rng.uniform(*kind.lot))) if split and kind.lot else 1
        rows = 2 if split else 1
        w, d = length / columns, depth / rows
        for name, value in zip(table, (len(parcels.use), columns, rows, w, d), strict=True):
            table[name][i, j] = value
        cv, cu = np.divmod(np.arange(rows * columns), columns)
        u, v = u0 + (cu + 0.5) * w, v0 + (cv + 0.5) * d
        _enter(parcels, quarter, bend, use, (u, v, cv), (w, d), rng)
    return table


def _enter(
    parcels: Parcels,
    quarter: District,
    bend: Bend,
    use: Use,
    at: tuple[Floats, Floats, Floats],
    extent: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    u, v, row = at
    y, x = bend.inverse(*quarter.image(u, v))
    ahead_y, ahead_x = bend.inverse(*quarter.image(u + 6, v))
    angle = np.arctan2(ahead_y - y, ahead_x - x)
    empty = rng.random(len(u)) < quarter.kind.vacant
    parcels.use += [int(Use.VACANT if e and use in districts.BUILT else use) for e in empty]
    parcels.place += list(zip(y.tolist(), x.tolist(), angle.tolist(), strict=True))
    parcels.extent += [extent] * len(u)
    parcels.back += row.tolist()
    parcels.kind += [quarter.name] * len(u)
