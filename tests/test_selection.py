"""Choosing a batch of tiles from scored candidates; every selector passes every test here."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdal.errors import UserError
from cdal.selection import select, spread
from cdal.selectors import SELECTORS, Candidates


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def candidates(scores: np.ndarray, round: int = 1) -> Candidates:
    n = len(scores)
    features = rng(1).normal(size=(n, 3))
    return Candidates(np.asarray(scores, float), np.full(n, 0.5), features, rng(2).normal(size=(2, 3)), round)


def test_top_takes_the_highest_and_breaks_ties_by_order() -> None:
    found = select(candidates(np.array([0.1, 0.9, 0.5, 0.9, 0.0])), 3, SELECTORS["top"], random_share=0, rng=rng())
    assert list(found) == [1, 3, 2]


@pytest.mark.parametrize("name", SELECTORS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_selector_gives_distinct_tiles_and_repeats_itself(name: str, data: st.DataObject) -> None:
    scores = np.array(data.draw(st.lists(st.floats(0, 1), min_size=1, max_size=40)))
    budget = data.draw(st.integers(1, len(scores)))
    share = data.draw(st.floats(0, 1))
    found = [
        select(candidates(scores), budget, SELECTORS[name], random_share=share, rng=rng()).tolist() for _ in range(2)
    ]
    assert found[0] == found[1]
    assert len(set(found[0])) == budget and set(found[0]) <= set(range(len(scores)))


@pytest.mark.parametrize("name", sorted(set(SELECTORS) - {"coreset"}))
def test_a_selector_prefers_high_scores(name: str) -> None:
    scores = np.concatenate([np.full(95, 1e-3), np.full(5, 5.0)])
    found = select(candidates(scores), 5, SELECTORS[name], random_share=0, rng=rng())
    assert len(set(found.tolist()) & {95, 96, 97, 98, 99}) >= 3


def test_power_picks_in_proportion_to_the_score() -> None:
    scores = np.array([1.0, 2.0, 5.0])
    first = [int(SELECTORS["power"](candidates(scores), 1, rng(seed))[0]) for seed in range(2000)]
    assert np.bincount(first) / 2000 == pytest.approx(scores / 8, abs=0.03)


def test_clasp_takes_two_thirds_by_predicted_change_and_grows_greedy() -> None:
    scores, change = np.full(90, 0.5), np.zeros(90)
    change[:10] = 1
    many = Candidates(scores, change, np.zeros((90, 0)), np.zeros((0, 0)), round=12)
    found = SELECTORS["clasp"](many, 9, rng())
    assert (found[:6] < 10).all()
    steep = candidates(np.linspace(0.1, 0.9, 30), round=12)
    assert set(SELECTORS["clasp"](steep, 3, rng()).tolist()) == {27, 28, 29}


def test_coreset_covers_what_is_far_from_the_labelled() -> None:
    features = np.array([[0.0], [1.0], [10.0], [11.0], [-5.0]])
    far = Candidates(np.zeros(5), np.zeros(5), features, np.array([[0.5]]), 1)
    assert list(SELECTORS["coreset"](far, 2, rng())) == [3, 4]


def test_random_share_leaves_the_best_of_the_rest() -> None:
    chosen = select(candidates(np.arange(100.0)), 10, SELECTORS["top"], random_share=0.35, rng=rng())
    assert list(chosen[:7]) == [99, 98, 97, 96, 95, 94, 93]
    assert not set(chosen[7:]) & set(chosen[:7])


def test_picks_keep_their_distance_within_a_scene() -> None:
    places = np.stack([np.arange(12) * 64.0, np.zeros(12)], axis=1)
    scenes = np.array([0] * 6 + [1] * 6)
    found = spread(
        candidates(np.arange(12.0)), 4, SELECTORS["top"], random_share=0, rng=rng(),
        places=places, scenes=scenes, least=128,
    )  # fmt: skip
    assert list(found) == [11, 9, 7, 5]
    with pytest.raises(UserError, match=r"only 6 tiles are 128 pixels apart; lower al\.min_distance"):
        spread(
            candidates(np.arange(12.0)), 12, SELECTORS["top"], random_share=0, rng=rng(),
            places=places, scenes=scenes, least=128,
        )  # fmt: skip


def test_a_batch_above_the_pool_says_what_to_lower() -> None:
    with pytest.raises(UserError, match=r"al\.batch is 5, but only 3 unlabelled tiles.*lower al\.batch"):
        select(candidates(np.zeros(3)), 5, SELECTORS["top"], random_share=0, rng=rng())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_score_that_is_not_finite_is_never_ranked(bad: float) -> None:
    with pytest.raises(UserError, match="1 scores are not finite"):
        select(candidates(np.array([0.1, bad])), 1, SELECTORS["top"], random_share=0, rng=rng())
