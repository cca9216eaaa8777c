"""Experiments out of DVC alone: git's refs, params.yaml and dvc.lock of their commits, tables from DVC's cache."""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic import ValidationError

from cdal import curve, lock
from cdal.comparing import ledgers
from cdal.comparing.experiments import Experiment, frame
from cdal.errors import UserError
from cdal.params import Params
from cdal.tracking import log, parent, provenance

INDEX = "data/tiles/images/index.csv"


@dataclass(frozen=True)
class Entry:
    """An experiment of DVC: its name, the commit that holds it, and what became of it."""

    name: str
    commit: str
    status: str


def experiments(experiment: str, baseline: str, *, since: date | None) -> list[Experiment]:
    """DVC experiments that start from the commit `baseline`, newest first, also the queued, running and failed ones.

    experiment: their tracking.experiment. since: the day from which on they were made. Raises UserError if there is
    no such commit or no such experiment, or if results are not in DVC's cache.
    """
    start = _git("rev-parse", "--verify", "--quiet", f"{baseline}^{{commit}}").strip()
    if not start:
        raise UserError(f"{baseline} is no commit of this repository, expected one that experiments start from")
    found = []
    for entry in [*_finished(start), *_others(start)]:
        made = date.fromisoformat(_git("show", "-s", "--format=%cs", entry.commit).strip())
        settings = yaml.load(_git("show", f"{entry.commit}:./params.yaml"), lock.Loader)
        if settings["tracking"]["experiment"] == experiment and (since is None or made >= since):
            found.append(_experiment(entry, start, settings))
    if not found:
        raise UserError(
            f"no DVC experiment of commit {start[:12]} has tracking.experiment {experiment}"
            f"{f' and was made since {since}' if since else ''}; see `dvc exp list --all-commits`, and choose with "
            "--dvc COMMIT, --experiment or --since"
        )
    return found


def _finished(baseline: str) -> list[Entry]:
    """Experiments that DVC keeps as refs/exps/BA/SELINE/NAME."""
    place = f"refs/exps/{baseline[:2]}/{baseline[2:]}"
    lines = _git("for-each-ref", "--sort=-committerdate", "--format=%(refname) %(objectname)", place).splitlines()
    return [Entry(name.removeprefix(f"{place}/"), commit, "FINISHED") for name, commit in map(str.split, lines)]


def _others(baseline: str) -> Iterator[Entry]:
    """Experiments of the queue that left no result."""
    from dvc.repo import Repo

    with Repo() as repo:
        queue = repo.experiments.celery_queue
        failed = [done.entry for done in queue.iter_failed()]
        for status, entries in (("QUEUED", queue.iter_queued()), ("RUNNING", queue.iter_active()), ("FAILED", failed)):
            for entry in entries:
                if entry.baseline_rev == baseline:
                    yield Entry(entry.name or entry.stash_rev[:7], entry.stash_rev, status)


def _experiment(entry: Entry, baseline: str, settings: dict[str, Any]) -> Experiment:
    finished = entry.status == "FINISHED"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = _read(entry, f"rounds/{settings['last']}", folder) if finished else []
        return Experiment(
            name=_name(entry, settings),
            source=entry.name,
            dvc=entry.name,
            status=entry.status,
            params={key: str(value) for key, value in log.flatten(settings).items()},
            curve=frame(rows) if rows else pd.DataFrame(),
            acquired=ledgers.acquired(curve.read(folder / "labelled.csv")) if finished else None,
            data=provenance.tiles(folder / "dvc.lock") if finished else "",
            split=provenance.split(folder / "index.csv") if finished else "",
            code=_code(entry.commit, baseline) if finished else "",
            logged=tuple(key for key in (rows[0] if rows else ()) if key.startswith("test_")),
        )


def _read(entry: Entry, last: str, folder: Path) -> list[dict[str, str]]:
    """Put what a comparison needs into `folder`; rows of curve.csv."""
    from dvc.api import DVCFileSystem

    try:
        files = DVCFileSystem(rev=entry.commit)
        for path in ("dvc.lock", INDEX, f"{last}/curve.csv", f"{last}/labelled.csv"):
            files.get_file(path, str(folder / Path(path).name))
    except FileNotFoundError as error:
        raise UserError(
            f"{error.filename or error} of the experiment {entry.name} is not in DVC's cache; `dvc fetch` it, or "
            f"remove the experiment with `dvc exp remove {entry.name}`"
        ) from None
    return curve.read(folder / "curve.csv")


def _name(entry: Entry, settings: dict[str, Any]) -> str:
    """The name that MLflow shows too; DVC's for parameters of another version of the code."""
    try:
        return parent.name(Params.model_validate(settings))
    except ValidationError:
        return entry.name


def _code(commit: str, baseline: str) -> str:
    """Digests of the baseline's code, and of what the experiment changed in it."""
    changed = _git("diff", baseline, commit, "--", *provenance.CODE)
    digest = hashlib.sha256(changed.encode()).hexdigest()[:16] if changed else ""
    return " with changes ".join(filter(None, (provenance.code(baseline), digest)))


def _git(*command: str) -> str:
    return subprocess.run(["git", *command], capture_output=True, text=True, check=False, errors="replace").stdout
