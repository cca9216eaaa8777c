"""The acquisition mathematics: tables computed by hand, properties, and outside implementations."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from cdal.acquisition import ACQUISITIONS, BOUNDS, Moments, binary_entropy

LN2 = log(2)
H25 = -(0.25 * log(0.25) + 0.75 * log(0.75))

PROBS = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 6), st.just(2), st.just(2), st.just(3)),
    elements=st.floats(0, 1, width=32),
)  # fmt: skip


def pixel_scores(name: str, probs: np.ndarray) -> np.ndarray:
    moments = Moments.start(probs[0])
    for one in probs[1:]:
        moments.add(one)
    return ACQUISITIONS[name](moments)


@pytest.mark.parametrize(
    ("passes", "variance", "entropy", "bald"),
    [
        ([0.5, 0.5], 0, LN2, 0),
        ([0, 1], 0.25, LN2, LN2),
        ([0, 0], 0, 0, 0),
        ([1, 1, 1], 0, 0, 0),
        ([0, 0.5], 1 / 16, H25, H25 - LN2 / 2),
        ([0.25], 0, H25, 0),
    ],
)
def test_hand_computed(passes: list[float], variance: float, entropy: float, bald: float) -> None:
    probs = np.array(passes, np.float32).reshape(-1, 1, 1, 1)
    found = [float(pixel_scores(name, probs)[0, 0, 0]) for name in ("Variance", "Entropy", "BALD")]
    assert found == pytest.approx([variance, entropy, bald], abs=1e-6)


@given(PROBS)
def test_bounds(probs: np.ndarray) -> None:
    variance, entropy, bald = (pixel_scores(name, probs) for name in ("Variance", "Entropy", "BALD"))
    assert (variance >= 0).all() and (variance <= 0.25).all()
    assert (bald >= 0).all() and (bald <= entropy).all() and (entropy <= LN2 + 1e-6).all()


@pytest.mark.parametrize("name", ACQUISITIONS)
@given(probs=PROBS)
def test_every_score_keeps_its_bound(name: str, probs: np.ndarray) -> None:
    found = pixel_scores(name, probs)
    assert found.shape == probs.shape[1:] and (found >= 0).all() and (found <= BOUNDS[name] + 1e-6).all()


@given(PROBS, st.integers(0, 2**32))
def test_the_order_of_passes_does_not_matter(probs: np.ndarray, seed: int) -> None:
    shuffled = probs[np.random.default_rng(seed).permutation(len(probs))]
    for name in ACQUISITIONS:
        assert pixel_scores(name, probs) == pytest.approx(pixel_scores(name, shuffled), abs=2e-6)


@given(PROBS)
def test_streaming_agrees_with_all_predictions_in_memory(probs: np.ndarray) -> None:
    wide = probs.astype(np.float64)
    both = np.stack([wide, 1 - wide])
    entropy = stats.entropy(both.mean(1), axis=0)
    expected = {
        "Variance": wide.var(0),
        "Entropy": entropy,
        "BALD": entropy - stats.entropy(both, axis=0).mean(0),
    }
    for name, values in expected.items():
        assert pixel_scores(name, probs) == pytest.approx(values, abs=1e-6), name


def test_entropy_is_exact_at_certainty() -> None:
    assert (binary_entropy(np.array([0, 1], np.float32)) == 0).all()
