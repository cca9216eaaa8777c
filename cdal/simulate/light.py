"""Sun and sky: cast shadows from the height map, slopes lit by the sun, dim corners."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cdal.simulate.noise import Field
from cdal.simulate.roofs import METRES, Canvas


@dataclass(frozen=True)
class Sun:
    """Azimuth (degrees clockwise from north), elevation (degrees), share of light from the sky, 0-1."""

    azimuth: float
    elevation: float
    diffuse: float

    @property
    def toward(self) -> tuple[float, float]:
        """Unit vector (y, x) in the image, where y points south."""
        return -float(np.cos(np.radians(self.azimuth))), float(np.sin(np.radians(self.azimuth)))


def two_suns(rng: np.random.Generator) -> tuple[Sun, Sun]:
    """Morning and afternoon, in either order; azimuths at least 40 degrees apart."""
    azimuths = (rng.uniform(110, 160), rng.uniform(200, 250))
    elevations = rng.uniform(30, 58, 2)
    diffuse = rng.uniform(0.2, 0.36, 2)
    first, second = (Sun(float(a), float(e), float(d)) for a, e, d in zip(azimuths, elevations, diffuse, strict=True))
    return (first, second) if rng.random() < 0.5 else (second, first)


def shadow(height: Field, sun: Sun) -> Field:
    """Share (H, W) of direct sun that is blocked, 0-1, marching towards the sun over heights in m."""
    drop = METRES * float(np.tan(np.radians(sun.elevation)))
    size = len(height)
    skyline = np.zeros_like(height)
    for step in range(1, int(float(height.max()) / drop) + 1):
        dy, dx = (round(step * part) for part in sun.toward)
        to = slice(max(0, -dy), size - max(0, dy)), slice(max(0, -dx), size - max(0, dx))
        source = slice(max(0, dy), size - max(0, -dy)), slice(max(0, dx), size - max(0, -dx))
        np.maximum(skyline[to], height[source] - np.float32(step * drop), out=skyline[to])
    blocked = np.clip((skyline - height) / np.float32(0.35), 0, 1)
    return np.asarray(ndimage.gaussian_filter(blocked, 0.6), np.float32)


def lit(canvas: Canvas, sun: Sun) -> Field:
    """Radiance (H, W, 3) of the canvas; flat open ground gets its reflectance."""
    rise = np.radians(sun.elevation)
    sy, sx = sun.toward
    slope = canvas.slope_y * np.float32(sy) + canvas.slope_x * np.float32(sx)
    norm = np.sqrt(1 + canvas.slope_y**2 + canvas.slope_x**2)
    facing = np.clip((1 - slope / np.float32(np.tan(rise))) / norm, 0, 2.2)
    direct = np.float32(1 - sun.diffuse) * facing * (1 - shadow(canvas.height, sun))
    around = ndimage.uniform_filter(canvas.height, 13)
    sky = np.float32(sun.diffuse) * np.exp(-0.09 * np.clip(around - canvas.height, 0, None))
    radiance = np.empty_like(canvas.colour)
    for band, (warm, blue) in enumerate(((1.03, 0.86), (1.0, 0.98), (0.95, 1.22))):
        radiance[..., band] = canvas.colour[..., band] * (np.float32(warm) * direct + np.float32(blue) * sky)
    return radiance
