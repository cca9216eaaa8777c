"""The smooth displacement that turns a straight street plan into a grown one."""

from dataclasses import dataclass

import numpy as np

from cdal.simulate.districts import Floats


@dataclass(frozen=True)
class Bend:
    """A smooth displacement of at most about 30 px that curves a straight plan; a sum of plane waves."""

    amplitude: Floats
    wave: Floats
    phase: Floats

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Bend":
        length, heading = rng.uniform(260, 800, 4), rng.uniform(0, 2 * np.pi, 4)
        wave = 2 * np.pi / length[:, None] * np.stack([np.sin(heading), np.cos(heading)], 1)
        amplitude = rng.uniform(0.012, 0.03, (4, 2)) * length[:, None]
        return cls(*(a.astype(np.float32) for a in (amplitude, wave, rng.uniform(0, 2 * np.pi, (4, 2)))))

    def offset(self, y: Floats, x: Floats) -> tuple[Floats, Floats]:
        dy, dx = np.zeros_like(y), np.zeros_like(x)
        for (ay, ax), (ky, kx), (py, px) in zip(self.amplitude, self.wave, self.phase, strict=True):
            angle = ky * y + kx * x
            dy += ay * np.sin(angle + py)
            dx += ax * np.sin(angle + px)
        return dy, dx

    def inverse(self, y: Floats, x: Floats) -> tuple[Floats, Floats]:
        """Image points whose bent position is (y, x), by fixed-point iteration."""
        iy, ix = y, x
        for _ in range(6):
            dy, dx = self.offset(iy, ix)
            iy, ix = y - dy, x - dx
        return iy, ix
