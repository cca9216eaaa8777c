"""Pixel and tile metrics from one exact histogram, so that any number of tiles streams in bounded memory.

A probability falls in one of 10,000 uniform bins. Counts at thresholds that are multiples of 1e-4 are exact,
and so are precision, recall, F1, accuracy and IoU there. The order within a bin is lost, so ROC-AUC and
average precision are those of probabilities rounded down to multiples of 1e-4, and calibration takes bin
centres (bounds: `_roc_auc`, `_average_precision`, `_calibration_error`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cdal.errors import UserError

BINS = 10_000
IGNORE = 255

Histogram = NDArray[np.int64]
"""Counts (2, BINS): row 0 of no change, row 1 of change, over the probability of change."""


class Confusion(NamedTuple):
    """Counts at one threshold."""

    tp: int
    fp: int
    fn: int
    tn: int


def histogram(probs: NDArray[np.floating], labels: NDArray[np.integer]) -> Histogram:
    """Count probabilities by label; histograms of parts add up to that of the whole.

    probs in [0, 1] and labels 0, 1 or 255 (ignored), of any one shape. Bin b holds b/BINS <= p < (b+1)/BINS,
    the last also p = 1. Edges are rounded to the dtype of p (float16 is widened to float32 first), so "p is
    in bin b or above" is the same statement as `p >= b / BINS` in that dtype, though most edges are no binary
    fractions. Raises ValueError for other values, at ignored places too, and for unequal shapes.
    """
    if probs.shape != labels.shape:
        raise ValueError(f"probabilities {probs.shape} and labels {labels.shape}, expected equal shapes")
    if (bad := ~((probs >= 0) & (probs <= 1))).any():
        raise ValueError(f"{bad.sum()} probabilities like {probs[bad][0]}, expected finite numbers in [0, 1]")
    if not (known := np.isin(labels, (0, 1, IGNORE))).all():
        raise ValueError(f"labels {np.unique(labels[~known])[:5].tolist()}, expected 0, 1 or {IGNORE}")
    valid = labels != IGNORE
    return np.bincount(_bins(probs[valid]) + BINS * (labels[valid] == 1), minlength=2 * BINS).reshape(2, BINS)


def confusion(hist: Histogram, threshold: float) -> Confusion:
    """Counts when p >= threshold is predicted change.

    threshold: taken to the nearest multiple of 1e-4. Raises ValueError outside [0, 1): p = 1 has no bin of
    its own.
    """
    edge = round(threshold * BINS)
    if not 0 <= edge < BINS:
        raise ValueError(f"threshold {threshold}, expected a multiple of {1 / BINS} from 0 to {1 - 1 / BINS}")
    fp, tp = (int(row[edge:].sum()) for row in hist)
    return Confusion(tp, fp, int(hist[1].sum()) - tp, int(hist[0].sum()) - fp)


def best_threshold(hist: Histogram, *, step: float = 0.05) -> float:
    """The threshold of highest F1 among step, 2 step, ... below 1 (arXiv 2008.11201, section 4.2).

    Ties go to the one nearest 0.5, then the lower. Raises UserError when there is no change to be found,
    ValueError for a step outside [1e-4, 1).
    """
    if not hist[1].any():
        raise UserError("no change in validation, so no threshold can be chosen; give it more or other tiles")
    thresholds, _, _, f1 = threshold_table(hist, step).T
    best = np.lexsort((thresholds, np.abs(thresholds - 0.5).round(6), -f1))[0]
    return float(thresholds[best])


def summary(hist: Histogram, threshold: float) -> dict[str, float | int | None]:
    """Counts, and metrics in [0, 1], at one threshold as in `confusion`; what is undefined is None, never 0.

    None are: precision tp/(tp+fp) if nothing is predicted change; recall tp/(tp+fn) and average_precision if
    nothing is change; f1 2tp/(2tp+fp+fn) and iou tp/(tp+fp+fn) if neither; roc_auc if there is one class
    only; accuracy (tp+tn)/all, base_rate (tp+fn)/all and ece if there is nothing at all.
    """
    c = confusion(hist, threshold)
    total = sum(c)
    return {
        "precision": _ratio(c.tp, c.tp + c.fp),
        "recall": _ratio(c.tp, c.tp + c.fn),
        "f1": _ratio(2 * c.tp, 2 * c.tp + c.fp + c.fn),
        "accuracy": _ratio(c.tp + c.tn, total),
        "iou": _ratio(c.tp, c.tp + c.fp + c.fn),
        "roc_auc": _roc_auc(hist),
        "average_precision": _average_precision(hist),
        "ece": _calibration_error(hist),
        "threshold": threshold,
        **c._asdict(),
        "base_rate": _ratio(c.tp + c.fn, total),
    }


def roc_points(hist: Histogram, n: int = 200) -> NDArray[np.float64]:
    """ROC curve (k, 2) of false and true positive rate from (0, 0) to (1, 1); empty if a class is missing.

    At most n points, evenly along the curve's length. Raises ValueError for n below 2. Source: Fawcett 2006.
    """
    fp, tp = _above(hist)
    if not (fp[-1] and tp[-1]):
        return np.empty((0, 2))
    return _thin(np.stack([fp / fp[-1], tp / tp[-1]], axis=1), n)


def pr_points(hist: Histogram, n: int = 200) -> NDArray[np.float64]:
    """Precision-recall curve (k, 2) of recall and precision by falling threshold; empty without change.

    From the first threshold that predicts any change to recall 1; at most n points as in `roc_points`.
    Precision is not linear between points (Davis & Goadrich 2006). Raises ValueError for n below 2.
    """
    fp, tp = _above(hist)
    if not tp[-1]:
        return np.empty((0, 2))
    seen = (fp + tp) > 0
    return _thin(np.stack([tp[seen] / tp[-1], tp[seen] / (tp + fp)[seen]], axis=1), n)


def reliability(hist: Histogram, bins: int = 15) -> NDArray[np.float64]:
    """Rows (k, 3) of mean probability, observed share of change and count, for the filled of `bins` bins.

    Probabilities stand for their histogram bin's centre, so the mean of what a row counts is off by at most
    5e-5; a histogram bin cut by an edge between rows counts in the row of its centre.
    """
    centres = (np.arange(BINS) + 0.5) / BINS
    group = np.minimum((centres * bins).astype(np.int64), bins - 1)
    count = np.bincount(group, weights=hist.sum(0), minlength=bins)
    mean = np.bincount(group, weights=hist.sum(0) * centres, minlength=bins)
    change = np.bincount(group, weights=hist[1], minlength=bins)
    filled = count > 0
    return np.stack([mean[filled] / count[filled], change[filled] / count[filled], count[filled]], axis=1)


def threshold_table(hist: Histogram, step: float = 0.05) -> NDArray[np.float64]:
    """Rows (k, 4) of threshold, precision, recall, F1 for step, 2 step, ... below 1; nan where undefined.

    step: in [1e-4, 1), ValueError otherwise; thresholds are rounded to multiples of 1e-4.
    """
    if not 1 / BINS <= step < 1:
        raise ValueError(f"step {step} between thresholds, expected {1 / BINS} or more and less than 1")
    edges = np.rint(np.arange(1, BINS) * step * BINS).astype(np.int64)
    edges = edges[edges < BINS]
    fp, tp = (above[BINS - edges] for above in _above(hist))
    change = hist[1].sum()
    with np.errstate(invalid="ignore"):
        return np.stack([edges / BINS, tp / (tp + fp), tp / change, 2 * tp / (tp + fp + change)], axis=1)


def _bins(probs: NDArray[np.floating]) -> NDArray[np.int64]:
    """The last bin whose lower edge, in the dtype of p, is not above p: a guess, then off by at most one."""
    edges = (np.arange(BINS + 1) / BINS).astype(np.result_type(probs, np.float32))
    probs = probs.astype(edges.dtype)
    guess = np.minimum((probs * BINS).astype(np.int64), BINS - 1)
    guess += probs >= edges[guess + 1]
    guess -= probs < edges[guess]
    return np.minimum(guess, BINS - 1)


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _above(hist: Histogram) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """False and true positives for falling thresholds: none, then bin by bin from the top."""
    fp, tp = (np.concatenate([[0], np.cumsum(row[::-1])]) for row in hist)
    return fp, tp


def _roc_auc(hist: Histogram) -> float | None:
    """P(change ranks above no change), ties in a bin half (Hanley & McNeil 1982).

    Off by at most half the share of (change, no change) pairs that share a bin.
    """
    fp, tp = (above.astype(np.float64) for above in _above(hist))
    return _ratio(float(np.trapezoid(tp, fp)), float(fp[-1] * tp[-1]))


def _average_precision(hist: Histogram) -> float | None:
    """Sum of precision times step in recall; lines between points would flatter (Davis & Goadrich 2006).

    Ties count together: with T change and F no change above a bin, a and c in it, at (T+a) / (T+a+F+c). Any
    order within the bin would count between (T+1) / (T+1+F+c) and (T+a) / (T+a+F) each.
    """
    fp, tp = _above(hist)
    precision = tp[1:] / np.maximum(tp[1:] + fp[1:], 1)
    return _ratio(float((precision * np.diff(tp)).sum()), float(tp[-1]))


def _calibration_error(hist: Histogram) -> float | None:
    """Sum over 15 equal bins of their share of pixels times |mean p - share of change| (Guo et al. 2017).

    Off by at most 5e-5 and twice the share of pixels in the ten histogram bins that are cut by an edge.
    """
    rows = reliability(hist)
    return _ratio(float((np.abs(rows[:, 0] - rows[:, 1]) * rows[:, 2]).sum()), float(rows[:, 2].sum()))


def _thin(points: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """At most n points, no neighbours equal, evenly spread along the curve's length, ends kept."""
    if n < 2:
        raise ValueError(f"{n} points of a curve, expected 2 or more")
    points = points[np.append(True, np.diff(points, axis=0).any(1))]
    along = np.append(0, np.abs(np.diff(points, axis=0)).sum(1).cumsum())
    kept = np.searchsorted(along, np.linspace(0, along[-1], n))
    kept[-1] = len(points) - 1
    return points[np.unique(kept)]
