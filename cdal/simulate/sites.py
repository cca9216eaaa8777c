"""Building sites: the parcels on which a building stands, or could stand."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal.simulate.buildings import Building, design, extended
from cdal.simulate.districts import BUILT, Use
from cdal.simulate.layout import Layout

Pixels = NDArray[np.intp]
STYLE = {"suburb": Use.GARDEN, "estate": Use.GARDEN, "town": Use.COURT, "industry": Use.YARD}


@dataclass(frozen=True)
class Site:
    """A parcel id, the building designed for it, the same with an extension (or None), and if it is built."""

    parcel: int
    design: Building
    larger: Building | None
    built: bool


def _fits(
    building: Building, home: NDArray[np.int32], parcel: int, taken: NDArray[np.bool_], own: Pixels
) -> bool:
    """Whether the footprint is in the canvas, on its own buildable ground and clear of what others take."""
    size = len(taken)
    if min(building.y, building.x) < 0 or max(building.y, building.x) >= size:
        return False
    pixels = building.footprint(size, 1.5)
    others = np.setdiff1d(pixels, own) if len(own) else pixels
    return len(pixels) > 40 and bool((home.ravel()[pixels] == parcel).all()) and not bool(taken.ravel()[others].any())


def settle(layout: Layout, rng: np.random.Generator) -> list[Site]:
    """Design a building for every parcel that can bear one; vacant parcels get a design that is not built."""
    parcels, size = layout.parcels, len(layout.parcel)
    home, taken = np.where(layout.free, layout.parcel, -1), np.zeros(layout.parcel.shape, bool)
    nothing = np.zeros(0, np.intp)
    sites = []
    for i in np.unique(layout.parcel).tolist():
        use, kind = Use(parcels.use[i]), parcels.kind[i]
        if use not in (*BUILT, Use.VACANT) or kind not in STYLE:
            continue
        for _ in range(3):
            building = design(STYLE[kind], parcels.place[i], parcels.extent[i], parcels.back[i], rng)
            if _fits(building, home, i, taken, nothing):
                own = building.footprint(size, 3)
                taken.ravel()[own] = True
                larger = extended(building, rng)
                roomy = _fits(larger, home, i, taken, own)
                if roomy:
                    taken.ravel()[larger.footprint(size, 3)] = True
                sites.append(Site(i, building, larger if roomy else None, use in BUILT))
                break
    return sites
