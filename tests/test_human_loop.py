"""People as oracle under the real DVC: pause, resume, a partial round, a correction, more rounds."""

from pathlib import Path

import mlflow
import numpy as np
import pytest
from PIL import Image

from cdal.annotations import storage
from tests import annotator
from tests.test_end_to_end import clone, ran, rows, run

pytestmark = pytest.mark.slow

HUMAN = ("-S", "preset=smoke", "-S", "al.oracle=human", "-S", "al.initial=random")


def label(project: Path, name: str) -> list[str]:
    """Have the cheap annotator draw all masks of a round; returns the tiles' ids."""
    return annotator.draw(project / f"queries/{name}", project / f"drawn/{name}", project / "data/raw/synthetic/label")


def take(project: Path, name: str, *options: str, fails: bool = False) -> str:
    command = ("python", "-m", "cdal", "annotations", "import", name, f"drawn/{name}", *options)
    return run(project, *command, fails=fails)


def labelled(project: Path, name: str) -> dict[str, dict[str, str]]:
    return {row["tile_id"]: row for row in rows(project / f"rounds/{name}/labelled.csv")}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = clone(tmp_path_factory.mktemp("human"))
    (folder / ".git/info/exclude").write_text("drawn/\n")
    printed = run(folder, "dvc", "exp", "run", *HUMAN, fails=True)
    assert ran(printed) == ["simulate@synthetic", "prepare", "ask@r00"]
    assert "failed to reproduce 'label@r00'" in printed and "annotations import r00" in printed
    return folder


def test_1_the_first_labels_train_the_seed_model(project: Path) -> None:
    assert len(label(project, "r00")) == 8
    assert "8 tiles labelled by ana" in take(project, "r00", "--labeller", "ana")
    printed = run(project, "dvc", "repro", fails=True)
    assert ran(printed) == ["label@r00", "train_seed", "score@r01", "acquire@r01"]
    assert "failed to reproduce 'label@r01'" in printed
    assert {row["labeller"] for row in labelled(project, "r00").values()} == {"ana"}
    drawn = {one.tile_id: one.mask for one in storage.read(project / "data/annotations/r00")}
    masks, table = np.load(project / "rounds/r00/labels/masks.npy"), rows(project / "rounds/r00/labels/tiles.csv")
    assert all((mask == drawn[row["tile_id"]]).all() for mask, row in zip(masks, table, strict=True))


def test_2_a_partial_round_returns_the_rest_to_the_pool(project: Path) -> None:
    *_, last = label(project, "r01")
    (project / f"drawn/r01/{last}.png").unlink()
    assert "leaves 1 of 4 tiles" in take(project, "r01", fails=True)
    assert "1 tiles return to the pool" in take(project, "r01", "--partial", "--labeller", "ben")
    printed = run(project, "dvc", "repro", fails=True)
    assert ran(printed) == ["label@r01", "retrain@r01", "score@r02", "acquire@r02"]
    assert len(labelled(project, "r01")) == 11 and last not in labelled(project, "r01")
    assert last in {row["tile_id"] for row in rows(project / "rounds/r02/scores.csv")}


def test_3_two_people_and_the_report(project: Path) -> None:
    """Both draw the last round; on one tile they contradict each other."""
    contested, *_ = label(project, "r02")
    drawn = project / "drawn/r02"
    for person in ("ana", "ben"):
        (drawn / person).mkdir()
        for path in drawn.glob("*.png"):
            mask = np.asarray(Image.open(path))
            turned = person == "ben" and path.stem == contested
            Image.fromarray(255 - mask if turned else mask).save(drawn / person / path.name)
    for path in drawn.glob("*.png"):
        path.unlink()
    take(project, "r02")
    assert ran(run(project, "dvc", "repro")) == ["label@r02", "retrain@r02", "report"]
    assert [row["labelled"] for row in rows(project / "report/curve.csv")] == ["8", "11", "15"]
    people = [row["labeller"] for row in labelled(project, "r02").values()]
    assert people == ["ana"] * 8 + ["ben"] * 3 + ["ana+ben"] * 4
    where = [row["tile_id"] for row in rows(project / "rounds/r02/labels/tiles.csv")].index(contested)
    assert (np.load(project / "rounds/r02/labels/masks.npy")[where] == 255).all()
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    (experiment,) = client.search_experiments(filter_string="name = 'cdal'")
    (found,) = client.search_runs([experiment.experiment_id], "tags.`mlflow.runName` = 'label r02'")
    assert found.data.metrics["agreement_tiles"] == 4
    assert found.data.metrics["agreement_pixels"] == pytest.approx(0.75)
    assert ran(run(project, "dvc", "repro")) == ["report"]


def test_4_a_correction_reruns_what_depends_on_it(project: Path) -> None:
    before = (project / "rounds/r00/model/member_0.weights.h5").read_bytes()
    path = sorted((project / "drawn/r01").iterdir())[0]
    Image.fromarray(np.full((32, 32), 255, np.uint8)).save(path)
    take(project, "r01", "--partial", "--labeller", "ben")
    printed = run(project, "dvc", "repro")
    assert ran(printed) == [
        "label@r01",
        "retrain@r01",
        "score@r02",
        "acquire@r02",
        "label@r02",
        "retrain@r02",
        "report",
    ]
    assert (project / "rounds/r00/model/member_0.weights.h5").read_bytes() == before
    classes = {row["tile_id"]: row["class"] for row in rows(project / "rounds/r02/labels/tiles.csv")}
    assert classes[path.stem] == "change"
    assert [row["labelled"] for row in rows(project / "report/curve.csv")] == ["8", "11", "15"]


def test_5_more_rounds_ask_only_for_the_new_ones(project: Path) -> None:
    printed = run(project, "dvc", "exp", "run", "-S", "al.iterations=3", fails=True)
    assert ran(printed) == ["score@r03", "acquire@r03"]
    assert len(rows(project / "queries/r03/tiles.csv")) == 4
