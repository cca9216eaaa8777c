"""A real MLflow server gives what the embedded store gives; one that is gone is one line, within seconds."""

import socket
from pathlib import Path
from typing import Any

import pytest

from cdal import tracking
from cdal.errors import UserError
from cdal.tracking import store
from tests import sweep
from tests.servers import mlflow_server

OWN = ("mlflow.note.content",)
"""Tags that name the run itself."""


def forget() -> None:
    store.uri.cache_clear()
    store.client.cache_clear()


def log_all(folder: Path) -> dict[str, Any]:
    """Log a stage and mirror an experiment; all that the store then knows, but for ids and times."""
    settings = sweep.settings("MCBN", 3)
    with tracking.stage(settings, "retrain", round="r01") as child:
        child.metrics({"tiles": 3.0})
        child.history({"loss_member_0": [2.0, 1.0]})
    parent = sweep.mirror(settings, sweep.rows("MCBN", 3), folder)
    sweep.mirror(settings, sweep.rows("MCBN", 3), folder)
    found: dict[str, Any] = {}
    for name, run in (("parent", parent), ("child", child.run)):
        logged = store.client().get_run(run)
        tags = {key: value for key, value in logged.data.tags.items() if key not in OWN and "parentRunId" not in key}
        histories = {
            key: [(point.step, point.value) for point in store.client().get_metric_history(run, key)]
            for key in logged.data.metrics
            if not key.startswith(("seconds", "system"))
        }
        found[name] = (logged.info.run_name, logged.info.status, tags, logged.data.params, histories, files(run))
    return found


def files(run: str, folder: str | None = None) -> dict[str, bytes]:
    """Contents of the run's artifacts by path."""
    found = {}
    for file in store.client().list_artifacts(run, folder):
        if file.is_dir:
            found |= files(run, file.path)
        else:
            found[file.path] = Path(store.client().download_artifacts(run, file.path)).read_bytes()
    return found


@pytest.mark.slow
def test_a_server_gives_what_the_embedded_store_gives_and_its_end_is_one_line(
    own_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = log_all(own_store / "work")
    with mlflow_server(f"sqlite:///{own_store / 'served.db'}", own_store) as address:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        forget()
        served = log_all(own_store / "work")
        views = tracking.views(sweep.settings("MCBN", 3), address)
        stage = tracking.stage(sweep.settings("MCBN", 3), "score", round="r01")
        stage.__enter__()
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    with pytest.raises(UserError, match="no MLflow server answers"):
        stage.__exit__(None, None, None)
    assert served == embedded
    assert len(embedded["parent"][5]) >= 7 and "report.html" in embedded["parent"][5]
    assert all(view.startswith(f"{address}/#/experiments/1/runs?") for view in views.values())


def test_a_server_that_hangs_is_one_line(own_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        forget()
        with pytest.raises(UserError, match=r"no MLflow server answers at http://127\.0\.0\.1:\d+; start it, or unset"):
            tracking.mirror(sweep.settings("MCBN", 3), curve=[], artifacts=[], description="")
