"""A logged model where cdal is not: loaded in a fresh process, and served over HTTP."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from cdal import params, tracking
from cdal.tracking import models, store

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


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


def test_a_logged_model_predicts_without_cdal_and_over_http(
    own_store: Path, saved: tuple[Path, np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    settings = params.load(ROOT / "params.yaml")
    folder, pairs, expected = saved
    with tracking.stage(settings, "retrain", round="r01") as run:
        models.log_model(run.run, folder, "change_r01")
    logged = store.client().search_logged_models([store.experiment_id(settings.tracking.experiment)])[0]
    np.savez(tmp_path / "pairs.npz", before=pairs[:, 0], after=pairs[:, 1])
    program = (
        "import sys, mlflow, numpy as np\n"
        "import importlib.util; assert importlib.util.find_spec('cdal') is None\n"
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
