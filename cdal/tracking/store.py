"""Where MLflow keeps things, and one creator at a time. MLflow itself is imported late: it takes seconds."""

import hashlib
import json
import logging
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from cdal.errors import UserError
from cdal.params import Params

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


def root() -> Path:
    """The main checkout, also from the temporary folder of a queue worker."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd())


@cache
def uri() -> str:
    """The tracking store: MLFLOW_TRACKING_URI, else mlflow.db in the main checkout.

    Asked once: MLflow sets the variable itself.
    """
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root() / 'mlflow.db'}"


def is_local() -> bool:
    """Whether the store is the default one in the main checkout."""
    return uri() == f"sqlite:///{root() / 'mlflow.db'}"


def is_server() -> bool:
    """Whether the store is a server, which has a user interface of its own."""
    return uri().startswith(("http://", "https://"))


def artifacts() -> Path:
    """Folder of the default store's artifacts."""
    return root() / "mlartifacts"


def experiment_key(params: Params) -> str:
    """16 hex digits that name an experiment: its parameters (but for tracking) and the commit it starts from."""
    resolved = params.model_dump(exclude={"tracking"})
    text = json.dumps([resolved, baseline()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def baseline() -> str:
    """The commit that the experiment starts from; empty outside a repository."""
    return os.environ.get("DVC_EXP_BASELINE_REV") or git("rev-parse", "HEAD")


def git(*command: str) -> str:
    """What git prints; empty if it fails or is not there."""
    try:
        found = subprocess.run(["git", *command], cwd=root(), capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


@cache
def client() -> "MlflowClient":
    """A client of the store, made once. Raises UserError when a server can't be reached."""
    import mlflow

    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    for name in ("alembic", "mlflow.store.db.utils", "mlflow.tracking", "mlflow.pyfunc", "mlflow.system_metrics"):
        logging.getLogger(name).setLevel(logging.WARNING)
    mlflow.set_tracking_uri(uri())
    made = mlflow.MlflowClient(uri())
    with lock(), reachable(), _impatient():
        made.search_experiments(max_results=1)
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")  # MLflow's own 7 take minutes
    return made


@contextmanager
def _impatient() -> Iterator[None]:
    """One short try: whether a server is there at all."""
    settings = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
    before = {key: os.environ.get(key) for key in settings}
    os.environ |= settings
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


@contextmanager
def reachable() -> Iterator[None]:
    """Turn a server that does not answer into one line."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if "Max retries" not in str(error) and "API request" not in str(error):
            raise
        raise UserError(
            f"no MLflow server answers at {uri()}; start it, or unset MLFLOW_TRACKING_URI to use {root() / 'mlflow.db'}"
        ) from None


def lock() -> FileLock:
    """Held by whoever creates the database, an experiment or a parent run: simultaneous first starts would crash."""
    if is_local():
        return FileLock(root() / "mlflow.db.lock", is_singleton=True)
    name = hashlib.sha256(uri().encode()).hexdigest()[:16]
    return FileLock(Path(tempfile.gettempdir()) / f"cdal-{name}.lock", is_singleton=True)


def experiment_id(name: str) -> str:
    """Id of the MLflow experiment called `name`, made if need be."""
    with lock():
        found = client().get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = None if is_server() else artifacts().resolve().as_uri()
        return str(client().create_experiment(name, artifact_location=location))


def find_parent(params: Params) -> "Run | None":
    """The parent run of these parameters, or None."""
    found = client().search_runs(
        [experiment_id(params.tracking.experiment)],
        f"tags.`cdal.experiment` = '{experiment_key(params)}' and tags.`cdal.kind` = 'parent'",
        max_results=1,
        order_by=["attributes.start_time ASC"],
    )
    return found[0] if found else None
