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


def _fits(building: Building, home: NDArray[np.int32], parcel: int, taken: NDArray[np.bool_], own: Pixels) -> bool:
    """Whether the footprint is in the canvas, on its own buildable ground and clear of what others take."""
    size = len(taken)
    if min(building.y, building.x) < 0 or max(building.y, building.x) >= size:
        return False
    pixels = building.footprint(size, 1.5)
    others = np.setdiff1d(pixels, own) if len(own) else pixels
    return len(pixels) > 40 and bool((home.ravel()[pixels] == parcel).all()) and not bool(taken.ravel()[others].any())


def _centres(home: NDArray[np.int32], count: int) -> list[tuple[float, float]]:
    """Mean (y, x) of the buildable pixels of every parcel."""
    y, x = np.nonzero(home >= 0)
    owner = home[y, x]
    pixels = np.maximum(np.bincount(owner, minlength=count), 1)
    middle = [np.bincount(owner, place, minlength=count) / pixels for place in (y, x)]
    return list(zip(*(m.tolist() for m in middle), strict=True))


def settle(layout: Layout, rng: np.random.Generator) -> list[Site]:
    """Design a building for every parcel that can bear one; vacant parcels get a design that is not built."""
    parcels, size = layout.parcels, len(layout.parcel)
    home, taken = np.where(layout.free, layout.parcel, -1), np.zeros(layout.parcel.shape, bool)
    nothing = np.zeros(0, np.intp)
    centres = _centres(home, len(parcels.use))
    sites = []
    for i in np.unique(layout.parcel).tolist():
        use, kind = Use(parcels.use[i]), parcels.kind[i]
        if use not in (*BUILT, Use.VACANT) or kind not in STYLE:
            continue
        for attempt in range(6):
            shrink = 1 - 0.08 * attempt
            place = parcels.place[i] if attempt < 2 else (*centres[i], parcels.place[i][2])
            extent = (shrink * parcels.extent[i][0], shrink * parcels.extent[i][1])
            building = design(STYLE[kind], place, extent, parcels.back[i], rng)
            if _fits(building, home, i, taken, nothing):
                own = building.footprint(size, 3)
                taken.ravel()[own] = True
                options = [extended(building, rng) for _ in range(4)]
                larger = next((o for o in options if _fits(o, home, i, taken, own)), None)
                if larger is not None:
                    taken.ravel()[larger.footprint(size, 3)] = True
                sites.append(Site(i, building, larger, use in BUILT))
                break
    return sites
