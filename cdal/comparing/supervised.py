"""Full supervision: the level that labels needed are measured by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cdal.comparing import parameters, standing
from cdal.comparing.experiments import Experiment, points
from cdal.comparing.selecting import Left
from cdal.errors import UserError

OWN = ("al.", "train.steps")
"""Sections and parameters in which full supervision may be other than the compared runs: it acquires nothing, and is
trained to convergence."""


@dataclass(frozen=True)
class Full:
    """Full supervision: its level (mean over seeds of the metric), its labels, and from which seeds."""

    level: float
    labels: float
    seeds: tuple[int, ...]


def level(
    runs: Sequence[Experiment], metric: str, axis: str, *, force: bool
) -> tuple[list[Experiment], Full | None, list[Left], list[str]]:
    """The runs to compare, full supervision of the same network if there is any, those left out, and notes.

    Raises UserError if all runs are fully supervised, or, unless forced, if those differ in more than the seed.
    """
    compared = [run for run in runs if not run.is_full]
    if not compared:
        raise UserError(f"all {len(runs)} runs are fully supervised; add runs of two methods to compare with them")
    other = [run for run in runs if run.is_full and _has_another_network(run, compared)]
    left = [Left(run, "full supervision of another network than the compared runs have") for run in other]
    taken = [run for run in runs if run.is_full and run not in other]
    full: dict[int, Experiment] = {}
    for run in taken:
        if full.setdefault(run.seed, run) is not run:
            left.append(Left(run, f"full supervision of seed {run.seed} is there already"))
    notes = _check_alike(taken, force=force) + _beside(taken, compared)
    ends = [points(run, metric, axis) for run in full.values()]
    if not ends:
        return compared, None, left, notes
    height, labels = (float(np.mean(values)) for values in zip(*((end.y[-1], end.x[-1]) for end in ends), strict=True))
    return compared, Full(height, labels, tuple(sorted(full))), left, notes


def _has_another_network(run: Experiment, compared: Sequence[Experiment]) -> bool:
    return any(key.startswith("model.") for key in _unlike(run, compared))


def _unlike(run: Experiment, compared: Sequence[Experiment]) -> dict[str, str]:
    """Parameters, with their values, that none or not all of the compared runs have as this one does."""
    params = parameters.effective(run.params)
    return {key: value for key, value in params.items() if any(one.params.get(key, value) != value for one in compared)}


def _check_alike(full: Sequence[Experiment], *, force: bool) -> list[str]:
    other = {key: values for key, values in parameters.differing(full).items() if not key.startswith("al.")}
    if not other:
        return []
    key, values = next(iter(other.items()))
    found = f"fully supervised runs differ in {key}: {', '.join(values)}"
    if not force:
        raise UserError(f"{found}; choose some of them with --full {key}={values[0]}, or add --force")
    return [f"Pooled by force: {found}."]


def _beside(full: Sequence[Experiment], compared: Sequence[Experiment]) -> list[str]:
    """What makes the level another thing than the compared runs with all labels; standing has data and split."""
    without = (*OWN, *standing.SECTIONS)
    found = {
        f"{key} ({value})"
        for run in full
        for key, value in _unlike(run, compared).items()
        if not key.startswith(without)
    }
    return [f"Full supervision differs from the compared runs in {', '.join(sorted(found))}."] if found else []
