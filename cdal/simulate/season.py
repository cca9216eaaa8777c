"""Seasons: colours of vegetation, crops and bare ground at a date (linear reflectance, RGB)."""

from dataclasses import dataclass

import numpy as np

from cdal.simulate.districts import Floats

RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Season:
    """Mean colours of lawn, broad-leaved crowns and soil; `leaf` is the crowns' opacity, 0-1."""

    lawn: RGB
    leaf_colour: RGB
    leaf: float
    soil: RGB
    crops: tuple[str, ...]


CROPS: dict[str, RGB] = {
    "lush": (0.060, 0.125, 0.030),
    "young": (0.135, 0.155, 0.065),
    "ripe": (0.330, 0.265, 0.120),
    "rape": (0.340, 0.330, 0.050),
    "ploughed": (0.150, 0.105, 0.075),
    "dry soil": (0.270, 0.205, 0.145),
    "stubble": (0.290, 0.240, 0.150),
}
SEASONS = {
    "spring": Season(
        (0.095, 0.155, 0.045),
        (0.080, 0.120, 0.032),
        0.9,
        (0.22, 0.165, 0.115),
        ("lush", "young", "rape", "ploughed"),
    ),
    "summer": Season(
        (0.115, 0.145, 0.055),
        (0.040, 0.075, 0.024),
        1.0,
        (0.30, 0.235, 0.165),
        ("lush", "lush", "ripe", "young"),
    ),
    "drought": Season(
        (0.220, 0.190, 0.105),
        (0.062, 0.080, 0.032),
        1.0,
        (0.36, 0.285, 0.205),
        ("ripe", "stubble", "dry soil"),
    ),
    "autumn": Season(
        (0.120, 0.130, 0.055),
        (0.160, 0.100, 0.036),
        0.9,
        (0.20, 0.150, 0.105),
        ("ploughed", "young", "stubble"),
    ),
    "winter": Season(
        (0.145, 0.140, 0.080),
        (0.105, 0.090, 0.075),
        0.5,
        (0.17, 0.130, 0.100),
        ("ploughed", "young", "dry soil"),
    ),
}
EVERGREEN: RGB = (0.030, 0.050, 0.026)


def two_seasons(rng: np.random.Generator) -> tuple[Season, Season]:
    """The seasons of the two dates, never the same."""
    first, second = rng.choice(list(SEASONS), 2, replace=False)
    return SEASONS[str(first)], SEASONS[str(second)]


def fields(season: Season, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Colour (count, 3) and strength of the rows (count,) of farmed parcels at a date."""
    names = rng.choice(season.crops, count)
    colour = np.array([CROPS[str(name)] for name in names], np.float32) * rng.normal(1, 0.1, (count, 1))
    return colour.astype(np.float32), rng.uniform(0.03, 0.2, count).astype(np.float32)
