"""The real graph under the real DVC, on the smoke preset in a temporary clone."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mlflow
import numpy as np
import pyogrio
import pytest
import rasterio

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow

OUTPUTS = ("metrics.json", "labelled.csv", "scores.csv")


def clone(folder: Path) -> Path:
    """The working tree as a fresh repository of one commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    run(folder, "git", "init", "-q", "-b", "main")
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "all")
    return folder


def run(folder: Path, *command: str, fails: bool = False) -> str:
    """What the command prints; its exit code must be as expected."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_", "PYTEST_"))}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        "GIT_AUTHOR_NAME": "test",
        "GIT_AUTHOR_EMAIL": "test@localhost",
        "GIT_COMMITTER_NAME": "test",
        "GIT_COMMITTER_EMAIL": "test@localhost",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    assert (done.returncode != 0) == fails, done.stdout[-4000:]
    return done.stdout


def ran(printed: str) -> list[str]:
    """Stages that really ran, in order."""
    return re.findall(r"Running stage '([^']+)'", printed)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def client_of(project: Path) -> mlflow.MlflowClient:
    """Reads a copy of the store: MLflow keeps its connection to a file that was deleted and written anew."""
    copy = Path(tempfile.mkdtemp(dir=project.parent)) / "mlflow.db"
    shutil.copy(project / "mlflow.db", copy)
    return mlflow.MlflowClient(f"sqlite:///{copy}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = clone(tmp_path_factory.mktemp("first"))
    printed = run(folder, "dvc", "exp", "run", "-S", "preset=smoke")
    assert ran(printed) == [
        "simulate@synthetic", "prepare", "train_seed",
        "score@r01", "acquire@r01", "retrain@r01", "score@r02", "acquire@r02", "retrain@r02", "report",
    ]  # fmt: skip
    return folder


def test_an_experiment_leaves_what_was_promised(project: Path) -> None:
    curve = rows(project / "rounds/r02/curve.csv")
    assert [row["round"] for row in curve] == ["r00", "r01", "r02"]
    assert [row["labelled"] for row in curve] == ["8", "12", "16"]
    ledger = rows(project / "rounds/r02/labelled.csv")
    assert [row["origin"] for row in ledger] == ["initial"] * 8 + ["acquired"] * 8
    assert len({row["tile_id"] for row in ledger}) == 16
    metrics = json.loads((project / "rounds/r02/metrics.json").read_text())
    assert metrics["labels"]["spent"] == 16 + metrics["labels"]["validation"]
    scored = {row["tile_id"] for row in rows(project / "rounds/r02/scores.csv")}
    assert not scored & {row["tile_id"] for row in rows(project / "rounds/r01/labelled.csv")}
    page = (project / "report/report.html").read_text()
    assert "r02" in page and "https://" not in page


def test_mlflow_mirrors_it(project: Path) -> None:
    client = client_of(project)
    experiment = client.get_experiment_by_name("cdal")
    runs = client.search_runs([experiment.experiment_id], max_results=100)
    parents = [found for found in runs if found.data.tags["cdal.kind"] == "parent"]
    children = [found for found in runs if found.data.tags["cdal.kind"] == "stage"]
    assert parents[-1].info.run_name == "Ensemble-Variance seed 1"
    assert parents[-1].info.status == "FINISHED"
    history = client.get_metric_history(parents[-1].info.run_id, "test_pixel_average_precision")
    assert [point.step for point in history] == [8, 12, 16]
    names = {child.info.run_name for child in children}
    assert {"simulate", "prepare", "train_seed r00", "score r01", "acquire r02", "retrain r02"} <= names
    listed = {file.path for file in client.list_artifacts(parents[-1].info.run_id)}
    assert {"report.html", "figures", "gallery"} <= listed


def test_a_second_repro_runs_nothing_and_doubles_no_history(project: Path) -> None:
    assert ran(run(project, "dvc", "repro")) == ["report"]
    test_mlflow_mirrors_it(project)


def test_a_lost_store_is_rebuilt_from_dvc_alone(project: Path) -> None:
    (name,) = run(project, "dvc", "exp", "list", "--name-only").split()
    before = parent_of(project)
    for lost in ((), (name,)):  # the workspace, and the experiment in DVC's cache
        (project / "mlflow.db").unlink()
        shutil.rmtree(project / "mlartifacts")
        assert "MLflow run `Ensemble-Variance seed 1`" in run(project, sys.executable, "-m", "cdal", "track", *lost)
        after = parent_of(project)
        # outputs hold no clock, so the time it took is lost with the store
        lasting = {key: value for key, value in before.data.metrics.items() if key != "seconds"}
        assert (after.data.metrics, after.data.params) == (lasting, before.data.params)
        for key in ("cdal.experiment", "cdal.data", "cdal.split", "git.commit"):
            assert after.data.tags[key] == before.data.tags[key], key
        assert after.inputs.dataset_inputs[0].dataset.digest == before.data.tags["cdal.data"]
    printed = run(project, sys.executable, "-m", "cdal", "track", "no-such", fails=True)
    assert printed == "cdal: 0 experiments are called no-such, expected one; see `dvc exp list --all-commits`\n"


def parent_of(project: Path) -> mlflow.entities.Run:
    """The only parent, with its inputs."""
    client = client_of(project)
    (found,) = client.search_runs(["1"], "tags.`cdal.kind` = 'parent'")
    return client.get_run(found.info.run_id)


def test_more_rounds_run_only_the_new_ones(project: Path) -> None:
    printed = run(project, "dvc", "exp", "run", "-S", "al.iterations=3")
    assert ran(printed) == ["score@r03", "acquire@r03", "retrain@r03", "report"]
    run(project, "dvc", "exp", "run", "-S", "al.iterations=2")


def test_no_rounds_is_the_seed_model_alone(project: Path) -> None:
    assert ran(run(project, "dvc", "exp", "run", "-S", "al.iterations=0")) == ["report"]
    assert [row["round"] for row in rows(project / "report/curve.csv")] == ["r00"]
    run(project, "dvc", "exp", "run", "-S", "al.iterations=2")


def test_layers_of_every_round_open_as_geodata(project: Path) -> None:
    """score.maps changes no score: what comes after is not run again."""
    printed = run(project, "dvc", "exp", "run", "-S", "score.maps=true")
    assert ran(printed) == ["score@r01", "score@r02", "report"]
    for name in ("r01", "r02"):
        queried = pyogrio.read_dataframe(project / "rounds" / name / "queried.gpkg")
        assert {"tile_id", "scene", "rank", "score"} <= set(queried.columns) and len(queried) == 4
        acquired = {row["tile_id"]: float(row["score"]) for row in rows(project / "rounds" / name / "acquired.csv")}
        assert dict(zip(queried["tile_id"], queried["score"], strict=True)) == pytest.approx(acquired)
        for scene in set(queried["scene"]):
            with rasterio.open(project / "rounds" / name / "maps" / f"{scene}.tif") as image:
                assert image.descriptions == ("probability", "change", "uncertainty")
                left, bottom, right, top = image.bounds
                layers = image.read()
            assert np.nanmin(layers) >= 0 and np.nanmax(layers) <= 1
            places = queried[queried["scene"] == scene].total_bounds
            assert left <= places[0] and right >= places[2] and bottom <= places[1] and top >= places[3]
    run(project, "dvc", "exp", "run", "-S", "score.maps=false")


def test_an_edit_by_hand_says_what_mends_it(project: Path) -> None:
    path = project / "params.yaml"
    before = path.read_text()
    path.write_text(before.replace("iterations: 2", "iterations: 4"))
    printed = run(project, "dvc", "repro", fails=True)
    path.write_text(before)
    assert "2 rounds, but the other parameters ask for 4 rounds" in printed and "dvc exp run" in printed


def test_a_queue_runs_methods_side_by_side_and_shares_their_seed_model(project: Path) -> None:
    run(project, "dvc", "exp", "run", "--queue", "-S", "al.method=Random,MCBN", "-S", "al.iterations=1")
    run(project, "dvc", "queue", "start", "-j", "2")
    for name in re.findall(r"^\w{7}\s+(\S+)", run(project, "dvc", "queue", "status"), re.MULTILINE):
        run(project, "dvc", "queue", "logs", "--follow", name)
    status = run(project, "dvc", "queue", "status")
    assert status.count("Success") == 2, status
    client = client_of(project)
    experiment = client.get_experiment_by_name("cdal")
    found = client.search_runs([experiment.experiment_id], "tags.`cdal.kind` = 'parent'")
    assert {"Random seed 1", "MCBN-Variance seed 1"} <= {parent.info.run_name for parent in found}


def test_the_same_parameters_give_the_same_bits_in_another_clone(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = clone(tmp_path_factory.mktemp("second"))
    run(other, "dvc", "exp", "run", "-S", "preset=smoke", "-S", "al.iterations=1")
    for name in OUTPUTS:
        path = Path("rounds/r01") / name
        assert (project / path).read_bytes() == (other / path).read_bytes(), name
