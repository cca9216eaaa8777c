"""The experiment as a whole in MLflow: a mirror of DVC outputs that can be made again at any time."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cdal.params import Params
from cdal.tracking import store
from cdal.tracking.runs import find_or_create_parent, log_artifact

PARTS = ("training", "scoring", "evaluation")


def mirror(
    params: Params,
    *,
    curve: Sequence[Mapping[str, str]],
    artifacts: Sequence[tuple[Path, str]],
    description: str,
) -> None:
    """Put the learning curve, files and a description on the parent, and end it. Doing it twice changes nothing.

    curve: rows of curve.csv as text; every numeric column becomes a metric whose step is the number of labelled
    tiles. artifacts: (file, folder in MLflow).
    """
    client = store.client()
    run = find_or_create_parent(params).info.run_id
    _log_curve(run, curve)
    logged = client.get_run(run).data.tags
    for path, folder in artifacts:
        tag = f"cdal.digest.{folder}.{path.name}".replace("..", ".")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if logged.get(tag) != digest:
            log_artifact(run, path, folder)
            client.set_tag(run, tag, digest)
    client.set_tag(run, "mlflow.note.content", description)
    if params.split.by == "random":
        client.set_tag(run, "cdal.leaky", "split.by is random: test tiles touch training tiles")
    client.set_terminated(run, "FINISHED")


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

    client, now = store.client(), int(time.time() * 1000)
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
    for start in range(0, len(points), 1000):
        client.log_batch(run, metrics=points[start : start + 1000])


def _receipt(params: Params) -> Path:
    return store.artifacts() / ".mirrored" / f"{store.experiment_key(params)}.json"


def _identity() -> int:
    """Tells a deleted and newly made database from the old one."""
    database = store.root() / "mlflow.db"
    return database.stat().st_ino if database.exists() else -1
