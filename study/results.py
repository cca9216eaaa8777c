"""What a study found so far, kept in git as study/results/PLAN.json: on another machine it goes on from there."""

from pathlib import Path

from cdal.comparing import records
from cdal.comparing.experiments import Experiment
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
    """Add what MLflow has of the plan to what is kept. Raises UserError if there is neither, or no server answers."""
    kept = known(plan)
    if kept and not _is_tracked(plan):
        return
    new = read.experiments(plan.experiment, tags={}, since=None, metrics=records.METRICS)
    records.write(path(plan), records.merge(kept, new))


def _is_tracked(plan: Plan) -> bool:
    """Whether the plan was ever run against this MLflow store; asking makes none."""
    if store.is_local() and not (store.root() / "mlflow.db").exists():
        return False
    with store.reachable():
        return store.client().get_experiment_by_name(plan.experiment) is not None
