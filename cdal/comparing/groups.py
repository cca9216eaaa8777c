"""Groups of experiments that differ by seed alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from cdal.comparing import parameters, standing
from cdal.comparing.experiments import Experiment
from cdal.comparing.selecting import Left, listed
from cdal.errors import UserError


@dataclass(frozen=True)
class Group:
    """Experiments by seed, in rising order of seeds."""

    label: str
    runs: dict[int, Experiment]


def group(runs: Sequence[Experiment], by: Sequence[str], *, force: bool) -> tuple[list[Group], list[Left], list[str]]:
    """Groups (Random first, then by name), repeated runs that were left out, and notes for the reader.

    by: parameters. Of equal runs with one seed the first counts: in the order given, newest first. Raises UserError
    for an unknown parameter, for one group only, and, unless forced, where runs of a group differ in more than seed.
    """
    _check_known(runs, by)
    told = parameters.telling(runs, by)
    usual = parameters.usual(runs, told)
    members: dict[str, list[Experiment]] = {}
    for run in runs:
        members.setdefault(parameters.label(run.params, told, usual), []).append(run)
    if len(members) == 1:
        raise UserError(_one_group(next(iter(members)), runs, by))
    groups, repeated, notes = [], [], []
    for label in sorted(members, key=lambda name: (not name.startswith("Random"), name)):
        found, more = _distinct(members[label])
        notes += _check_alike(label, found, force=force)
        chosen: dict[int, Experiment] = {}
        for run in found:
            if run.seed in chosen:
                repeated.append(Left(run, f"seed {run.seed} is in {label} already"))
            else:
                chosen[run.seed] = run
        groups.append(Group(label, dict(sorted(chosen.items()))))
        repeated += more
    return groups, repeated, notes + _told(usual) + _confounded(groups, by)


def _told(usual: dict[str, str]) -> list[str]:
    values = " and ".join(f"{key} is {value}" for key, value in usual.items())
    return [f"Where a group's name does not say otherwise, {values}."] if usual else []


def _check_known(runs: Sequence[Experiment], by: Sequence[str]) -> None:
    for key in by:
        if not any(key in run.params for run in runs):
            raise UserError(f"no run has the parameter {key}; see `python -m cdal compare --help` and params.yaml")


def _one_group(label: str, runs: Sequence[Experiment], by: Sequence[str]) -> str:
    other = [key for key in parameters.differing(runs) if key not in by]
    advice = f"--by {other[0]} would part them" if other else "run another method, or select more with --experiment"
    return f"one group only: {len(runs)} runs are all {label}, expected two groups or more; {advice}"


def _distinct(runs: Sequence[Experiment]) -> tuple[list[Experiment], list[Left]]:
    """Runs that differ, and repetitions: equal in seed, effective parameters, data and code."""
    found: dict[tuple[object, ...], Experiment] = {}
    repeated = []
    for run in runs:
        params = parameters.effective(run.params)
        identity = (run.seed, *sorted(params.items()), run.data, run.split, run.code)
        if identity in found and len(run.curve) > len(found[identity].curve):
            found[identity], run = run, found[identity]
        if found.setdefault(identity, run) is not run:
            repeated.append(Left(run, f"repeats {found[identity].title}"))
    return list(found.values()), repeated


def _check_alike(label: str, runs: Sequence[Experiment], *, force: bool) -> list[str]:
    other = parameters.differing(runs)
    if not other:
        return []
    key, values = next(iter(other.items()))
    more = f" (and in {listed(list(other)[1:])})" if len(other) > 1 else ""
    found = f"runs of the group {label} differ in {key}: {listed(values)}{more}"
    if not force:
        raise UserError(f"{found}; part them with --by, choose with --where {key}={values[0]}, or --force")
    return [f"Pooled by force: {found}."]


def _confounded(groups: Sequence[Group], by: Sequence[str]) -> list[str]:
    runs = [run for group in groups for run in group.runs.values()]
    other = {
        key: values
        for key, values in parameters.differing(runs).items()
        if key not in by and not key.startswith(standing.SECTIONS)
    }
    if not other:
        return []
    found = "; ".join(f"{key} ({', '.join(values)})" for key, values in other.items())
    return [f"The groups also differ in {found}: a difference between them may come from that."]
