"""MLflow as the mirror of an experiment, on real stores."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import mlflow
import numpy as np
import pytest

from cdal import params, tracking
from cdal.errors import UserError
from cdal.params import Params
from cdal.tracking import models, runs, store

ROOT = Path(__file__).parent.parent
CURVE = [
    {"round": "r00", "labelled": "8", "test_pixel_f1": "0.25", "test_tile_f1": ""},
    {"round": "r01", "labelled": "12", "test_pixel_f1": "0.5", "test_tile_f1": "0.75"},
]


@pytest.fixture(autouse=True)
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of this test's own."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    store.uri.cache_clear()
    store.client.cache_clear()
    yield tmp_path
    store.uri.cache_clear()
    store.client.cache_clear()
    mlflow.set_tracking_uri(None)


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


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray]:
    """Two tiny members as SavedModels with model.json, raw pairs, and the mean probability that they give."""
    from cdal import network
    from cdal.batches import Normalisation

    model = network.build("mobilenet", bands=4, decoder=[8] * 5, weights=None, seed=0)
    pairs = np.random.default_rng(0).integers(0, 4000, (2, 2, 32, 64, 4), dtype=np.uint16)
    mean, std = np.full((2, 4), 2000.0), np.full((2, 4), 900.0)
    normalised = Normalisation(mean.astype("f4"), std.astype("f4"))(pairs)
    expected = []
    for index in range(2):
        network.reinitialise(model, index, encoder=True)
        expected.append(np.array(model(normalised, training=False))[..., 0])
        network.export(model, tmp_path / "model" / f"member_{index}")
    description = {"members": 2, "bands": 4, "dtype": "uint16", "mean": mean.tolist(), "std": std.tolist()}
    (tmp_path / "model" / "model.json").write_text(json.dumps(description))
    return tmp_path / "model", pairs, np.mean(expected, axis=0)


@pytest.mark.slow
def test_a_logged_model_predicts_without_cdal_and_over_http(
    settings: Params, saved: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    folder, pairs, expected = saved
    with tracking.stage(settings, "retrain", round="r01") as run:
        models.log_model(run.run, folder, "change_r01")
    logged = store.client().search_logged_models([store.experiment_id(settings.tracking.experiment)])[0]
    np.savez(tmp_path / "pairs.npz", before=pairs[:, 0], after=pairs[:, 1])
    program = (
        "import sys, mlflow, numpy as np\n"
        f"mlflow.set_tracking_uri('{store.uri()}')\n"
        f"model = mlflow.pyfunc.load_model('{logged.model_uri}')\n"
        f"found = model.predict(dict(np.load('{tmp_path}/pairs.npz')))['probability']\n"
        "assert not any(name.split('.')[0] == 'cdal' for name in sys.modules)\n"
        f"np.save('{tmp_path}/found.npy', found)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    assert np.abs(np.load(tmp_path / "found.npy") - expected).max() < 1e-5
    served = serve(logged.model_uri, tmp_path, pairs)
    assert np.abs(np.array(served["predictions"]["probability"]) - expected).max() < 1e-5


def serve(model_uri: str, folder: Path, pairs: np.ndarray) -> dict:
    """What `mlflow models serve` answers to one POST on a free loopback port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": store.uri(),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = ["mlflow", "models", "serve", "-m", model_uri, "-p", str(port), "--env-manager", "local"]
    body = json.dumps({"inputs": {"before": pairs[:, 0].tolist(), "after": pairs[:, 1].tolist()}}).encode()
    server = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)
    try:
        for _ in range(90):
            try:
                request = urllib.request.Request(
                    f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"}
                )
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except OSError:
                time.sleep(1)
        raise AssertionError("the server did not answer within 90 s")
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)
