"""How good a model is: pixel and tile metrics on validation and test, with thresholds from validation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdal import metrics, tilewise
from cdal.batches import Masks, Normalisation, Pairs
from cdal.params import Split
from cdal.posterior import Posterior
from cdal.scoring import predictions


@dataclass(frozen=True)
class Outcome:
    """Predictions of one split, boiled down: histogram of pixels (2, BINS), tile scores (N,) and classes (N,)."""

    pixels: NDArray[np.int64]
    scores: NDArray[np.floating]
    classes: NDArray[np.uint8]

    @property
    def tiles(self) -> NDArray[np.int64]:
        """Histogram of tile scores (2, BINS); ambiguous tiles count for neither."""
        return metrics.histogram(self.scores, self.classes)


@dataclass(frozen=True)
class Evaluation:
    """thresholds: of pixels and tiles; metrics: what metrics.json holds; curves: points to draw."""

    thresholds: dict[str, float]
    metrics: dict[str, Any]
    curves: dict[str, Any]


def outcome(
    posterior: Posterior, images: Pairs, masks: Masks, rows: NDArray[np.int64], normalise: Normalisation, *,
    fractions: NDArray[np.floating], split: Split, batch: int,
) -> Outcome:  # fmt: skip
    """Predict the tiles in `rows` with the posterior's mean and hold them against their masks.

    fractions (N,): share of changed pixels of every tile in the store.
    """
    pixels = np.zeros((2, metrics.BINS), np.int64)
    scores = []
    for chunk, moments in predictions(posterior, images, rows, normalise, batch=batch):
        probs, labels = moments.mean, np.asarray(masks[chunk])
        pixels += metrics.histogram(probs, labels)
        scores.append(tilewise.tile_scores(probs, labels, change_above=split.change_above))
    classes = tilewise.tile_classes(
        fractions[rows], change_above=split.change_above, unchanged_below=split.unchanged_below
    )
    return Outcome(pixels, np.concatenate(scores), classes)


def evaluate(val: Outcome, test: Outcome, *, step: float) -> Evaluation:
    """Choose thresholds on validation (max F1, every `step`), measure both splits with them.

    Test chooses nothing (arXiv 2008.11201, section 4.2).
    """
    thresholds = {
        "pixel": metrics.best_threshold(val.pixels, step=step),
        "tile": metrics.best_threshold(val.tiles, step=step),
    }
    measured = {
        "threshold": thresholds,
        "val": _summaries(val, thresholds),
        "test": _summaries(test, thresholds),
        "effort": tilewise.effort(val.scores, val.classes, test.scores, test.classes),
    }
    return Evaluation(thresholds, measured, _curves(val, test, step))


def _summaries(found: Outcome, thresholds: dict[str, float]) -> dict[str, Any]:
    return {
        "pixel": metrics.summary(found.pixels, thresholds["pixel"]),
        "tile": metrics.summary(found.tiles, thresholds["tile"]),
    }


def _curves(val: Outcome, test: Outcome, step: float) -> dict[str, Any]:
    of = {"pixel": test.pixels, "tile": test.tiles}
    return {
        "roc": {name: _points(metrics.roc_points(hist)) for name, hist in of.items()},
        "pr": {name: _points(metrics.pr_points(hist)) for name, hist in of.items()},
        "reliability": {name: _points(metrics.reliability(hist)) for name, hist in of.items()},
        "thresholds": {
            "pixel": _points(metrics.threshold_table(val.pixels, step=step)),
            "tile": _points(metrics.threshold_table(val.tiles, step=step)),
        },
        "effort": _points(tilewise.effort_curve(test.scores, test.classes)),
    }


def _points(values: NDArray[np.floating]) -> list[list[float | None]]:
    return [[None if np.isnan(value) else round(float(value), 6) for value in row] for row in values]
