"""What air, camera and mapping do to a picture: haze, colour cast, blur, noise, misregistration."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cdal.simulate.noise import Field, smooth


@dataclass(frozen=True)
class Look:
    """Gain and haze a band (3,), patchiness of the light, gamma, blur in px, noise in full scales."""

    gain: Field
    haze: Field
    patchy: float
    gamma: float
    blur: float
    noise: float


def look(rng: np.random.Generator) -> Look:
    """One day's conditions."""
    gain = rng.uniform(1.2, 1.8) * rng.normal(1, 0.05, 3)
    haze = rng.uniform(0.0, 0.04) * np.array([0.75, 0.95, 1.35])
    return Look(
        gain=gain.astype(np.float32),
        haze=haze.astype(np.float32),
        patchy=float(rng.uniform(0.02, 0.10)),
        gamma=float(rng.uniform(0.46, 0.55)),
        blur=float(rng.uniform(0.5, 0.8)),
        noise=float(rng.uniform(0.006, 0.014)),
    )


def drift(conditions: Look, rng: np.random.Generator) -> Look:
    """The day's conditions a while later: brightness within about 6 %, colours within 2 %, haze within a third."""
    gain = conditions.gain * rng.normal(1, 0.06) * rng.normal(1, 0.02, 3)
    haze = conditions.haze * rng.uniform(0.67, 1.33)
    return replace(conditions, gain=gain.astype(np.float32), haze=haze.astype(np.float32))


def displace(image: Field, rng: np.random.Generator) -> Field:
    """Shift (H, W, 3) by 0.3-1.2 px and warp it smoothly by about another 0.25 px, bilinear."""
    size = len(image)
    shift, heading = rng.uniform(0.3, 1.2), rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    y += np.float32(shift * np.sin(heading)) + np.float32(0.2) * smooth(size, 180, rng)
    x += np.float32(shift * np.cos(heading)) + np.float32(0.2) * smooth(size, 180, rng)
    for band in range(3):
        image[..., band] = ndimage.map_coordinates(image[..., band].copy(), (y, x), order=1, mode="nearest")
    return image


def expose(radiance: Field, conditions: Look, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The picture (H, W, 3) that the camera delivers."""
    size = len(radiance)
    light = 1 + np.float32(conditions.patchy) * smooth(size, max(size / 3, 100), rng)
    picture = np.empty(radiance.shape, np.uint8)
    for band in range(3):
        signal = radiance[..., band] * light + conditions.haze[band] * (1 + 0.3 * (light - 1) / conditions.patchy)
        signal = ndimage.gaussian_filter(np.clip(signal * conditions.gain[band], 0, None), conditions.blur)
        value = np.power(signal, np.float32(conditions.gamma))
        value += np.float32(conditions.noise) * rng.standard_normal((size, size), dtype=np.float32)
        picture[..., band] = np.clip(value * 255 + 0.5, 0, 255)
    return picture
