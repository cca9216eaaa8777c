"""Finished and unfinished experiments out of MLflow, with one query for all runs and one for each metric."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from cdal.comparing import ledgers
from cdal.comparing.experiments import BESIDE, Experiment, frame
from cdal.errors import UserError
from cdal.tracking import provenance, store

if TYPE_CHECKING:
    from mlflow.entities import Run

LEDGER = "data/labelled.csv"
"""Artifact of a parent that holds which tile was acquired in which round."""
MOST_POINTS, MOST_RUNS = 25_000, 100
"""What one bulk query of MLflow gives and takes."""
BULK = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"

Histories = dict[str, dict[int, dict[str, float]]]
"""run id -> step -> metric -> value"""


def experiments(name: str, *, tags: Mapping[str, str], since: date | None, metrics: Sequence[str]) -> list[Experiment]:
    """Parents of an MLflow experiment, newest first, with their learning curves in the given metrics.

    tags: that they must have. since: the day from which on they were started. Raises UserError if there is no such
    experiment or no such parent, or no server answers.
    """
    with store.reachable():
        runs = _parents(name, tags, since)
        columns = [key for key in dict.fromkeys((*metrics, *BESIDE)) if any(key in run.data.metrics for run in runs)]
        histories = _histories(runs, columns)
        with ThreadPoolExecutor(8) as pool:
            ledgers = list(pool.map(_acquired, runs))
    return [
        _experiment(run, histories.get(run.info.run_id, {}), acquired)
        for run, acquired in zip(runs, ledgers, strict=True)
    ]


def _parents(name: str, tags: Mapping[str, str], since: date | None) -> list["Run"]:
    if store.is_local() and not (store.root() / "mlflow.db").exists():
        raise UserError(
            f"{store.root() / 'mlflow.db'} not found, expected the store of your experiments; run in the project's "
            "root, set MLFLOW_TRACKING_URI, or read DVC experiments with --dvc"
        )
    client = store.client()
    found = client.get_experiment_by_name(name)
    if found is None:
        known = ", ".join(sorted(experiment.name for experiment in client.search_experiments()))
        raise UserError(f"{store.uri()} has no MLflow experiment {name!r}, only {known}; choose one with --experiment")
    wanted = [f"tags.`{key}` = '{value}'" for key, value in ({"cdal.kind": "parent"} | dict(tags)).items()]
    if since is not None:
        start = datetime.combine(since, datetime.min.time()).timestamp()
        wanted.append(f"attributes.start_time >= {int(1000 * start)}")
    runs: list[Run] = []
    token = None
    while True:
        page = client.search_runs([found.experiment_id], " and ".join(wanted), max_results=1000, page_token=token)
        runs += page
        token = page.token
        if not token:
            break
    if not runs:
        raise UserError(
            f"no parent run of the MLflow experiment {name!r} matches {' and '.join(wanted)}; "
            "run experiments first, or change --experiment, --tag or --since"
        )
    return runs


def _histories(runs: Sequence["Run"], metrics: Iterable[str]) -> Histories:
    rounds = 1 + max(int(run.data.params.get("al.iterations", "0")) for run in runs)
    ids = [run.info.run_id for run in runs]
    size = max(1, min(MOST_RUNS, MOST_POINTS // (2 * rounds)))  # twice: a mirrored value may have been logged again
    found: Histories = {}
    for metric in metrics:
        for start in range(0, len(ids), size):
            for run, step, value in _bulk(ids[start : start + size], metric):
                found.setdefault(run, {}).setdefault(step, {})[metric] = value
    return found


def _bulk(runs: list[str], metric: str) -> list[tuple[str, int, float]]:
    """(run, step, value) of all points of a metric in all the runs, oldest first: one query.

    MlflowClient asks for one run and one metric at a time; the store itself, and the server for its own pages, have
    this.
    """
    tracking: Any = store.client()._tracking_client.store
    if hasattr(tracking, "get_metric_history_bulk"):
        points = [point.to_dict() for point in tracking.get_metric_history_bulk(runs, metric, MOST_POINTS)]
    else:
        from mlflow.utils.rest_utils import http_request, verify_rest_response

        asked = {"run_id": runs, "metric_key": metric, "max_results": MOST_POINTS}
        answer = http_request(tracking.get_host_creds(), BULK, "GET", params=asked)
        points = verify_rest_response(answer, BULK).json()["metrics"]
    return [(point["run_id"], int(point["step"]), float(point["value"])) for point in points]


def _acquired(run: "Run") -> dict[str, frozenset[str]] | None:
    """Tiles acquired in each round, from the run's ledger; None if it has none."""
    text = _artifact(run, LEDGER)
    if text is None:
        return None
    return ledgers.acquired(csv.DictReader(io.StringIO(text)))


def _artifact(run: "Run", name: str) -> str | None:
    """Text of an artifact, read where it lies if that is this machine; None if there is none."""
    import mlflow.artifacts
    from mlflow.exceptions import MlflowException

    place = urlparse(run.info.artifact_uri)
    if place.scheme in ("", "file"):
        path = Path(unquote(place.path)) / name
        return path.read_text() if path.is_file() else None
    try:
        return str(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/{name}"))
    except (MlflowException, OSError):
        return None


def _experiment(run: "Run", curve: Mapping[int, Mapping[str, float]], acquired: Any) -> Experiment:
    tags = run.data.tags
    commit = tags.get("git.commit", "")
    version = tags.get("cdal.code") or provenance.code(commit) or commit[:16]
    code = " with changes ".join(filter(None, (version, tags.get("git.diff", ""))))
    return Experiment(
        name=run.info.run_name,
        source=run.info.run_id,
        status=run.info.status,
        params=run.data.params,
        curve=frame({**row, "labelled": step} for step, row in curve.items()),
        acquired=acquired,
        data=tags.get("cdal.data", ""),
        split=tags.get("cdal.split", ""),
        code=code,
        logged=tuple(key for key in run.data.metrics if key.startswith("test_")),
        dvc=tags.get("dvc.exp_name", ""),
        processor=tags.get("cdal.processor", ""),
    )
