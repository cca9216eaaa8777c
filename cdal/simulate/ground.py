"""The ground at a date: streets, markings, parcels with their covers, fields with rows, water."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal.simulate.covers import ROUGH, Cover, palette
from cdal.simulate.districts import Floats, Use
from cdal.simulate.layout import Layout
from cdal.simulate.noise import Field, fractal
from cdal.simulate.season import Season, fields

STALL, ROW = 5.2, 34.0
"""Car parks: width of a stall and of two rows of stalls with their aisle, px."""


@dataclass(frozen=True)
class Surface:
    """Shared by both dates (H, W): fixed covers (-1: as the parcel), use, depth in the parcel px, noise."""

    fixed: NDArray[np.int8]
    use: NDArray[np.int8]
    depth: Field
    relief: Field
    grain: Field


def _marked(layout: Layout) -> NDArray[np.bool_]:
    """Lane markings: dashed axis of main roads, solid edges; rare dashes in streets."""
    dash = np.mod(layout.along, 18) < 8
    centre = (layout.main < 0.75) & dash
    edge = np.abs(layout.main - 8.3) < 0.65
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


def colour(
    layout: Layout, surface: Surface, covers: NDArray[np.int8], season: Season, rng: np.random.Generator
) -> Field:
    """Reflectance (H, W, 3) of the ground at one date."""
    size, count = len(layout.parcel), len(covers)
    kind = np.where(surface.fixed < 0, covers[layout.parcel], surface.fixed)
    crops, rows = fields(season, count, rng)
    tint = rng.normal(1, 0.10, (count, 1)) * rng.normal(1, 0.035, (count, 3))
    table = palette(season)[covers]
    table[covers == Cover.FIELD] = crops[covers == Cover.FIELD]
    table *= tint.astype(np.float32)
    image = table[layout.parcel]
    fixed = surface.fixed >= 0
    image[fixed] = palette(season)[surface.fixed[fixed]]
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
    factor = np.ones(kind.shape, np.float32)
    mown = (surface.use == Use.LAWN) & (kind == Cover.LAWN)
    here = np.nonzero((kind == Cover.FIELD) | (kind == Cover.PLASTIC) | mown)
    parcel, cover = layout.parcel[here], kind[here]
    along = np.where(parcel % 2 == 0, layout.inner_u[here], layout.inner_v[here])
    wave = np.sin(2 * np.pi * along / (4.5 + parcel % 3))
    stripe = 0.4 * np.sign(np.sin(along / 4.5))
    strip = -0.35 * (np.mod(along, 12) < 3)
    texture = np.where(cover == Cover.FIELD, wave, stripe) * strength[parcel]
    factor[here] += np.where(cover == Cover.PLASTIC, strip, texture)
    return factor
