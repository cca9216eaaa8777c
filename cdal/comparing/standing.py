"""Whether experiments stand on the same data, split and code: only then does a difference mean the method."""

from collections.abc import Sequence

from cdal.comparing import parameters
from cdal.comparing.experiments import Experiment
from cdal.comparing.selecting import listed
from cdal.errors import UserError

SECTIONS = ("data.", "simulate.", "split.")
CHOOSE = {"data digest": "--tag cdal.data=", "split digest": "--tag cdal.split=", "code version": "--tag cdal.code="}
"""How to choose the MLflow runs of one of them."""


def check(runs: Sequence[Experiment], *, force: bool) -> list[str]:
    """Notes for the reader on what differs or is unknown. Raises UserError naming the runs, unless forced."""
    notes = []
    for what, values in _standing(runs).items():
        found: dict[str, list[str]] = {}
        for run, value in zip(runs, values, strict=True):
            found.setdefault(value, []).append(run.title)
        unknown = found.pop("", [])
        if len(found) > 1:
            parts = "; ".join(f"{value}: {listed(names)}" for value, names in sorted(found.items()))
            if not force:
                choose = CHOOSE.get(what, f"--where {what.removeprefix('the parameter ')}=")
                raise UserError(f"runs differ in {what} ({parts}); choose one with {choose}VALUE, or add --force")
            notes.append(f"Compared by force although runs differ in {what} ({parts}).")
        if unknown and found:
            notes.append(f"The {what} of {len(unknown)} of {len(runs)} runs is not known: {listed(unknown)}.")
    return notes


def _standing(runs: Sequence[Experiment]) -> dict[str, list[str]]:
    """What each run stands on, in order; parameters only where they are not the same anyway."""
    differing = [key for key in parameters.differing(runs) if key.startswith(SECTIONS)]
    return {
        **{f"the parameter {key}": [run.params.get(key, "") for run in runs] for key in differing},
        "data digest": [run.data for run in runs],
        "split digest": [run.split for run in runs],
        "code version": [run.code for run in runs],
    }
