"""Metrics and tile scores: tables computed by hand, properties, and agreement with scikit-learn."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn import metrics as sk

from cdal import metrics
from cdal.errors import UserError
from cdal.metrics import BINS, IGNORE
from cdal.tilewise import effort, effort_curve, tile_classes, tile_scores

STEPS = np.arange(500, BINS, 500) / BINS
SAMPLES = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.float32, n, elements=st.floats(0, 1, width=32)),
        hnp.arrays(np.uint8, n, elements=st.sampled_from([0, 1, IGNORE])),
    )
)


def count(probs: Any, labels: Any, dtype: type = np.float32) -> NDArray[np.int64]:
    return metrics.histogram(np.array(probs, dtype), np.array(labels, np.uint8))


def draw(n: int = 5000, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Informative but overlapping probabilities, 10 % change."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.1).astype(np.uint8)
    return rng.beta(1 + 2 * labels, 3 - labels), labels


# the histogram


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_edge_is_exact(dtype: type) -> None:
    edges = (np.arange(1, BINS) / BINS).astype(dtype)
    below, above = np.nextafter(edges, dtype(0)), np.nextafter(edges, dtype(1))
    for probs, bins in ((edges, range(1, BINS)), (below, range(BINS - 1)), (above, range(1, BINS))):
        found = count(probs, np.ones(BINS - 1), dtype)[1]
        assert np.array_equal(np.flatnonzero(found), list(bins)) and found.max() == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("threshold", STEPS)
def test_five_percent_steps_agree_with_comparison(threshold: float, dtype: type) -> None:
    exact = STEPS.astype(dtype)
    probs = np.concatenate([exact, np.nextafter(exact, dtype(0)), np.nextafter(exact, dtype(1))])
    found = metrics.confusion(metrics.histogram(probs, np.ones(len(probs), np.uint8)), threshold)
    assert found.tp == (probs >= dtype(threshold)).sum()


def test_first_and_last_bin() -> None:
    found = count([0, 0.00009, 0.0001, 0.9999, 1, 0.5], [0, 0, 0, 1, 1, IGNORE])
    assert found.shape == (2, BINS) and found.dtype == np.int64
    assert found[0, :2].tolist() == [2, 1] and found[1, -1] == 2 and found.sum() == 5


def test_float16_is_widened() -> None:
    probs = np.linspace(0, 1, 500, dtype=np.float16)
    labels = np.ones(500, np.uint8)
    assert np.array_equal(metrics.histogram(probs, labels), metrics.histogram(probs.astype("f4"), labels))


@given(SAMPLES, st.integers(0, 60), st.integers(0, 99))
def test_histograms_add_and_order_does_not_matter(sample: Any, cut: int, seed: int) -> None:
    probs, labels = sample
    whole = metrics.histogram(probs, labels)
    parts = metrics.histogram(probs[:cut], labels[:cut]) + metrics.histogram(probs[cut:], labels[cut:])
    order = np.random.default_rng(seed).permutation(len(probs))
    assert np.array_equal(whole, parts)
    assert np.array_equal(whole, metrics.histogram(probs[order], labels[order]))
    assert whole.sum() == (labels != IGNORE).sum()


@pytest.mark.parametrize(
    ("probs", "labels", "message"),
    [
        ([0.5, np.nan], [0, 1], r"1 probabilities like nan, expected finite numbers in \[0, 1\]"),
        ([np.inf, np.inf], [0, 1], "2 probabilities like inf"),
        ([-0.25, 0], [0, 1], "like -0.25"),
        ([1.25], [IGNORE], "like 1.25"),
        ([0.5, 0.5, 0.5], [0, 2, 7], r"labels \[2, 7\], expected 0, 1 or 255"),
        ([0.5, 0.5], [0], r"probabilities \(2,\) and labels \(1,\), expected equal shapes"),
    ],
)
def test_wrong_input_is_named(probs: list[float], labels: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        count(probs, labels)


# one threshold


def test_hand_computed() -> None:
    hist = count([0.9, 0.8, 0.5, 0.4, 0.2, 0.6], [1, 0, 1, 1, 0, IGNORE])
    found = metrics.summary(hist, 0.5)
    assert metrics.confusion(hist, 0.5) == (2, 1, 1, 1)
    assert list(found) == [
        "precision", "recall", "f1", "accuracy", "iou", "roc_auc", "average_precision", "ece", "threshold",
        "tp", "fp", "fn", "tn", "base_rate",
    ]  # fmt: skip
    expected = {
        "precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "accuracy": 3 / 5, "iou": 1 / 2, "roc_auc": 4 / 6,
        "average_precision": (1 + 2 / 3 + 3 / 4) / 3, "threshold": 0.5, "tp": 2, "fp": 1, "fn": 1, "tn": 1,
        "base_rate": 3 / 5,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert found["ece"] == pytest.approx((0.1 + 0.8 + 0.5 + 0.6 + 0.2) / 5, abs=5e-5)


UNDEFINED = {
    "nothing": ([], [], "precision recall f1 accuracy iou roc_auc average_precision ece base_rate"),
    "ignored": ([0.9], [IGNORE], "precision recall f1 accuracy iou roc_auc average_precision ece base_rate"),
    "no change, none predicted": ([0.1], [0], "precision recall f1 iou roc_auc average_precision"),
    "no change, some predicted": ([0.9], [0], "recall roc_auc average_precision"),
    "change, none predicted": ([0.1, 0.2], [1, 0], "precision"),
    "change only": ([0.9], [1], "roc_auc"),
}


@pytest.mark.parametrize("case", UNDEFINED)
def test_undefined_is_none(case: str) -> None:
    probs, labels, names = UNDEFINED[case]
    found = metrics.summary(count(probs, labels), 0.5)
    assert [name for name, value in found.items() if value is None] == names.split()


@pytest.mark.parametrize("threshold", [-0.05, 1.0, 0.99996, 1.5])
def test_threshold_outside(threshold: float) -> None:
    with pytest.raises(ValueError, match=f"threshold {threshold}, expected"):
        metrics.confusion(count([0.5], [1]), threshold)


@given(SAMPLES, st.integers(0, BINS - 1), st.integers(0, BINS - 1))
def test_bounds_and_monotone_recall(sample: Any, one: int, other: int) -> None:
    hist = metrics.histogram(*sample)
    low, high = (metrics.summary(hist, edge / BINS) for edge in sorted((one, other)))
    for found in (low, high):
        shares = [found[n] for n in found if n not in ("tp", "fp", "fn", "tn")]
        assert all(value is None or 0 <= value <= 1 for value in shares)
        assert sum(found[n] for n in ("tp", "fp", "fn", "tn")) == hist.sum()
    assert (low["recall"] is None) == (high["recall"] is None)
    if low["recall"] is not None:
        assert low["recall"] >= high["recall"]


def test_big_counts_do_not_overflow() -> None:
    hist = 4 * 10**9 * count([0.8, 0.3], [1, 0])
    assert metrics.summary(hist, 0.5)["roc_auc"] == 1


# scikit-learn


@pytest.mark.parametrize("quantised", [True, False])
@pytest.mark.parametrize("threshold", [0, 0.05, 0.15, 0.5, 0.7, 0.9])
def test_thresholded_as_in_sklearn(threshold: float, quantised: bool) -> None:
    probs, labels = draw()
    probs = np.round(probs * BINS) / BINS if quantised else probs
    found = metrics.summary(metrics.histogram(probs, labels), threshold)
    said = (probs >= threshold).astype(np.uint8)
    wanted = sk.precision_recall_fscore_support(labels, said, average="binary")[:3]
    assert [found["precision"], found["recall"], found["f1"]] == pytest.approx(wanted, rel=1e-12)
    assert found["iou"] == pytest.approx(sk.jaccard_score(labels, said), rel=1e-12)
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(labels, said), rel=1e-12)
    assert [found[n] for n in ("tn", "fp", "fn", "tp")] == sk.confusion_matrix(labels, said).ravel().tolist()


@pytest.mark.parametrize("levels", [10, 300, BINS - 1])
def test_ranking_is_that_of_sklearn_on_quantised(levels: int) -> None:
    probs, labels = draw()
    probs = np.floor(probs * levels) * (BINS // levels) / BINS
    found = metrics.summary(metrics.histogram(probs, labels), 0.5)
    assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(labels, probs), rel=1e-12)
    assert found["average_precision"] == pytest.approx(sk.average_precision_score(labels, probs), rel=1e-12)


@pytest.mark.parametrize("spread", [1, 0.1, 0.002])
def test_ranking_is_within_its_bound(spread: float) -> None:
    """The narrower the probabilities, the more pairs share a bin and the wider the bound."""
    probs, labels = draw()
    hist = metrics.histogram(probs * spread, labels)
    found = metrics.summary(hist, 0.5)
    no, yes = hist[:, ::-1]
    bound = (no * yes).sum() / (2 * no.sum() * yes.sum())
    assert abs(found["roc_auc"] - sk.roc_auc_score(labels, probs)) <= bound + 1e-12
    above_no, above_yes = no.cumsum() - no, yes.cumsum() - yes
    least = (yes * (above_yes + 1) / (above_yes + 1 + above_no + no)).sum() / yes.sum()
    most = (yes * (above_yes + yes) / np.maximum(above_yes + yes + above_no, 1)).sum() / yes.sum()
    for value in (found["average_precision"], sk.average_precision_score(labels, probs)):
        assert least - 1e-12 <= value <= most + 1e-12


def test_calibration_is_within_its_bound() -> None:
    probs, labels = draw()
    hist = metrics.histogram(probs, labels)
    row = np.minimum((probs * 15).astype(int), 14)
    sums = np.bincount(row, weights=probs) - np.bincount(row, weights=labels)
    cut = {BINS * j // 15 for j in range(1, 15) if BINS * j % 15}
    bound = 5e-5 + 2 * hist.sum(0)[sorted(cut)].sum() / hist.sum()
    assert len(cut) == 10
    assert abs(metrics.summary(hist, 0.5)["ece"] - np.abs(sums).sum() / len(probs)) <= bound + 1e-12


# choosing


@pytest.mark.parametrize(
    ("probs", "labels", "step", "expected"),
    [
        ([0.9, 0.1], [1, 0], 0.05, 0.5),  # 0.15 to 0.9 are all perfect
        ([0.9, 0.7], [1, 0], 0.05, 0.75),
        ([0.3, 0.2], [1, 0], 0.05, 0.3),
        ([0.4, 0.6, 0.6], [1, 1, 0], 0.2, 0.4),  # F1 0.8 at 0.2 and 0.4
        ([0.0], [1], 0.05, 0.5),  # F1 0 everywhere
        ([0.31, 0.3], [1, 0], 1e-4, 0.31),
    ],
)
def test_best_threshold(probs: list[float], labels: list[int], step: float, expected: float) -> None:
    assert metrics.best_threshold(count(probs, labels), step=step) == expected


def test_equally_near_ties_go_to_the_lower() -> None:
    assert metrics.best_threshold(count([0.9, 0.1], [1, 0]), step=0.2) == 0.4


def test_best_threshold_needs_change() -> None:
    with pytest.raises(UserError, match="no change in validation"):
        metrics.best_threshold(count([0.5, 0.9], [0, IGNORE]))


@pytest.mark.parametrize("step", [0, -0.1, 1, 1e-5, np.nan])
def test_wrong_step(step: float) -> None:
    with pytest.raises(ValueError, match="between thresholds, expected"):
        metrics.best_threshold(count([0.5], [1]), step=step)


@given(SAMPLES, st.sampled_from([0.05, 0.1, 0.3, 0.5]))
def test_best_threshold_and_table_agree_with_summary(sample: Any, step: float) -> None:
    hist = metrics.histogram(*sample)
    table = metrics.threshold_table(hist, step)
    for threshold, *values in table:
        found = metrics.summary(hist, threshold)
        wanted = [np.nan if found[n] is None else found[n] for n in ("precision", "recall", "f1")]
        assert values == pytest.approx(wanted, nan_ok=True)
    if hist[1].any():
        best = metrics.best_threshold(hist, step=step)
        assert metrics.summary(hist, best)["f1"] == table[:, 3].max()


def test_threshold_table() -> None:
    found = metrics.threshold_table(count([0.6, 0.3], [1, 0]), 0.25)
    nan = np.nan
    assert found == pytest.approx(np.array([[0.25, 0.5, 1, 2 / 3], [0.5, 1, 1, 1], [0.75, nan, 0, 0]]), nan_ok=True)
    assert np.array_equal(metrics.threshold_table(count([], []))[:, 0], STEPS)
    assert np.isnan(metrics.threshold_table(count([], []))[:, 1:]).all()


# curves


def test_roc_and_pr_by_hand() -> None:
    hist = count([0.9, 0.8, 0.5, 0.5, 0.2], [1, 0, 1, 0, 0])
    assert metrics.roc_points(hist) == pytest.approx(np.array([[0, 0], [0, 0.5], [1 / 3, 0.5], [2 / 3, 1], [1, 1]]))
    assert metrics.pr_points(hist) == pytest.approx(np.array([[0.5, 1], [0.5, 0.5], [1, 0.5], [1, 0.4]]))


@pytest.mark.parametrize("curve", [metrics.roc_points, metrics.pr_points])
def test_thinned_curves_keep_ends_and_look_right(curve: Any) -> None:
    hist = metrics.histogram(*draw(50_000))
    whole = curve(hist, 10**6)
    for n in (2, 3, 50, 200):
        found = curve(hist, n)
        assert 2 <= len(found) <= n
        assert np.array_equal(found[[0, -1]], whole[[0, -1]])
        assert {tuple(p) for p in found} <= {tuple(p) for p in whole}
    if curve is metrics.roc_points:
        gaps = np.abs(np.diff(curve(hist, 200), axis=0)).sum(1)
        assert len(gaps) > 150 and gaps.max() < 3 * 2 / 200
    with pytest.raises(ValueError, match="1 points of a curve, expected 2 or more"):
        curve(hist, 1)


@given(SAMPLES, st.integers(2, 70))
def test_curves_are_bounded_and_monotone(sample: Any, n: int) -> None:
    hist = metrics.histogram(*sample)
    roc, pr = metrics.roc_points(hist, n), metrics.pr_points(hist, n)
    assert len(roc) == 0 or (roc[0].tolist() == [0, 0] and roc[-1].tolist() == [1, 1])
    assert len(pr) == 0 or pr[-1, 0] == 1
    assert (len(roc) > 0) == bool(hist.any(1).all()) and (len(pr) > 0) == bool(hist[1].any())
    for points in (roc, pr):
        assert points.shape[1:] == (2,) and len(points) <= n and ((points >= 0) & (points <= 1)).all()
    assert (np.diff(roc, axis=0) >= 0).all() and (np.diff(pr[:, 0]) >= 0).all()


def test_an_end_too_near_for_floats_is_kept() -> None:
    hist = count([0.9, 0.5, 0.1], [1, 0, 0])
    hist[0, BINS // 2] = 10**9
    assert metrics.pr_points(hist)[-1].tolist() == [1, 1 / (10**9 + 2)]


def test_reliability() -> None:
    found = metrics.reliability(count([0.05, 0.15, 0.15, 0.95, 1.0, 0.5], [0, 1, 0, 1, 1, IGNORE]), bins=10)
    assert found == pytest.approx(np.array([[0.05, 0, 1], [0.15, 0.5, 2], [0.975, 1, 2]]), abs=5.1e-5)
    assert metrics.reliability(count([], [])).shape == (0, 3)


# tiles


def test_tile_scores_by_hand() -> None:
    probs = np.arange(100, dtype=np.float32)[::-1].reshape(1, 10, 10) / 128
    masks = np.zeros((1, 10, 10), np.uint8)
    assert tile_scores(probs, masks, change_above=0.03) == np.float32(96 / 128)  # 97, 98, 99 may be above
    assert tile_scores(probs, masks, change_above=0) == np.float32(99 / 128)
    assert tile_scores(probs, masks, change_above=0.29) == np.float32(70 / 128)  # 0.29 * 100 < 29 in floats
    masks[0, 0, :3] = IGNORE  # 97 are left, of which 2 may be above
    assert tile_scores(probs, masks, change_above=0.03) == np.float32(94 / 128)


@given(
    hnp.arrays(np.float32, (3, 4, 5), elements=st.integers(0, 20).map(lambda i: i / 20)),
    hnp.arrays(np.uint8, (3, 4, 5), elements=st.sampled_from([0, 1, IGNORE])),
    st.sampled_from(["0", "0.01", "0.03", "0.05", "0.1", "0.15", "0.25", "0.29", "0.7", "0.99"]),
)
def test_tile_score_is_the_direct_definition(probs: NDArray[Any], masks: NDArray[Any], share: str) -> None:
    masks[:, 0, 0] = 0
    scores = tile_scores(probs, masks, change_above=float(share))
    assert scores.shape == (3,)
    for threshold in np.unique(probs):
        above = ((probs >= threshold) & (masks != IGNORE)).sum((1, 2))
        direct = [int(a) > Fraction(share) * int(v) for a, v in zip(above, (masks != IGNORE).sum((1, 2)), strict=True)]
        assert (scores >= threshold).tolist() == direct


def test_a_tile_without_valid_pixel() -> None:
    masks = np.zeros((3, 2, 2), np.uint8)
    masks[1] = IGNORE
    with pytest.raises(ValueError, match="tile 1 has no valid pixel"):
        tile_scores(np.full((3, 2, 2), 0.5, np.float32), masks)


def test_tile_classes() -> None:
    found = tile_classes(np.array([0, 0.01, 0.0101, 0.03, 0.0301, 1]))
    assert found.dtype == np.uint8 and found.tolist() == [0, 0, IGNORE, IGNORE, 1, 1]
    assert tile_classes(np.array([0.1, 0.2, 0.3]), change_above=0.2, unchanged_below=0.2).tolist() == [
        0,
        0,
        1,
    ]


SCORES = np.array([0.9, 0.8, 0.8, 0.7, 0.4, 0.1])
CLASSES = np.array([1, 1, 0, IGNORE, 1, 0], np.uint8)


def test_effort_curve_by_hand() -> None:
    expected = [[0, 0], [1 / 6, 1 / 3], [3 / 6, 2 / 3], [4 / 6, 2 / 3], [5 / 6, 1], [1, 1]]
    order = np.random.default_rng(1).permutation(6)
    assert effort_curve(SCORES, CLASSES) == pytest.approx(np.array(expected))
    assert effort_curve(SCORES[order], CLASSES[order]) == pytest.approx(np.array(expected))
    assert effort_curve(SCORES, np.zeros(6, np.uint8)).shape == (0, 2)


def test_effort_by_hand() -> None:
    test_scores = np.array([0.95, 0.85, 0.6, 0.5, 0.3])
    test_classes = np.array([1, IGNORE, 1, 0, 1], np.uint8)
    found = effort(SCORES, CLASSES, test_scores, test_classes, recalls=(1 / 3, 0.6, 1))
    assert found == [
        {"recall_wanted": 1 / 3, "threshold": 0.9, "recall": pytest.approx(1 / 3), "reviewed": 1 / 5},
        {"recall_wanted": 0.6, "threshold": 0.8, "recall": pytest.approx(1 / 3), "reviewed": 2 / 5},
        {"recall_wanted": 1, "threshold": 0.4, "recall": pytest.approx(2 / 3), "reviewed": 4 / 5},
    ]


def test_effort_without_change_tiles() -> None:
    none = np.zeros(6, np.uint8)
    assert [row["recall_wanted"] for row in effort(SCORES, CLASSES, SCORES, CLASSES)] == [0.8, 0.9, 0.95]
    for row in effort(SCORES, none, SCORES, CLASSES):
        assert (row["threshold"], row["recall"], row["reviewed"]) == (None, None, None)
    for row in effort(SCORES, CLASSES, SCORES, none):
        assert (row["threshold"], row["recall"]) == (0.4, None) and row["reviewed"] == 5 / 6


@given(
    hnp.arrays(np.float32, 30, elements=st.integers(0, 8).map(lambda i: i / 8)),
    hnp.arrays(np.uint8, 30, elements=st.sampled_from([0, 1, IGNORE])),
    st.sampled_from([0.1, 0.5, 0.8, 0.9, 0.95, 1.0]),
)
def test_effort_takes_the_largest_threshold_that_suffices(scores: Any, classes: Any, wanted: float) -> None:
    classes[0] = 1
    (row,) = effort(scores, classes, scores, classes, recalls=(wanted,))
    reaching = [t for t in np.unique(scores) if (scores[classes == 1] >= t).mean() >= wanted]
    assert row["threshold"] == max(reaching) and row["recall"] >= wanted
    assert [row["reviewed"], row["recall"]] in effort_curve(scores, classes).tolist()


@given(hnp.arrays(np.uint8, 12, elements=st.sampled_from([0, 1])), st.integers(0, 99))
def test_test_tiles_choose_nothing(test_classes: Any, seed: int) -> None:
    scores = np.random.default_rng(seed).random(12)
    chosen = [row["threshold"] for row in effort(SCORES, CLASSES, scores, test_classes)]
    assert chosen == [row["threshold"] for row in effort(SCORES, CLASSES, SCORES, CLASSES)]
