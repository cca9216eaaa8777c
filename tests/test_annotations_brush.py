"""Label Studio's run-length code, against bytes that label-studio-sdk 2.1.2 wrote."""

import numpy as np
import pytest

from cdal.annotations import brush

MASK = np.array([[0, 1, 1], [1, 0, 1]], bool)
RUNS = [0, 0, 0, 24, 57, 27, 252, 96, 22, 255, 227, 0, 143, 252]
"""brush.encode_rle of the mask's four equal channels."""
COLOURS = [
    0, 0, 0, 24, 57, 27, 252, 96, 0, 104, 128, 146, 2, 216, 31, 224, 104, 128, 146, 2, 216, 31, 224, 104, 128, 146, 2,
    216, 31, 241, 128, 1, 162, 2, 72, 11, 96, 127, 128,
]  # fmt: skip
"""The same, painted in the colour (209, 73, 91): numbers that do not repeat."""


@pytest.mark.parametrize("code", [RUNS, COLOURS])
def test_it_reads_what_the_library_wrote(code: list[int]) -> None:
    assert (brush.decode(code, 2, 3) == MASK).all()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (37, 64), (256, 256)])
def test_what_it_writes_it_reads(shape: tuple[int, int], share: float) -> None:
    painted = np.random.default_rng(0).random(shape) < share
    assert (brush.decode(brush.encode(painted), *shape) == painted).all()


def test_a_uniform_picture_is_a_few_bytes() -> None:
    assert len(brush.encode(np.zeros((256, 256), bool))) < 32


@pytest.mark.parametrize(
    ("code", "message"),
    [(RUNS[:-3], "ends after"), ([], "ends after"), ([0, 0, 0, 28, *RUNS[4:]], "expected 24 of 8")],
)
def test_broken_codes(code: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        brush.decode(code, 2, 3)
