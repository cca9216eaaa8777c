"""What a study found so far, kept in git as study/results/PLAN.json: on another machine it goes on from there."""

from pathlib import Path

from cdal.comparing import records
from cdal.comparing.experiments import Experiment
from cdal.errors import UserError
from cdal.tracking import provenance, read, store
from study.plan import Plan

FOLDER = Path("study/results")


def path(plan: Plan) -> Path:
    """Where the plan's experiments are kept."""
    return FOLDER / f"{plan.name}.json"


def known(plan: Plan) -> list[Experiment]:
    """Experiments that are kept already."""
    return records.read(path(plan)) if path(plan).is_file() else []


def finished(plan: Plan) -> set[str]:
    """Names of the experiments that are kept, and were made with the code of the current commit."""
    code = provenance.code(store.baseline())
    return {run.dvc for run in known(plan) if run.status == "FINISHED" and run.code == code}


def update(plan: Plan) -> None:
    """Add what MLflow has of the plan to what is kept. Raises UserError if there is neither."""
    kept = known(plan)
    try:
        new = read.experiments(plan.experiment, tags={}, since=None, metrics=records.METRICS)
    except UserError:
        if not kept:
            raise
        return
    records.write(path(plan), records.merge(kept, new))
