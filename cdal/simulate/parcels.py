"""Blocks cut into parcels: one row of a table each, wherever the district's plan puts them."""

from dataclasses import dataclass, field

import numpy as np

from cdal.simulate import districts
from cdal.simulate.bend import Bend
from cdal.simulate.districts import District, Floats, Use


@dataclass
class Parcels:
    """A row a parcel: land use, (y, x, angle) in px and rad, (width, depth) px, back row or not, district."""

    use: list[int] = field(default_factory=list)
    place: list[tuple[float, float, float]] = field(default_factory=list)
    extent: list[tuple[float, float]] = field(default_factory=list)
    back: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)


def cut(quarter: District, bend: Bend, parcels: Parcels, rng: np.random.Generator) -> dict[str, Floats]:
    """Enter every block's parcels in `parcels`; returns tables (nu, nv), one value a block."""
    kind, uses = quarter.kind, list(quarter.kind.blocks)
    weights = np.array(list(kind.blocks.values()))
    inset = kind.street + kind.walk
    lengths, depths = np.diff(quarter.lines_u) - 2 * inset, np.diff(quarter.lines_v) - 2 * inset
    shape = (len(lengths), len(depths))
    table = {name: np.zeros(shape, np.float32) for name in ("first", "columns", "rows", "w", "d")}
    drawn = rng.choice(len(uses), shape, p=weights / weights.sum())
    u, v, start = [np.zeros(0)], [np.zeros(0)], len(parcels.use)
    for i, j in np.ndindex(shape):
        use = uses[drawn[i, j]]
        split = use in (*districts.BUILT, Use.VACANT)
        columns = max(1, round(float(lengths[i]) / rng.uniform(*kind.lot))) if split and kind.lot else 1
        rows = 2 if split else 1
        w, d = float(lengths[i]) / columns, float(depths[j]) / rows
        for name, value in zip(table, (len(parcels.use), columns, rows, w, d), strict=True):
            table[name][i, j] = value
        row, column = np.divmod(np.arange(rows * columns), columns)
        u.append(quarter.lines_u[i] + inset + (column + 0.5) * w)
        v.append(quarter.lines_v[j] + inset + (row + 0.5) * d)
        parcels.use += [int(use)] * len(row)
        parcels.extent += [(w, d)] * len(row)
        parcels.back += row.tolist()
        parcels.kind += [quarter.name] * len(row)
    _place(parcels, quarter, bend, np.concatenate(u), np.concatenate(v))
    _vacate(parcels, kind.vacant, start, rng)
    return table


def _place(parcels: Parcels, quarter: District, bend: Bend, u: Floats, v: Floats) -> None:
    """Enter the image places of parcel centres (u, v)."""
    y, x = bend.inverse(*quarter.image(u, v))
    ahead_y, ahead_x = bend.inverse(*quarter.image(u + 6, v))
    parcels.place += list(zip(y.tolist(), x.tolist(), np.arctan2(ahead_y - y, ahead_x - x).tolist(), strict=True))


def _vacate(parcels: Parcels, share: float, first: int, rng: np.random.Generator) -> None:
    """Leave a share of the built parcels from row `first` on vacant."""
    for i in np.flatnonzero(rng.random(len(parcels.use) - first) < share) + first:
        if parcels.use[i] in districts.BUILT:
            parcels.use[i] = int(Use.VACANT)
