"""Roofs painted onto a canvas: colour, height and slope of every wing, with furniture and weathering."""

from dataclasses import dataclass, replace

import numpy as np

from cdal.simulate.buildings import ROOFS, Building
from cdal.simulate.districts import Floats
from cdal.simulate.noise import Field

METRES = 0.5
"""Ground sampling distance, m per px."""


@dataclass
class Canvas:
    """Reflectance (H, W, 3), height in m (H, W) and slope dz/dy, dz/dx in m/m (H, W) of one date."""

    colour: Field
    height: Field
    slope_y: Field
    slope_x: Field


@dataclass(frozen=True)
class Wear:
    """State of a roof at one date: material, brightness factor, strength of stains, solar panels or not."""

    material: str
    shade: float
    stains: float
    solar: bool


def wear(building: Building, rng: np.random.Generator) -> tuple[Wear, Wear]:
    """How a roof looks before and after: most weather slightly, some are re-covered or get panels."""
    base = float(rng.normal(1, 0.1))
    drift = float(rng.normal(1, 0.14))
    other = building.material
    if rng.random() < 0.025:
        tiled = ("red", "brown", "slate")
        same = tiled if other in tiled else ("concrete", "gravel", "metal", "bitumen")
        other = str(rng.choice([m for m in same if m != other]))
    stains = rng.uniform(0.03, 0.12, 2)
    solar = rng.random(2) < 0.05
    first = Wear(building.material, base, float(stains[0]), bool(solar[0]))
    second = Wear(other, base * drift, float(stains[1]), bool(solar[0] or solar[1]))
    return (first, second) if rng.random() < 0.5 else (second, first)


def fresh(state: Wear) -> Wear:
    """A roof that was built between the dates: brighter than its neighbours, and clean."""
    return replace(state, shade=1.4 * state.shade, stains=0.02)


def _surface(building: Building, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Height above ground in m (-1 outside), slopes along u and v, distance to the eaves in px."""
    height = np.full(np.broadcast_shapes(u.shape, v.shape), -1, np.float32)
    slope_u, slope_v, edge = np.zeros_like(height), np.zeros_like(height), np.full_like(height, -1)
    for cu, cv, a, b in building.wings:
        lu, lv = u - cu, v - cv
        du, dv = a - np.abs(lu), b - np.abs(lv)
        inside = (du >= 0) & (dv >= 0)
        nearest = np.minimum(du, dv)
        if building.form == "hip":
            rise, ridge_u = nearest, du < dv
        else:
            ridge_u = np.broadcast_to(a < b, height.shape)
            rise = np.where(ridge_u, du, dv)
        z = building.eave + (building.pitch * METRES * rise if building.form != "flat" else 0 * rise)
        top = inside & (z > height)
        height[top] = z[top]
        steep = 0.0 if building.form == "flat" else building.pitch
        slope_u[top] = np.where(ridge_u, -np.sign(lu) * steep, 0)[top]
        slope_v[top] = np.where(ridge_u, 0, -np.sign(lv) * steep)[top]
        edge[inside] = np.maximum(edge, nearest)[inside]
    return height, slope_u, slope_v, edge


def _furnish(building: Building, state: Wear, u: Floats, v: Floats, tone: Floats, height: Floats) -> Floats:
    """Parapet, vents and boxes of a flat roof, a chimney, panels; changes height, returns panel mask."""
    own = np.random.default_rng(building.seed)
    cu, cv, a, b = building.wings[0]
    panels = np.zeros_like(tone)
    for _ in range(int(own.integers(1, 2 + int(a * b) // 90)) if building.form == "flat" else 1):
        pu, pv = cu + own.uniform(-0.75, 0.75) * a, cv + own.uniform(-0.75, 0.75) * b
        hu, hv = own.uniform(0.8, 2.6, 2) if building.form == "flat" else (0.8, 0.8)
        box = (np.abs(u - pu) <= hu) & (np.abs(v - pv) <= hv) & (height > 0)
        height[box] += own.uniform(0.8, 2.2)
        tone[box] *= own.uniform(0.7, 1.5)
    if state.solar:
        stripes = (np.mod(u, 4) > 0.8) if building.form == "flat" else True
        block = (np.abs(u - cu) <= 0.7 * a) & (v - cv > 0.15 * b) & (v - cv < 0.8 * b) & stripes
        panels[block & (height > 0)] = 1
    return panels


def paint(building: Building, state: Wear, canvas: Canvas, grain: Field, stain: Field) -> None:
    """Draw one roof; `grain` and `stain` are noise fields (H, W) of unit variance, fine and coarse."""
    window = building.window(len(canvas.height))
    u, v = building.axes(window)
    height, slope_u, slope_v, edge = _surface(building, u, v)
    inside = height > 0
    tone = state.shade * (1 + 0.05 * grain[window] + state.stains * stain[window])
    if building.form == "flat":
        rim = inside & (edge < 1.3)
        height[rim] += 0.6
        tone[rim] *= 1.2
    else:
        tone[inside & (edge < 0.8)] *= 0.8
    if state.material == "metal":
        tone *= 1 + 0.05 * np.sign(np.sin(1.5 * (u if building.wings[0][2] > building.wings[0][3] else v) + 0 * tone))
    panels = _furnish(building, state, u, v, tone, height)[..., None]
    jitter = np.random.default_rng(building.seed).normal(1, 0.06, 3)
    colour = tone[..., None] * (np.array(ROOFS[state.material]) * jitter).astype(np.float32)
    colour = colour * (1 - panels) + panels * np.array([0.03, 0.04, 0.075], np.float32)
    cos, sin = np.cos(building.angle), np.sin(building.angle)
    canvas.colour[window][inside] = colour[inside]
    canvas.height[window][inside] = height[inside]
    canvas.slope_y[window][inside] = (slope_u * sin + slope_v * cos)[inside]
    canvas.slope_x[window][inside] = (slope_u * cos - slope_v * sin)[inside]
