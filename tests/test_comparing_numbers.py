"""Areas, intervals and labels needed, by hand."""

from typing import Any, Literal

import numpy as np
import pytest

from cdal.comparing import areas, bootstrap, needed
from cdal.comparing.experiments import Points
from cdal.comparing.needed import Need


def points(x: list[float], y: list[float]) -> Points:
    return Points(np.array(x, float), np.array(y, float))


def test_the_area_is_the_mean_height_between_measured_rounds() -> None:
    curve = points([0, 10, 20], [0, 1, 1])
    assert areas.area(curve, (0, 20)) == pytest.approx((5 + 10) / 20)
    assert areas.area(curve, (5, 15)) == pytest.approx((0.75 * 5 + 1 * 5) / 10)
    assert areas.area(curve, (10, 20)) == pytest.approx(1)
    with pytest.raises(ValueError, match=r"30\.0 labels are outside of the measured 0\.0 to 20\.0"):
        areas.area(curve, (0, 30.0))


def test_rounds_of_unequal_size_count_by_their_labels() -> None:
    assert areas.area(points([0, 90, 100], [0, 0, 1]), (0, 100)) == pytest.approx(0.05)


def test_curves_share_what_all_of_them_span() -> None:
    assert areas.shared([points([0, 50], [0, 1]), points([10, 90], [0, 1])]) == (10, 50)
    assert areas.shared([points([0, 10], [0, 1]), points([20, 30], [0, 1])]) is None


def test_differences_are_taken_seed_by_seed_over_the_shared_labels() -> None:
    """Seeds differ by far more than methods do, and the longer curve is cut: its jump at the end is not counted."""
    one = {1: points([0, 10, 20], [0.2, 0.2, 9]), 2: points([0, 10], [0.6, 0.6]), 3: points([0, 10], [0.9, 0.9])}
    other = {1: points([0, 10], [0.1, 0.1]), 2: points([0, 10], [0.5, 0.5]), 4: points([0, 10], [0, 0])}
    found = areas.paired(one, other)
    assert found.seeds == (1, 2) and found.over == (0, 10)
    assert found.values == pytest.approx([0.1, 0.1])
    assert found.estimate is not None and found.estimate.low == pytest.approx(0.1) == found.estimate.high


def test_without_a_common_seed_there_is_no_difference() -> None:
    found = areas.paired({1: points([0, 1], [0, 1])}, {2: points([0, 1], [0, 1])})
    assert (found.seeds, found.estimate, found.over) == ((), None, None)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([1, 1, 1], 1, 1),
        ([0, 1], 0, 1),  # means 0, 1/2, 1 with 1/4, 1/2, 1/4
        ([0, 0, 3], 0, 3),  # number of threes: binomial(3, 1/3), 8/27 of 0 and 1/27 of 3
        ([0, 0, 0, 0, 5], 0, 4),  # binomial(5, 1/5): at least 4 with 0.7 %, 5 with 0.03 %, and 0.095 % are cut off
        ([1, 2, 4, 8], 1, 8),  # four seeds: 0.012 % are cut off, and all draws the same seed with 0.4 %
    ],
)
def test_the_interval_is_that_of_seeds_drawn_again(values: list[float], low: float, high: float) -> None:
    found = bootstrap.mean(np.array(values, float))
    assert (found.value, found.low, found.high, found.n) == (np.mean(values), low, high, len(values))
    assert bootstrap.mean(np.array(values, float)) == found


def held(number: int, cases: int = 500) -> float:
    """How often the interval of so many normally distributed differences holds their mean."""
    rng = np.random.default_rng(0)
    found = [bootstrap.mean(rng.normal(size=number)) for _ in range(cases)]
    return float(np.mean([e.low <= 0 <= e.high for e in found if e.low is not None and e.high is not None]))


def test_intervals_of_few_seeds_hold_the_truth_about_as_often_as_they_should(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain percentiles make three times as many false findings as the level says."""
    assert held(5) == pytest.approx(0.93, abs=0.02) and held(10) == pytest.approx(0.94, abs=0.02)
    monkeypatch.setattr(bootstrap, "percentiles", lambda number: bootstrap.LEVEL)
    assert held(5) == pytest.approx(0.85, abs=0.02)


@pytest.mark.parametrize(("seeds", "share"), [(5, 0.99809), (20, 0.96824), (10_000, 0.95)])
def test_with_many_seeds_the_percentiles_are_the_plain_ones(seeds: int, share: float) -> None:
    """5 seeds: 2 Phi(sqrt(5/4) * 2.7764) - 1."""
    assert bootstrap.percentiles(seeds) == pytest.approx(share, abs=1e-4)


def test_the_interval_of_a_ratio_keeps_pairs_together() -> None:
    found = bootstrap.ratio_of_means(np.array([10.0, 200.0, 3.0]), np.array([20.0, 400.0, 6.0]))
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)
    found = bootstrap.ratio_of_means(np.array([1.0, 1.0]), np.array([1.0, 3.0]))  # means of below: 1, 2, 3
    assert (found.value, found.low, found.high) == pytest.approx((1 / 2, 1 / 3, 1))


def test_one_seed_has_no_interval() -> None:
    found = bootstrap.mean(np.array([0.4]))
    assert (found.value, found.low, found.high, found.n) == (0.4, None, None, 1)


@pytest.mark.parametrize(
    ("level", "labels", "how"),
    [
        (0.5, 30, "between"),  # halfway from 20 to 40
        (0.6, 40, "between"),
        (0.65, 70, "between"),  # the fall from 0.6 to 0.5 in between does not matter
        (0.4, 20, "start"),
        (0.3, 20, "start"),
        (0.9, 80, "never"),  # not beyond the last round, however steep the curve is
    ],
)
def test_labels_needed(level: float, labels: float, how: str) -> None:
    curve = points([20, 40, 60, 80], [0.4, 0.6, 0.5, 0.8])
    found = needed.needed(curve, level)
    assert (found.labels, found.how, found.held) == (pytest.approx(labels), how, how != "never")


def test_a_level_that_is_lost_again_is_not_held() -> None:
    found = needed.needed(points([20, 40, 60], [0.4, 0.6, 0.5]), 0.6)
    assert (found.labels, found.how, found.held) == (40, "between", False)


def need(labels: float, how: Literal["start", "between", "never"] = "between") -> Need:
    return Need(labels, how, held=how != "never")


def test_labels_are_pooled_only_where_every_seed_reaches_the_level() -> None:
    assert needed.pooled([need(10), need(30, "never")]) is None
    found = needed.pooled([need(10), need(30)])
    assert found is not None and (found.value, found.low, found.high) == (20, 10, 30)


def test_a_mean_of_bounds_has_no_interval() -> None:
    found = needed.pooled([need(10, "start"), need(30)])
    assert found is not None and (found.value, found.low, found.n) == (20, None, 2)


@pytest.mark.parametrize(
    ("one", "other", "value", "bound"),
    [
        ([need(50), need(40)], [need(90), need(90)], 0.5, ""),
        ([need(50)], [need(200, "never")], 0.25, "at most"),
        ([need(20, "start")], [need(100)], 0.2, "at most"),
        ([need(200, "never")], [need(50)], 4, "at least"),
        ([need(100)], [need(20, "start")], 5, "at least"),
    ],
)
def test_a_ratio_of_labels_is_a_bound_where_one_side_is(
    one: list[Need], other: list[Need], value: float, bound: str
) -> None:
    found = needed.ratio(dict(enumerate(one)), dict(enumerate(other)))
    assert found is not None and (found.estimate.value, found.bound) == (value, bound)


@pytest.mark.parametrize(("one", "other"), [("never", "never"), ("start", "start")])
def test_where_both_are_open_there_is_no_ratio(one: Any, other: Any) -> None:
    assert needed.ratio({1: need(50, one)}, {1: need(90, other)}) is None
    assert needed.ratio({1: need(50)}, {2: need(90)}) is None


@pytest.mark.parametrize(
    ("one", "other", "is_shown"),
    [
        ([30, 40], [90, 90], True),
        ([30, 100], [90, 90], False),
        ([100, 120], [90, 90], True),
    ],
)
def test_a_ratio_is_shown_where_its_interval_leaves_out_one(
    one: list[float], other: list[float], is_shown: bool
) -> None:
    found = needed.ratio(dict(enumerate(map(need, one))), dict(enumerate(map(need, other))))
    assert found is not None and found.is_shown is is_shown


def test_a_bound_is_shown_only_on_its_closed_side() -> None:
    """At most 1.2 of the labels may be less than 1; at most 0.5 is not more."""
    more = needed.ratio({1: need(120), 2: need(110)}, {1: need(100, "never"), 2: need(95, "never")})
    less = needed.ratio({1: need(50), 2: need(45)}, {1: need(100, "never"), 2: need(95, "never")})
    assert more is not None and more.bound == "at most" and not more.is_shown
    assert less is not None and less.is_shown
