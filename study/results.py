"""What a study found so far, kept in git as study/results/PLAN.json: on another machine it goes on from there."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from cdal.comparing import records
from cdal.comparing.experiments import Experiment
from cdal.tracking import processor, provenance, read, store
from study.plan import Job, Plan

FOLDER = Path("study/results")


def path(plan: Plan) -> Path:
    """Where the plan's experiments are kept."""
    return FOLDER / f"{plan.name}.json"


def known(plan: Plan) -> list[Experiment]:
    """Experiments that are kept already."""
    return records.read(path(plan)) if path(plan).is_file() else []


def finished(plan: Plan, jobs: Sequence[Job]) -> set[str]:
    """Names of those jobs that are kept, and were made with the code of the current commit and with their settings."""
    code = provenance.code(store.baseline())
    kept = {run.dvc: run for run in known(plan) if run.status == "FINISHED" and run.code == code}
    return {job.name for job in jobs if job.name in kept and _is_made_with(kept[job.name], job)}


def elsewhere(plan: Plan) -> list[str]:
    """Kinds of processors that kept experiments ran on, as far as they are known, but for this machine's."""
    return sorted({run.processor for run in known(plan)} - {"", processor.kind()})


def _is_made_with(run: Experiment, job: Job) -> bool:
    """Whether the run has what the job sets; a group of conf/ such as `preset` shows in other parameters."""
    wanted = dict(override.split("=", 1) for override in job.overrides)
    return all(yaml.safe_load(run.params.get(key, value)) == yaml.safe_load(value) for key, value in wanted.items())


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
