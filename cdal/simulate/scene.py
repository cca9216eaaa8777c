"""One city at two dates: plan, changes, and the two pictures of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal.simulate import ground, light, plants, roofs, vehicles, weather
from cdal.simulate.buildings import Building
from cdal.simulate.changes import Change, plan
from cdal.simulate.covers import Cover, cover
from cdal.simulate.ground import Surface
from cdal.simulate.layout import Layout, survey
from cdal.simulate.noise import Field, fractal
from cdal.simulate.roofs import Canvas, Wear
from cdal.simulate.season import Season, two_seasons
from cdal.simulate.sites import Site, settle

MARGIN = 32
"""Pixels drawn around the image, so that shadows and crowns enter it from outside."""
ATTEMPTS = 50
Image = NDArray[np.uint8]
LIKE = {"concrete": Cover.CONCRETE, "gravel": Cover.GRAVEL, "metal": Cover.CONCRETE, "bitumen": Cover.ASPHALT,
        "slate": Cover.ASPHALT, "red": Cover.SOIL, "brown": Cover.SOIL}  # fmt: skip


@dataclass(frozen=True)
class _Date:
    """Everything that differs between the two pictures."""

    houses: list[tuple[Building, Wear]]
    covers: NDArray[np.int8]
    trees: plants.Trees
    season: Season
    sun: light.Sun


@dataclass(frozen=True)
class Campaign:
    """The two flights that take all scenes: season, sun and sky of each date."""

    seasons: tuple[Season, Season]
    suns: tuple[light.Sun, light.Sun]
    looks: tuple[weather.Look, weather.Look]


def campaign(rng: np.random.Generator) -> Campaign:
    """Conditions of two flights; seasons and sun always differ."""
    return Campaign(two_seasons(rng), light.two_suns(rng), (weather.look(rng), weather.look(rng)))


def city(size: int, flights: Campaign, rng: np.random.Generator) -> tuple[Image, Image, Image]:
    """A city of `size` px a side at 0.5 m: before, after (size, size, 3), mask (size, size) of 0, 255.

    The mask holds roof pixels that appeared or vanished, in the grid of `before`; all else that differs
    between the pictures (light, season, haze, vehicles, ground, roof paint, misregistration) is no change.
    """
    for _ in range(ATTEMPTS):
        layout = survey(size + 2 * MARGIN, rng)
        sites = settle(layout, rng)
        changes = plan(sites, size + 2 * MARGIN, MARGIN, rng)
        if changes:
            break
    else:
        raise RuntimeError(f"found no building site in {ATTEMPTS} plans of {size} px, expected one; take another seed")
    before, after = _photograph(layout, sites, {c.site: c for c in changes}, flights, rng)
    label = np.zeros((size + 2 * MARGIN,) * 2, np.uint8)
    for change in changes:
        label.ravel()[change.pixels] = 255
    crop = slice(MARGIN, MARGIN + size)
    return before[crop, crop].copy(), after[crop, crop].copy(), label[crop, crop].copy()


def _photograph(
    layout: Layout, sites: list[Site], changes: dict[int, Change], flights: Campaign, rng: np.random.Generator
) -> tuple[Image, Image]:
    surface = ground.lay(layout, rng)
    size = len(layout.parcel)
    stain, bumps = fractal(size, (14, 5), rng), fractal(size, (3.4, 1.8), rng)
    pictures = []
    for date, state in enumerate(_dates(layout, surface, sites, changes, flights, rng)):
        canvas = _build(layout, surface, state, (stain, bumps), rng)
        radiance = light.lit(canvas, state.sun)
        if date:
            radiance = weather.displace(radiance, rng)
        pictures.append(weather.expose(radiance, weather.drift(flights.looks[date], rng), rng))
    return pictures[0], pictures[1]


def _dates(
    layout: Layout, surface: Surface, sites: list[Site], changes: dict[int, Change], flights: Campaign,
    rng: np.random.Generator,
) -> list[_Date]:  # fmt: skip
    houses = _houses(sites, changes, rng)
    covers = cover(layout.parcels.use, rng)
    _clear(covers, sites, changes, rng)
    trees = plants.regrow(plants.plant(layout, surface, rng), rng)
    return [_Date(*parts) for parts in zip(houses, covers, trees, flights.seasons, flights.suns, strict=True)]


def _houses(
    sites: list[Site], changes: dict[int, Change], rng: np.random.Generator
) -> tuple[list[tuple[Building, Wear]], list[tuple[Building, Wear]]]:
    """The buildings standing before and after, with the state of their roofs."""
    standing: tuple[list[tuple[Building, Wear]], list[tuple[Building, Wear]]] = ([], [])
    for i, site in enumerate(sites):
        present = site.design if site.built else None
        pair = (changes[i].before, changes[i].after) if i in changes else (present, present)
        new = i in changes and changes[i].kind == "appear"
        for houses, building, state in zip(standing, pair, roofs.wear(site.design, rng), strict=True):
            if building is not None:
                houses.append((building, roofs.fresh(state) if new else state))
    return standing


def _clear(
    covers: tuple[NDArray[np.int8], NDArray[np.int8]],
    sites: list[Site],
    changes: dict[int, Change],
    rng: np.random.Generator,
) -> None:
    """Give a changed building's parcel open ground while it is empty; often ground as grey as its roof."""
    choices = (Cover.SOIL, Cover.SOIL, Cover.SOIL, Cover.LAWN, Cover.MEADOW)
    for i, change in changes.items():
        parcel = sites[i].parcel
        alike = rng.random() < 0.03
        bare = LIKE[sites[i].design.material] if alike else choices[int(rng.integers(len(choices)))]
        for ground_cover, building in zip(covers, (change.before, change.after), strict=True):
            if building is None or alike:
                ground_cover[parcel] = bare


def _build(
    layout: Layout, surface: Surface, state: _Date, noise: tuple[Field, Field], rng: np.random.Generator
) -> Canvas:
    """Ground, vehicles, roofs and trees of one date, in this order."""
    stain, bumps = noise
    shape = layout.parcel.shape
    colour = ground.colour(layout, surface, state.covers, state.season, rng)
    canvas = Canvas(colour, *(np.zeros(shape, np.float32) for _ in range(3)))
    vehicles.draw(layout, surface, canvas, rng)
    for building, wear in state.houses:
        roofs.paint(building, wear, canvas, surface.grain, stain)
    plants.draw(state.trees, state.season, canvas, bumps)
    return canvas
