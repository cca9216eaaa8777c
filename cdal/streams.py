"""Independent random streams, one for each purpose, from the experiment's one seed."""

import zlib

import numpy as np


def stream(seed: int, purpose: str, *indices: int) -> np.random.Generator:
    """A generator that depends on the seed, what it is for, and indices such as round or member.

    A new purpose or a further round never shifts the numbers of another one.
    """
    return np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(purpose.encode()), *indices])
