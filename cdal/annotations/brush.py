"""Label Studio's run-length code of brush strokes, both ways.

label-studio-sdk has both, but can't be installed beside this project's pins (it asks for an older NumPy and another
OpenCV); its `encode_rle` and `decode_rle` define the format: 32 bits count of numbers, 5 bits word size - 1, four times
4 bits run size - 1, then runs of 1 bit (one number repeated, or as many numbers as the run is long), 2 bits which run
size, run length - 1 in that size, and the number(s). The numbers are RGBA pixels; alpha above 0 is painted.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RUN_SIZES = (3, 4, 8, 16)
WORD = 8
CHANNELS = 4


def encode(painted: NDArray[np.bool_]) -> list[int]:
    """Bytes of a stroke that covers `painted` (H, W)."""
    numbers = np.repeat(painted.ravel() * np.uint8(255), CHANNELS)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(numbers)) + 1, [len(numbers)]])
    bits = [f"{len(numbers):032b}", f"{WORD - 1:05b}", *(f"{size - 1:04b}" for size in RUN_SIZES)]
    for start, end in pairwise(starts):
        for length in _runs(int(end - start)):
            which = next(i for i, size in enumerate(RUN_SIZES) if length <= 2**size)
            bits.append(f"1{which:02b}{length - 1:0{RUN_SIZES[which]}b}{numbers[start]:0{WORD}b}")
    packed = np.packbits(np.frombuffer("".join(bits).encode(), np.uint8) - ord("0"))
    return [int(byte) for byte in packed]


def decode(code: list[int], height: int, width: int) -> NDArray[np.bool_]:
    """What a stroke covers, (height, width). Raises ValueError for a code that is not one of such a picture."""
    bits = _Bits(code)
    count, word = bits.number(32), bits.number(5) + 1
    sizes = [bits.number(4) + 1 for _ in range(4)]
    if count != height * width * CHANNELS or word != WORD:
        raise ValueError(f"{count} numbers of {word} bits, expected {height * width * CHANNELS} of {WORD}")
    numbers = np.empty(count, np.uint8)
    place = 0
    while place < count:
        repeated = bits.number(1)
        end = place + bits.number(sizes[bits.number(2)]) + 1
        if end > count:
            raise ValueError(f"a run ends at {end} of {count}")
        numbers[place:end] = bits.number(word) if repeated else bits.words(end - place)
        place = end
    return numbers.reshape(height, width, CHANNELS)[..., 3] > 0


def _runs(length: int) -> list[int]:
    whole, rest = divmod(length, 2 ** RUN_SIZES[-1])
    return [2 ** RUN_SIZES[-1]] * whole + ([rest] if rest else [])


class _Bits:
    """Bits of a row of bytes, read from the front; reading past the end raises ValueError."""

    def __init__(self, code: list[int]) -> None:
        self._bits = np.unpackbits(np.array(code, np.int64).astype(np.uint8))
        self._place = 0

    def _next(self, count: int) -> NDArray[np.uint8]:
        taken = self._bits[self._place : self._place + count]
        if len(taken) < count:
            raise ValueError(f"it ends after {len(self._bits)} bits")
        self._place += count
        return taken

    def number(self, size: int) -> int:
        return int("".join(map(str, self._next(size))), 2)

    def words(self, count: int) -> NDArray[np.uint8]:
        return np.packbits(self._next(count * WORD))
