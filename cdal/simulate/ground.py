"""The ground at a date: streets, markings, parcels with their covers, fields with rows, water."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cdal.simulate.districts import Floats, Use
from cdal.simulate.layout import Layout
from cdal.simulate.noise import Field, fractal
from cdal.simulate.season import Season, fields

STALL, ROW = 5.2, 34.0
"""Car parks: width of a stall and of two rows of stalls with their aisle, px."""


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
UNSTEADY = {Use.VACANT: 0.5, Use.SOIL: 0.5, Use.PLASTIC: 0.6, Use.YARD: 0.12, Use.GARDEN: 0.06, Use.COURT: 0.06}
"""Chance that a parcel's cover is drawn anew for the second date, without any change of buildings."""


@dataclass(frozen=True)
class Surface:
    """What does not depend on the date: fixed covers (H, W) with -1 for 'as the parcel', and land use (H, W)."""

    fixed: NDArray[np.int8]
    use: NDArray[np.int8]
    depth: Field
    relief: Field
    grain: Field


def _marked(layout: Layout) -> NDArray[np.bool_]:
    """Lane markings: dashed axis of main roads, solid edges; rare dashes in streets."""
    dash = np.mod(layout.along, 18) < 8
    centre = (layout.main < 0.75) & dash
    edge = np.abs(layout.main - 8.4) < 0.45
    minor = (layout.street < 0.6) & (np.mod(layout.along, 14) < 4) & ~layout.rural & (layout.width > 6)
    return centre | edge | (minor & (layout.main > 14))


def _streets(layout: Layout, fixed: NDArray[np.int8]) -> None:
    street, main, width = layout.street, layout.main, layout.width
    fixed[(main < 16) & ~layout.rural] = Cover.WALK
    fixed[(main < 15) & layout.rural] = Cover.MEADOW
    fixed[(street < width + layout.walk) & (layout.walk > 0)] = Cover.WALK
    fixed[(street < width + 0.8)] = Cover.KERB
    fixed[street < width] = Cover.ASPHALT
    rural = layout.rural & (street < width + layout.walk)
    fixed[rural] = Cover.TRACK
    fixed[layout.shore & (street < width + layout.walk)] = Cover.MEADOW
    fixed[layout.shore & (fixed < 0)] = Cover.MEADOW
    fixed[layout.water] = Cover.WATER
    fixed[(main < 10.2)] = Cover.KERB
    fixed[main < 9.4] = Cover.MAIN
    fixed[_marked(layout) & ~(layout.water & (main > 9)) & ~(layout.shore & (main > 9))] = Cover.PAINT


def lay(layout: Layout, rng: np.random.Generator) -> Surface:
    """Everything on the ground that stays: streets, hedges, drives, stalls, water."""
    size = len(layout.parcel)
    use = np.array(layout.parcels.use, np.int8)[layout.parcel]
    extent = np.array(layout.parcels.extent, np.float32)[layout.parcel]
    back = np.array(layout.parcels.back, np.int8)[layout.parcel] > 0
    depth = np.where(back, extent[..., 1] - layout.inner_v, layout.inner_v)
    relief, grain = fractal(size, (90, 30, 11, 4), rng), fractal(size, (2.2, 1), rng, 1.0)
    fixed = np.full((size, size), -1, np.int8)
    beside = np.minimum(layout.inner_u, extent[..., 0] - layout.inner_u)
    garden = use == Use.GARDEN
    hedged = (np.mod(layout.parcel * 7, 5) > 1) & (np.minimum(beside, extent[..., 1] - depth) < 1.6 + 0.5 * relief)
    fixed[garden & hedged & (depth > 6)] = Cover.HEDGE
    drive = np.abs(layout.inner_u - 6) < 3.2 + np.mod(layout.parcel, 3)
    fixed[garden & drive & (depth < 26)] = Cover.PAVING
    row = np.mod(depth, ROW)
    stall = (np.mod(layout.inner_u, STALL) < 0.7) & ((row < 10) | (row > ROW - 10)) & (depth > 4)
    fixed[(use == Use.CARPARK) & stall] = Cover.PAINT
    _streets(layout, fixed)
    pond = (use == Use.LAWN) & (fractal(size, (70, 25), rng) > 1.75) & (fixed < 0)
    fixed[pond] = Cover.WATER
    return Surface(fixed, use, depth, relief, grain)


def cover(uses: Sequence[int], rng: np.random.Generator) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Cover of every parcel before and after, without regard to building changes."""

    def draw() -> NDArray[np.int8]:
        return np.array([COVERS[Use(u)][int(rng.integers(len(COVERS[Use(u)])))] for u in uses], np.int8)

    before, again = draw(), draw()
    anew = rng.random(len(uses)) < np.array([UNSTEADY.get(Use(u), 0.0) for u in uses])
    return before, np.where(anew, again, before).astype(np.int8)


def _palette(season: Season) -> Floats:
    lawn, soil = np.array(season.lawn), np.array(season.soil)
    rows = [lawn, lawn * 0.75 + soil * 0.2, soil, (0.30, 0.28, 0.25), (0.29, 0.285, 0.27), (0.15, 0.15, 0.152)]
    rows += [(0.118, 0.118, 0.122), (0.31, 0.305, 0.295), (0.235, 0.23, 0.22), (0.5, 0.5, 0.48)]
    rows += [(0.028, 0.045, 0.045), lawn * 0.55, (0.25, 0.225, 0.205), soil, (0.5, 0.53, 0.55)]
    rows += [soil * 0.8 + 0.05]
    return np.array(rows, np.float32)


def colour(
    layout: Layout, surface: Surface, covers: NDArray[np.int8], season: Season, rng: np.random.Generator
) -> Field:
    """Reflectance (H, W, 3) of the ground at one date."""
    size, count = len(layout.parcel), len(covers)
    kind = np.where(surface.fixed < 0, covers[layout.parcel], surface.fixed)
    crops, rows = fields(season, count, rng)
    tint = rng.normal(1, 0.10, (count, 1)) * rng.normal(1, 0.035, (count, 3))
    table = _palette(season)[covers]
    table[covers == Cover.FIELD] = crops[covers == Cover.FIELD]
    table *= tint.astype(np.float32)
    image = table[layout.parcel]
    fixed = surface.fixed >= 0
    image[fixed] = _palette(season)[surface.fixed[fixed]]
    fresh = fractal(size, (60, 12, 3), rng)
    tone = 1 + ROUGH[kind] * (0.6 * surface.relief + 0.5 * surface.grain + 0.45 * fresh)
    tone *= _rows(layout, surface, kind, rows)
    patch = np.floor(layout.along / 47).astype(np.int64) * 7919 + layout.parcel // 6 * 104729
    paved = (kind == Cover.ASPHALT) | (kind == Cover.MAIN)
    resurfaced = (np.mod(patch * int(rng.integers(1, 10**6)) >> 4, 97) < 14) & paved
    tone[resurfaced] *= np.float32(rng.uniform(0.6, 0.78))
    image *= np.maximum(tone, 0.15)[..., None]
    return image


def _rows(layout: Layout, surface: Surface, kind: NDArray[np.int8], strength: Floats) -> Field:
    """Crop rows, mowing stripes and tarpaulin strips, as a factor (H, W)."""
    along = np.where(np.mod(layout.parcel, 2) == 0, layout.inner_u, layout.inner_v)
    period = 4.5 + np.mod(layout.parcel, 3)
    wave = np.sin(2 * np.pi * along / period).astype(np.float32)
    factor = 1 + strength[layout.parcel] * wave * (kind == Cover.FIELD)
    mown = (surface.use == Use.LAWN) & (kind == Cover.LAWN)
    factor += mown * strength[layout.parcel] * 0.4 * np.sign(np.sin(along / 4.5))
    return (factor - 0.35 * ((kind == Cover.PLASTIC) & (np.mod(along, 12) < 3))).astype(np.float32)
