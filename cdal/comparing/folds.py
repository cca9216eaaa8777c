"""Cross-validation: full supervision on spatial folds, pooled as mean and standard deviation over folds."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdal.comparing import parameters
from cdal.comparing.experiments import Experiment, points
from cdal.comparing.selecting import Left, listed, parse
from cdal.errors import UserError

METRICS = (
    "test_pixel_average_precision", "test_pixel_roc_auc", "test_pixel_f1", "test_pixel_iou", "test_tile_f1",
)  # fmt: skip
FOLD = "split.fold"


@dataclass(frozen=True)
class Folds:
    """table: a row a fold (index), a column a metric; seeds of a fold averaged. folds: how many there should be.

    left: experiments that take no part, and why.
    """

    table: pd.DataFrame
    folds: int
    left: list[Left]

    @property
    def missing(self) -> list[int]:
        """Folds without a finished experiment."""
        return [fold for fold in range(self.folds) if fold not in self.table.index]

    @property
    def summary(self) -> pd.DataFrame:
        """Rows mean and sd (of a sample) over folds; nan where a fold has no value."""
        return pd.DataFrame({"mean": self.table.mean(skipna=False), "sd": self.table.std(ddof=1, skipna=False)}).T


def cross_validate(
    experiments: Iterable[Experiment], metrics: Sequence[str] = METRICS, where: Sequence[str] = ()
) -> Folds:
    """The test metrics of every fold.

    where: conditions on parameters. Raises UserError if there are fewer than two folds, if experiments differ in more
    than fold and seed, or if a metric was not logged.
    """
    chosen = [run for run in experiments if run.is_full and _folds(run) and _meets(run, where)]
    left = [Left(run, _unfinished(run)) for run in chosen if _unfinished(run)]
    runs = [run for run in chosen if not _unfinished(run)]
    if len({run.params[FOLD] for run in runs}) < 2:
        raise UserError(
            f"{len(runs)} finished experiments of full supervision on folds match, expected those of two folds or "
            "more; make them with `dvc exp run --queue -S preset=full -S split.folds=3 -S 'split.fold=0,1,2'`"
        )
    _check_alike(runs)
    unknown = [metric for metric in metrics if not any(metric in run.logged for run in runs)]
    if unknown:
        known = sorted({name for run in runs for name in run.logged})
        raise UserError(f"no experiment logged {unknown[0]}; they have {listed(known, 4)}; choose one with --metric")
    rows = [{"fold": int(run.params[FOLD])} | {metric: _last(run, metric) for metric in metrics} for run in runs]
    means = pd.DataFrame(rows).groupby("fold").mean(skipna=False)
    return Folds(means, int(_folds(runs[0])), left)


def lines(found: Folds) -> list[list[str]]:
    """Rows of text: each fold, then mean ± standard deviation."""
    mean, deviation = found.summary.loc["mean"], found.summary.loc["sd"]
    rows = [[str(fold), *(_text(value) for value in row)] for fold, row in zip(
        found.table.index, found.table.to_numpy(float), strict=True)]  # fmt: skip
    pooled = [
        f"{a:.3f} ± {b:.3f}" if np.isfinite(a) else _text(a)
        for a, b in zip(mean.to_numpy(float), deviation.to_numpy(float), strict=True)
    ]
    return [*rows, ["mean ± sd", *pooled]]


def _check_alike(runs: Sequence[Experiment]) -> None:
    other = {key: values for key, values in parameters.differing(runs).items() if key != FOLD}
    if other:
        key, values = next(iter(other.items()))
        raise UserError(
            f"experiments differ in {key} ({listed(values)}), expected only split.fold and seed to differ; "
            f"choose with --where {key}={values[0]}"
        )
    code = sorted({run.code for run in runs})
    if len(code) > 1:
        raise UserError(
            f"experiments differ in code version ({listed(code)}); choose one with --tag cdal.code=VALUE, --since "
            "or --dvc COMMIT"
        )


def _meets(run: Experiment, where: Sequence[str]) -> bool:
    return all(run.params.get(key) in values for key, values in map(parse, where))


def _folds(run: Experiment) -> str:
    """split.folds; empty without cross-validation."""
    return run.params.get("split.folds", "").replace("None", "")


def _unfinished(run: Experiment) -> str:
    return "" if run.status == "FINISHED" else run.status.lower()


def _last(run: Experiment, metric: str) -> float:
    values = points(run, metric, "labelled").y
    return float(values[-1]) if values.size else math.nan


def _text(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "–"
