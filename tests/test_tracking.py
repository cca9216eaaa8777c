"""MLflow as the mirror of an experiment, on real stores."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdal import params, tracking
from cdal.errors import UserError
from cdal.params import Params
from cdal.tracking import runs, store

ROOT = Path(__file__).parent.parent
CURVE = [
    {"round": "r00", "labelled": "8", "test_pixel_f1": "0.25", "test_tile_f1": ""},
    {"round": "r01", "labelled": "12", "test_pixel_f1": "0.5", "test_tile_f1": "0.75"},
]


@pytest.fixture(autouse=True)
def local(own_store: Path) -> Path:
    """A store of this test's own."""
    return own_store


@pytest.fixture(scope="module")
def settings() -> Params:
    return params.load(ROOT / "params.yaml")


def test_a_stage_is_a_child_of_the_experiment(settings: Params) -> None:
    with tracking.stage(settings, "score", round="r01") as run:
        with run.timed("scoring"):
            time.sleep(0.01)
        run.metrics({"tiles": 3.0, "undefined": None, "nan": float("nan")})
        run.history({"loss": [2.0, 1.0]})
    child = store.client().get_run(run.run)
    parent = store.client().get_run(run.parent)
    assert child.info.status == "FINISHED" and child.info.run_name == "score r01"
    assert child.data.tags["mlflow.parentRunId"] == run.parent
    assert child.data.params["al.method"] == "Ensemble" and child.data.params["round"] == "r01"
    assert child.data.metrics["tiles"] == 3 and "undefined" not in child.data.metrics
    assert child.data.metrics["seconds/scoring"] >= 0.01
    assert parent.info.run_name == "Ensemble-Variance seed 1"
    assert parent.data.params["train.failsafe.tries"] == "10"


def test_a_failed_stage_says_so_and_the_error_passes(settings: Params) -> None:
    with pytest.raises(UserError, match="no tiles"), tracking.stage(settings, "prepare") as run:
        raise UserError("no tiles")
    child = store.client().get_run(run.run)
    assert (child.info.status, child.data.tags["cdal.error"]) == ("FAILED", "no tiles")


def test_an_interrupted_stage_is_killed(settings: Params) -> None:
    with pytest.raises(KeyboardInterrupt), tracking.stage(settings, "prepare") as run:
        raise KeyboardInterrupt
    assert store.client().get_run(run.run).info.status == "KILLED"


def test_mirroring_twice_changes_nothing(settings: Params, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("report")
    for _ in range(2):
        tracking.mirror(settings, curve=CURVE, artifacts=[(tmp_path / "report.html", "")], description="what it is")
    parent = runs.find_or_create_parent(settings)
    history = store.client().get_metric_history(parent.info.run_id, "test_pixel_f1")
    assert [(point.step, point.value) for point in history] == [(8, 0.25), (12, 0.5)]
    assert [p.step for p in store.client().get_metric_history(parent.info.run_id, "test_tile_f1")] == [12]
    assert parent.info.status == "FINISHED" and parent.data.tags["mlflow.note.content"].startswith("what it is\n\n")


def test_the_receipt_follows_state_and_store(settings: Params, local: Path) -> None:
    assert not tracking.mirrored(settings, "a")
    tracking.mirror(settings, curve=CURVE, artifacts=[], description="")
    tracking.set_mirrored(settings, "a")
    assert tracking.mirrored(settings, "a") and not tracking.mirrored(settings, "b")
    (local / "mlflow.db").unlink()
    assert not tracking.mirrored(settings, "a")


def test_timings_are_the_latest_of_each_stage(settings: Params) -> None:
    for name, round in (("score", "r01"), ("score", "r01"), ("report", None)):
        with tracking.stage(settings, name, round=round):
            pass
    found = [(row["stage"], row["round"]) for row in tracking.timings(settings)]
    assert found == [("score", "r01"), ("report", "")]


def test_other_parameters_are_another_experiment_and_tracking_is_not(settings: Params) -> None:
    other = Params.model_validate({**settings.model_dump(), "seed": 2})
    renamed = Params.model_validate(
        {**settings.model_dump(), "tracking": {**settings.tracking.model_dump(), "name": "mine"}}
    )
    assert store.experiment_key(other) != store.experiment_key(settings) == store.experiment_key(renamed)


@pytest.mark.slow
def test_simultaneous_first_starts_make_one_parent(local: Path) -> None:
    program = (
        "from cdal import params, tracking\n"
        "with tracking.stage(params.load(), 'score', round='r01') as run: pass\n"
        "print(run.parent)"
    )
    environment = {**os.environ, "DVC_ROOT": str(local)}
    started = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    printed = [process.communicate()[0].strip() for process in started]
    assert all(process.returncode == 0 for process in started)
    assert len(set(printed)) == 1


def test_a_server_that_does_not_answer_is_one_line(settings: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    store.uri.cache_clear()
    with (
        pytest.raises(UserError, match=rf"no MLflow server answers at http://127\.0\.0\.1:{port}; start it, or unset"),
        tracking.stage(settings, "prepare"),
    ):
        pass
