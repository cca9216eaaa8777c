"""The registered model: a version for each experiment, and the alias `best` for the best one by validation."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cdal.params import Params
from cdal.tracking import provenance, store
from cdal.tracking.models import log_model
from cdal.tracking.parent import find_or_create_parent

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

ALIAS = "best"
METRIC = "val_pixel_average_precision"
"""Tag of a version: what `best` is decided by. Validation, never test."""


def register(params: Params, last: Path, export: Callable[[Path], None]) -> str:
    """Register the last round's model as a version of `tracking.register`; what was done, in one line.

    last: the last round's folder, with metrics.json. export: writes SavedModels and model.json of the last round into
    a folder; called only when MLflow has no such model of this experiment yet. The alias `best` moves to the new
    version if its validation metric is above that of the best one, measured on the same tiles and split; twice
    changes nothing.
    """
    name = params.tracking.registered
    assert name is not None
    with store.reachable(), store.lock():
        value = json.loads((last / "metrics.json").read_text())["val"]["pixel"]["average_precision"]
        source = _logged(params, last.name) or _log(params, last.name, export)
        version = _version(name, source, params, value)
        return f"{name} version {version.version}: {_promote(name, version, value)}"


def _logged(params: Params, round: str) -> str | None:
    """Id of the newest logged model of this round of this experiment."""
    experiment = find_or_create_parent(params).info.experiment_id
    runs = store.client().search_runs([experiment], f"tags.`cdal.experiment` = '{store.experiment_key(params)}'")
    ids = {run.info.run_id for run in runs}
    found = store.client().search_logged_models(
        [experiment],
        filter_string=f"name = 'change_{round}'",
        order_by=[{"field_name": "creation_timestamp", "ascending": False}],
        max_results=1000,
    )
    return next(
        (str(model.model_id) for model in found if model.status == "READY" and model.source_run_id in ids), None
    )


def _log(params: Params, round: str, export: Callable[[Path], None]) -> str:
    parent = find_or_create_parent(params).info.run_id
    with tempfile.TemporaryDirectory() as scratch:
        export(Path(scratch))
        return log_model(parent, Path(scratch), f"change_{round}")


def _version(name: str, model: str, params: Params, value: float | None) -> "ModelVersion":
    from mlflow.exceptions import MlflowException

    client = store.client()
    try:
        client.create_registered_model(name, description=f"Models of cdal; alias `{ALIAS}` by {METRIC}.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    for version in client.search_model_versions(f"name = '{name}'"):
        if version.source == f"models:/{model}":
            return version
    tags = {
        **({} if value is None else {METRIC: repr(value)}),
        "cdal.experiment": store.experiment_key(params),
        **provenance.data(),
    }
    found = client.get_logged_model(model)
    parent = find_or_create_parent(params)
    return client.create_model_version(
        name, source=f"models:/{model}", run_id=found.source_run_id, tags=tags, model_id=model,
        description=f"{parent.info.run_name}, {found.name}",
    )  # fmt: skip


def _promote(name: str, version: "ModelVersion", value: float | None) -> str:
    client = store.client()
    current = client.get_registered_model(name).aliases.get(ALIAS)
    if value is None:
        return f"{METRIC} is undefined, so it can't be `{ALIAS}`"
    if current is not None and str(current) == str(version.version):
        return f"is `{ALIAS}` with {METRIC} {value:.4f}"
    if current is not None:
        best = client.get_model_version(name, str(current)).tags
        if any(best.get(key) != version.tags.get(key) for key in ("cdal.data", "cdal.split")):
            return f"version {current} is `{ALIAS}`, but on other tiles; register under another name, or set it by hand"
        if METRIC in best and float(best[METRIC]) >= value:
            return f"{METRIC} {value:.4f} does not beat `{ALIAS}`, version {current} with {float(best[METRIC]):.4f}"
    client.set_registered_model_alias(name, ALIAS, version.version)
    return f"is `{ALIAS}` now with {METRIC} {value:.4f}"
