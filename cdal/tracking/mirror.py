"""The experiment as a whole in MLflow: a mirror of DVC outputs that can be made again at any time."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cdal import digest, learning
from cdal.params import Params
from cdal.tracking import ceiling, datasets, log, note, provenance, store
from cdal.tracking.parent import find_or_create_parent, mark, mark_changes


def mirror(
    params: Params,
    *,
    curve: Sequence[Mapping[str, str]],
    artifacts: Sequence[tuple[Path, str]],
    description: str,
) -> str:
    """Put the learning curve, files, data set and a description on the parent, and end it; twice changes nothing.

    Returns one line that says which run it is.
    curve: rows of curve.csv as text; every numeric column becomes a metric whose step is the number of labelled
    tiles, and `learning.summary` adds single numbers. artifacts: (file, folder in MLflow). description: Markdown;
    the learning curve's picture and the command that reproduces the run are put below it.
    """
    with store.reachable():
        client = store.client()
        run = find_or_create_parent(params).info.run_id
        log.values(run, _news(run, learning.summary(curve)))  # first, for the run's page lists them in this order
        _log_curve(run, curve)
        _log_artifacts(run, artifacts)
        mark_changes(run, provenance.changes())
        datasets.log_input(run, params)
        mark(run, {"mlflow.note.content": note.text(run, params, description, artifacts), **provenance.data()})
        if params.split.by == "random":
            mark(run, {"cdal.leaky": "split.by is random: test tiles touch training tiles"})
        client.set_terminated(run, "FINISHED")
        parent = client.get_run(run)
        ceiling.log_labels_needed(parent)
        return f"MLflow run `{parent.info.run_name}` ({run}) at {store.uri()}"


def timings(params: Params) -> list[dict[str, Any]]:
    """Rows of stage, round, seconds and seconds of its parts, of this experiment's children, earliest first."""
    parent = find_or_create_parent(params)
    found = store.client().search_runs(
        [parent.info.experiment_id],
        f"tags.`mlflow.parentRunId` = '{parent.info.run_id}' and attributes.status = 'FINISHED'",
        order_by=["attributes.start_time ASC"],
    )
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for run in found:
        tags, metrics = run.data.tags, run.data.metrics
        name, round = tags["cdal.stage"], tags["cdal.round"]
        parts = {key.removeprefix("seconds/"): v for key, v in metrics.items() if key.startswith("seconds/")}
        latest[name, round] = {
            "stage": name,
            "round": round,
            "seconds": metrics.get("seconds", 0.0),
            "parts": parts,
        }
    return list(latest.values())


def mirrored(params: Params, digest: str) -> bool:
    """Whether this state of the experiment is in the default store already. Needs no MLflow."""
    if not store.is_local():
        return False
    try:
        receipt = json.loads(_receipt(params).read_text())
    except (OSError, ValueError):
        return False
    return bool(receipt == {"digest": digest, "store": _identity()})


def set_mirrored(params: Params, digest: str) -> None:
    """Leave word that this state is in the default store."""
    if store.is_local():
        path = _receipt(params)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"digest": digest, "store": _identity()}))


def _log_curve(run: str, curve: Sequence[Mapping[str, str]]) -> None:
    from mlflow.entities import Metric

    client, now = store.client(), log.milliseconds()
    known: dict[str, set[tuple[int, float]]] = {}
    points = []
    for row in curve:
        step = int(row["labelled"])
        for key, text in row.items():
            if key == "round" or text == "":
                continue
            if key not in known:
                known[key] = {(point.step, point.value) for point in client.get_metric_history(run, key)}
            if (step, float(text)) not in known[key]:
                points.append(Metric(key, float(text), now, step))
    log.points(run, points)


def _news(run: str, found: Mapping[str, float]) -> dict[str, float]:
    known = store.client().get_run(run).data.metrics
    return {key: value for key, value in found.items() if known.get(key) != value}


def _log_artifacts(run: str, artifacts: Sequence[tuple[Path, str]]) -> None:
    names = " ".join(f"{folder}/{path.name}" for path, folder in artifacts)
    state = {"cdal.artifacts": digest.of([path for path, _ in artifacts], names)[:16]}
    if store.client().get_run(run).data.tags.items() >= state.items():
        return
    for path, folder in artifacts:
        log.artifact(run, path, folder)
        if f"{folder}/{path.name}" == note.PICTURE:
            note.log_small(run, path)
    mark(run, state)


def _receipt(params: Params) -> Path:
    return store.artifacts() / ".mirrored" / f"{store.experiment_key(params)}.json"


def _identity() -> int:
    """Tells a deleted and newly made database from the old one."""
    database = store.root() / "mlflow.db"
    return database.stat().st_ino if database.exists() else -1
