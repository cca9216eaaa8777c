"""Which experiments take part: conditions on parameters, finished or not, the fully supervised apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cdal.comparing.experiments import Experiment, points
from cdal.errors import UserError

STATUS = {"RUNNING": "running, or stopped before its report"}
"""What to call a status: whoever starts an experiment does not learn that it was stopped."""

FALLING = "_ece"
"""How metrics end that are better when lower: learning curves, levels and verdicts are of such that rise."""


@dataclass(frozen=True)
class Left:
    """An experiment that takes no part, and why."""

    experiment: Experiment
    why: str


def parse(condition: str) -> tuple[str, list[str]]:
    """`al.batch=32` or `al.batch=16,32` as key and values. Raises UserError without `=`."""
    key, equals, values = condition.partition("=")
    if not equals or not key or not values:
        raise UserError(f"found the condition {condition!r}, expected KEY=VALUE such as al.batch=32")
    return key.strip(), [values.strip(), *(value.strip() for value in values.split(","))]


def where(experiments: Sequence[Experiment], conditions: Iterable[str]) -> list[Experiment]:
    """Those that meet all conditions; fully supervised runs are exempt from conditions on al.*, train.* and the seed.

    Raises UserError, with the values that there are, if no other run meets a condition.
    """
    left = list(experiments)
    for condition in conditions:
        key, values = parse(condition)
        exempt = key.startswith(("al.", "train.")) or key == "seed"
        known = {run.params[key] for run in left if key in run.params and not (exempt and run.is_full)}
        left = [run for run in left if (exempt and run.is_full) or run.params.get(key) in values]
        if not any(not run.is_full for run in left):
            there = f"{key} is {' or '.join(sorted(known))} there" if known else f"they have no parameter {key}"
            raise UserError(f"no run meets --where {condition}: {there}; change the condition")
    return left


def full(experiments: Sequence[Experiment], conditions: Iterable[str]) -> list[Experiment]:
    """All experiments but the fully supervised ones that do not meet all conditions.

    Raises UserError, with the values that there are, if no fully supervised run meets a condition.
    """
    left = list(experiments)
    for condition in conditions:
        key, values = parse(condition)
        known = {run.params.get(key, "unknown") for run in left if run.is_full}
        left = [run for run in left if not run.is_full or run.params.get(key) in values]
        if not any(run.is_full for run in left):
            there = f"{key} is {' or '.join(sorted(known))} there" if known else "there is none"
            raise UserError(f"no fully supervised run meets --full {condition}: {there}; change the condition")
    return left


def take(experiments: Iterable[Experiment], metric: str, axis: str) -> tuple[list[Experiment], list[Left]]:
    """Experiments that can be compared by `metric`, and those that can't, with the reason.

    Raises UserError if the metric falls as a model gets better or was logged by none of the finished ones, or the axis
    not by all of them.
    """
    if metric.endswith(FALLING):
        raise UserError(f"{metric} falls as a model gets better, expected one that rises; choose one with --metric")
    taken, left = [], []
    for run in experiments:
        why = _why_not(run, metric)
        if why:
            left.append(Left(run, why))
        else:
            taken.append(run)
    if not taken and left:
        raise UserError(_nothing(left, metric))
    without = [run.title for run in taken if points(run, axis, axis).x.size == 0]
    if without:
        raise UserError(
            f"{listed(without)} did not log {axis!r}, the others did: label axes can't be mixed; use --axis labelled"
        )
    return taken, left


def sizes_agree(experiments: Sequence[Experiment]) -> None:
    """Raise UserError if tiles differ in size: a label then is not the same work."""
    sizes: dict[str, list[str]] = {}
    for run in experiments:
        sizes.setdefault(run.params.get("data.tile", ""), []).append(run.title)
    if len(sizes) > 1:
        found = "; ".join(f"{size or 'unknown'} px: {listed(names)}" for size, names in sorted(sizes.items()))
        raise UserError(
            f"label axes are mixed, tiles differ in size ({found}); choose one size with --where data.tile=N"
        )


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def metrics_of(experiments: Iterable[Experiment]) -> list[str]:
    """Test metrics that some experiment has and that can be compared."""
    return sorted({name for run in experiments for name in run.logged if not name.endswith(FALLING)})


def _why_not(run: Experiment, metric: str) -> str:
    rounds = points(run, metric, "labelled").x.size
    if run.status != "FINISHED":
        return f"{STATUS.get(run.status, run.status.lower())}, {rounds} of {int(_iterations(run.params)) + 1} rounds"
    if rounds == 0:
        return f"{metric} was not logged"
    if rounds == 1 and not run.is_full:
        return "one round only, which makes no curve"
    return ""


def _iterations(params: Mapping[str, str]) -> str:
    return params.get("al.iterations", "0")


def _nothing(left: Sequence[Left], metric: str) -> str:
    finished = [entry.experiment for entry in left if entry.experiment.status == "FINISHED"]
    known = metrics_of(finished)
    if finished and metric not in known:
        there = f"they have {listed(known, 4)}" if known else "they have no test metric"
        return f"none of {len(finished)} finished runs logged {metric}; {there}; choose one with --metric"
    reasons = listed([f"{entry.experiment.title}: {entry.why}" for entry in left])
    return f"none of {len(left)} runs can be compared ({reasons}); finish them with `dvc repro` or `dvc queue start`"
