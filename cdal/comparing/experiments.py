"""One experiment as a comparison sees it, wherever it was read from."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

AXES = {"labelled": "labelled tiles", "spent": "labelled and validation tiles"}
"""Label axes and what they count."""
BESIDE = (
    "labelled", "spent", "acquired_tiles", "acquired_change_tiles", "pool_tiles", "pool_change_tiles",
    "review_80", "review_90", "review_95", "seconds",
)  # fmt: skip
"""Columns of the learning curve that a comparison reads beside its metrics."""


@dataclass(frozen=True)
class Experiment:
    """name: as in MLflow, such as `MCBN-BALD seed 3`. source: id of the MLflow run or name of the DVC experiment. dvc:
    that name, also of an MLflow run; empty where unknown.

    status: FINISHED, or what else became of it. params: flattened, as text. curve: a row a measured round, in rising
    order of labels, with the columns of BESIDE and metrics; nan where undefined. acquired: tile ids by round, None
    where they are not known. data, split, code: what it stands on, empty where unknown. logged: test metrics that
    there are, also those that were not read. processor: the kind that it began on, empty where unknown.
    """

    name: str
    source: str
    status: str
    params: Mapping[str, str]
    curve: pd.DataFrame
    acquired: Mapping[str, frozenset[str]] | None = field(default=None, repr=False)
    data: str = ""
    split: str = ""
    code: str = ""
    logged: tuple[str, ...] = ()
    dvc: str = ""
    processor: str = ""

    @property
    def seed(self) -> int:
        """The experiment's seed."""
        return int(self.params["seed"])

    @property
    def is_full(self) -> bool:
        """Whether the whole pool was labelled from the start: a level to compare with, not a method."""
        return self.params.get("al.initial") == "all"

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.name} ({self.source[:12]})"


@dataclass(frozen=True)
class Points:
    """A measured curve: x (rounds,) labels, rising; y (rounds,) a metric. Both finite."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def span(self) -> tuple[float, float]:
        """First and last measured number of labels."""
        return float(self.x[0]), float(self.x[-1])

    def at(self, x: float) -> float:
        """The value at x by linear interpolation. Raises ValueError outside of what was measured."""
        low, high = self.span
        if not low <= x <= high:
            raise ValueError(f"{x} labels are outside of the measured {low} to {high}")
        return float(np.interp(x, self.x, self.y))


def points(experiment: Experiment, column: str, axis: str) -> Points:
    """Column against axis over the rounds where both are defined; empty if there is none."""
    if column not in experiment.curve or axis not in experiment.curve:
        return Points(np.empty(0), np.empty(0))
    x, y = (experiment.curve[name].to_numpy(float) for name in (axis, column))
    defined = ~(np.isnan(x) | np.isnan(y))
    return Points(x[defined], y[defined])


def frame(rows: Iterable[Mapping[str, str | float]]) -> pd.DataFrame:
    """Rows of a curve.csv as numbers, in rising order of labels; empty fields become nan."""
    numbers = [{key: _number(value) for key, value in row.items() if key != "round"} for row in rows]
    table = pd.DataFrame(numbers, dtype=float)
    return table if table.empty else table.sort_values("labelled", ignore_index=True)


def _number(value: str | float | None) -> float:
    return math.nan if value is None or value == "" else float(value)
