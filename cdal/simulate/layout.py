"""The plan of a city: main roads between districts, streets, parcels and water, as pixel maps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal.simulate.bend import Bend
from cdal.simulate.borders import FAR, divide
from cdal.simulate.districts import District, found
from cdal.simulate.noise import Field, fractal
from cdal.simulate.parcels import Parcels, cut


@dataclass(frozen=True)
class Layout:
    """Maps (H, W): distances in px to main and street axes, chainage `along`, parcel id, place within it."""

    main: Field
    street: Field
    along: Field
    width: Field
    walk: Field
    rural: NDArray[np.bool_]
    water: NDArray[np.bool_]
    shore: NDArray[np.bool_]
    parcel: NDArray[np.int32]
    inner_u: Field
    inner_v: Field
    parcels: Parcels

    @property
    def free(self) -> NDArray[np.bool_]:
        """Where a building may stand."""
        clear = (self.main > 17) & (self.street > self.width + self.walk + 1)
        return clear & ~self.shore & ~self.water


def _streets(quarter: District, u: Field, v: Field, table: dict[str, Field]) -> dict[str, Field]:
    """Distance to the nearest street axis, chainage, and parcel coordinates of points (u, v), all (N,)."""
    lu, lv = quarter.lines_u, quarter.lines_v
    iu = np.clip(np.searchsorted(lu, u) - 1, 0, len(lu) - 2)
    iv = np.clip(np.searchsorted(lv, v) - 1, 0, len(lv) - 2)
    low_u, low_v = u - lu[iu], v - lv[iv]
    high_u, high_v = lu[iu + 1] - u, lv[iv + 1] - v
    across = np.minimum(np.where(quarter.open_u[iu, iv], low_u, FAR), np.where(quarter.open_u[iu + 1, iv], high_u, FAR))
    beside = np.minimum(np.where(quarter.open_v[iu, iv], low_v, FAR), np.where(quarter.open_v[iu, iv + 1], high_v, FAR))
    inset = quarter.kind.street + quarter.kind.walk
    w, d = table["w"][iu, iv], table["d"][iu, iv]
    column = np.clip((low_u - inset) // w, 0, table["columns"][iu, iv] - 1)
    row = np.clip((low_v - inset) // d, 0, table["rows"][iu, iv] - 1)
    return {
        "street": np.minimum(across, beside),
        "along": np.where(across < beside, v, u),
        "parcel": table["first"][iu, iv] + row * table["columns"][iu, iv] + column,
        "inner_u": low_u - inset - column * w,
        "inner_v": low_v - inset - row * d,
    }


def _river(y: Field, x: Field, rng: np.random.Generator) -> Field:
    """Distance in px to the bank of a winding river, negative in the water; far away if there is none."""
    angle, swing, reach = rng.uniform(0, np.pi), rng.uniform(20, 60), y.shape[0] / 2
    course, half = rng.uniform(-0.8, 0.8) * reach, rng.uniform(11, 24)
    if rng.random() > 0.45:
        return np.full(y.shape, FAR)
    dy, dx = y - np.float32(reach), x - np.float32(reach)
    s, t = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    bend = swing * np.sin(s / 95 + 1) + 0.4 * swing * np.sin(s / 41)
    return (np.abs(t - course - bend) - half).astype(np.float32)


def survey(size: int, rng: np.random.Generator) -> Layout:
    """Draw the plan of a canvas (size, size)."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    bend, parcels = Bend.draw(rng), Parcels()
    dy, dx = bend.offset(y, x)
    y, x = y + dy, x + dx
    quarters = found(size, rng)
    borders = divide(quarters, y, x, rng)
    owner = borders.owner
    maps = {name: np.zeros(size * size, np.float32) for name in ("street", "along", "parcel", "inner_u", "inner_v")}
    for i, quarter in enumerate(quarters):
        table = cut(quarter, bend, parcels, rng)
        inside = np.flatnonzero(owner == i)
        if len(inside):
            found_here = _streets(quarter, *quarter.local(y.ravel()[inside], x.ravel()[inside]), table)
            for name, values in found_here.items():
                maps[name][inside] = values
    bank = _river(y, x, rng)
    bank += 2 * fractal(size, (40, 12), rng)
    kinds = [q.kind for q in quarters]
    rural = np.array([q.rural for q in quarters])[owner]
    shaped = {name: values.reshape(size, size) for name, values in maps.items()}
    return Layout(
        main=borders.main,
        street=np.minimum(shaped["street"], borders.plain),
        along=np.where(np.minimum(borders.main, borders.plain) < 12, borders.along, shaped["along"]),
        width=np.array([k.street for k in kinds], np.float32)[owner],
        walk=np.array([k.walk for k in kinds], np.float32)[owner],
        rural=rural,
        water=bank < 0,
        shore=(bank >= 0) & (bank < 14),
        parcel=shaped["parcel"].astype(np.int32),
        inner_u=shaped["inner_u"],
        inner_v=shaped["inner_v"],
        parcels=parcels,
    )
