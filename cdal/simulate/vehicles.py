"""Cars, lorries and containers: never in the same place twice, never labelled."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cdal.simulate.covers import Cover
from cdal.simulate.districts import Floats, Use
from cdal.simulate.ground import ROW, STALL, Surface
from cdal.simulate.layout import Layout
from cdal.simulate.roofs import Canvas

PAINTS = np.array(
    [(0.55, 0.56, 0.56), (0.36, 0.37, 0.38), (0.04, 0.04, 0.045), (0.12, 0.125, 0.13), (0.30, 0.04, 0.03),
     (0.04, 0.07, 0.19), (0.17, 0.15, 0.12)], np.float32
)  # fmt: skip
BOXES = np.array(
    [(0.30, 0.07, 0.04), (0.05, 0.11, 0.24), (0.45, 0.45, 0.44), (0.08, 0.19, 0.12), (0.38, 0.22, 0.05)],
    np.float32,
)
GLASS = np.array([0.07, 0.075, 0.085], np.float32)


def _heading(distance: Floats, y: NDArray[np.intp], x: NDArray[np.intp]) -> Floats:
    """Angle in rad at which `distance` grows, at inner pixels."""
    return np.arctan2(distance[y + 1, x] - distance[y - 1, x], distance[y, x + 1] - distance[y, x - 1])


def _pick(
    where: NDArray[np.bool_], share: float, apart: int, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Random pixels of a mask, at most one in each square of `apart` px; `share` of the squares are used."""
    y, x = np.nonzero(where[1:-1, 1:-1])
    order = rng.permutation(len(y))
    y, x = y[order] + 1, x[order] + 1
    _, first = np.unique(y // apart * 100_003 + x // apart, return_index=True)
    first = first[rng.random(len(first)) < share]
    return y[first], x[first]


def _stalls(layout: Layout, surface: Surface, rng: np.random.Generator) -> Floats:
    """Cars in the marked stalls of car parks, rows (y, x, angle)."""
    row = np.mod(surface.depth, ROW)
    column = np.mod(layout.inner_u, STALL)
    middle = (np.abs(row - 5.5) < 0.8) | (np.abs(row - ROW + 5.5) < 0.8)
    at = (surface.use == Use.CARPARK) & (surface.fixed < 0) & middle & (np.abs(column - STALL / 2 - 0.35) < 0.8)
    y, x = np.nonzero(at[1:-1, 1:-1])
    y, x = y + 1, x + 1
    stall = np.floor(layout.inner_u[y, x] / STALL).astype(np.int64) * 1000 + np.floor(surface.depth[y, x] / 17)
    _, first = np.unique(stall + layout.parcel[y, x] * 1e6, return_index=True)
    busy = rng.random(len(layout.parcels.use)).astype(np.float32)[layout.parcel[y, x][first]]
    first = first[rng.random(len(first)) < 0.15 + 0.75 * busy]
    y, x = y[first], x[first]
    return np.stack([y, x, _heading(layout.inner_u, y, x) + np.pi / 2], 1)


def _kerbside(layout: Layout, surface: Surface, rng: np.random.Generator) -> Floats:
    """Cars on the lanes of main roads and parked along streets, rows (y, x, angle)."""
    lane = (np.abs(layout.main - 4.6) < 0.6) & (surface.fixed == Cover.MAIN)
    parked = (np.abs(layout.street - layout.width + 2.1) < 0.6) & (surface.fixed == Cover.ASPHALT)
    rows = []
    for where, share, apart, distance in ((lane, 0.12, 17, layout.main), (parked, 0.17, 13, layout.street)):
        y, x = _pick(where, share, apart, rng)
        rows.append(np.stack([y, x, _heading(distance, y, x) + np.pi / 2], 1))
    return np.concatenate(rows)


def _loads(layout: Layout, surface: Surface, rng: np.random.Generator) -> Floats:
    """Lorries, containers and site huts on yards and building land, rows (y, x, angle)."""
    yard = (surface.use == Use.YARD) & (surface.fixed < 0) & (surface.relief > -0.2)
    site = (surface.use == Use.SOIL) & (surface.fixed < 0) & (surface.relief > 0.8)
    y, x = _pick(yard | site, 0.1, 50, rng)
    return np.stack([y, x, _heading(layout.inner_u, y, x) + np.pi / 2 * rng.integers(0, 2, len(y))], 1)


def _corners(place: Floats, length: float, width: float, shift: float = 0.0) -> list[tuple[float, float]]:
    y, x, angle = place
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    ends = ((1, 1), (1, -1), (-1, -1), (-1, 1))
    local = [(shift + a * length / 2, b * width / 2) for a, b in ends]
    return [(float(x) + u * cos - v * sin, float(y) + u * sin + v * cos) for u, v in local]


def draw(layout: Layout, surface: Surface, canvas: Canvas, rng: np.random.Generator) -> None:
    """Put today's vehicles on a canvas."""
    cars = np.concatenate([_stalls(layout, surface, rng), _kerbside(layout, surface, rng)])
    loads = _loads(layout, surface, rng)
    paints = PAINTS[rng.integers(0, len(PAINTS), len(cars))] * rng.uniform(0.8, 1.2, (len(cars), 1))
    boxes = BOXES[rng.integers(0, len(BOXES), len(loads))] * rng.uniform(0.8, 1.2, (len(loads), 1))
    colours = np.concatenate([GLASS[None], paints, boxes]).astype(np.float32)
    tops = np.concatenate([[1.5], np.full(len(cars), 1.4), rng.uniform(2.4, 3.6, len(loads))]).astype(np.float32)
    size = len(canvas.height)
    sheet = Image.new("I", (size, size), -1)
    pen = ImageDraw.Draw(sheet)
    for i, car in enumerate(cars, 1):
        length = float(rng.uniform(7.2, 8.8))
        pen.polygon(_corners(car, length, 2.6), fill=i)
        pen.polygon(_corners(car, 0.5 * length, 1.6, -0.3), fill=0)
        pen.polygon(_corners(car, 0.3 * length, 1.8, -0.5), fill=i)
    for i, load in enumerate(loads, len(cars) + 1):
        pen.polygon(_corners(load, float(rng.choice([11.5, 11.5, 23.0])), 4.4), fill=i)
    index = np.asarray(sheet, np.int32)
    here = np.nonzero(index >= 0)
    canvas.colour[here] = colours[index[here]]
    canvas.height[here] = tops[index[here]]
