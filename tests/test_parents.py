"""What an experiment's parent run carries for the table and the page of the MLflow UI."""

import platform
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cdal import tracking
from cdal.tracking import ceiling, parent, provenance, store
from tests import compared, sweep

pytestmark = pytest.mark.usefixtures("own_store")


def found(run: str) -> dict[str, float]:
    return dict(store.client().get_run(run).data.metrics)


def files(run: str, folder: str | None = None) -> set[str]:
    return {file.path for file in store.client().list_artifacts(run, folder)}


def test_a_parent_has_single_numbers_tables_a_picture_and_the_command(tmp_path: Path) -> None:
    run = sweep.mirror(sweep.settings("MCBN", 3), sweep.rows("MCBN", 3, rounds=2), tmp_path / "work")
    first, last = (row["test_pixel_average_precision"] for row in sweep.rows("MCBN", 3, rounds=2))
    metrics = found(run)
    assert metrics["area_under_learning_curve"] == pytest.approx((first + last) / 2)
    assert metrics["ap_at_40_labels"] == metrics["test_pixel_average_precision"] == pytest.approx(last)
    assert metrics["auc_at_24_labels"] == pytest.approx(first**0.1)
    assert ceiling.NEEDED not in metrics  # no full supervision is known
    assert files(run, "data") == {"data/curve.csv", "data/labelled.csv"}
    assert {"figures/learning_curve.png", "figures/learning_curve_small.png"} == files(run, "figures")
    assert "code/requirements.txt" in files(run, "code")
    data = store.client().get_run(run).data
    note = data.tags["mlflow.note.content"]
    assert f"run_uuid={run}" in note and "-S al.method=MCBN" in note and "-S seed=3" in note
    assert data.tags["version.numpy"] == np.__version__
    assert data.tags["cdal.processor"].startswith(platform.machine())


def test_mirroring_twice_adds_nothing(tmp_path: Path) -> None:
    settings, rows = sweep.settings("MCBN", 3), sweep.rows("MCBN", 3)
    run = sweep.mirror(settings, rows, tmp_path / "work")
    before = store.client().get_run(run).data
    assert sweep.mirror(settings, rows, tmp_path / "work") == run
    after = store.client().get_run(run).data
    assert (before.metrics, before.tags, before.params) == (after.metrics, after.tags, after.params)
    for key in after.metrics:
        steps = [point.step for point in store.client().get_metric_history(run, key)]
        assert len(steps) == len(set(steps)), key


def test_labels_needed_appear_when_full_supervision_does_and_only_where_they_are_reached(tmp_path: Path) -> None:
    heights = {"Random": [0.3, 0.5, 0.6], "MCBN": [0.3, 0.76, 0.7]}  # 95 % of 0.8 is 0.76
    runs = {}
    for method, values in heights.items():
        rows = sweep.rows(method, 1, rounds=3)
        for row, value in zip(rows, values, strict=True):
            row["test_pixel_average_precision"] = value
        runs[method] = sweep.mirror(sweep.settings(method, 1), rows, tmp_path / method)
    assert not any(ceiling.NEEDED in found(run) for run in runs.values())
    full = [{**sweep.rows("Random", 1, rounds=1)[0], "labelled": 400, "test_pixel_average_precision": 0.8}]
    level = sweep.mirror(sweep.settings("Random", 1, initial="all"), full, tmp_path / "full")
    assert found(runs["MCBN"])[ceiling.NEEDED] == 40 and found(runs["MCBN"])[ceiling.LEVEL] == 0.8
    assert ceiling.NEEDED not in found(runs["Random"]) and ceiling.NEEDED not in found(level)
    higher = [{**full[0], "test_pixel_average_precision": 0.9}]  # a second seed: the mean is 0.85, 95 % of it 0.8075
    sweep.mirror(sweep.settings("Random", 2, initial="all"), higher, tmp_path / "full2")
    assert np.isnan(found(runs["MCBN"])[ceiling.NEEDED])


def test_a_level_of_other_data_is_none(tmp_path: Path) -> None:
    run = sweep.mirror(sweep.settings("MCBN", 1), sweep.rows("MCBN", 1), tmp_path / "run")
    store.client().set_tag(run, "cdal.data", "another")
    sweep.mirror(sweep.settings("Random", 1, initial="all"), sweep.rows("Random", 1, rounds=1), tmp_path / "full")
    assert ceiling.LEVEL not in found(run)


def test_a_run_from_a_dirty_tree_says_so_and_keeps_the_diff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "changes", lambda: "")
    with tracking.stage(sweep.settings("MCBN", 1), "retrain", round="r01") as clean:
        pass
    assert "git.dirty" not in store.client().get_run(clean.parent).data.tags
    monkeypatch.setattr(provenance, "changes", lambda: "diff --git a/x b/x\n")
    with tracking.stage(sweep.settings("MCBN", 1), "retrain", round="r01") as dirty:
        pass
    for run in (dirty.parent, dirty.run):
        assert store.client().get_run(run).data.tags["git.dirty"] == "true"
    kept = store.client().download_artifacts(dirty.parent, "code/git.diff")
    assert Path(kept).read_text() == "diff --git a/x b/x\n"


def test_the_tile_store_is_logged_once_as_a_data_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("images", "labels"):
        (tmp_path / "data/tiles" / folder).mkdir(parents=True)
    np.save(tmp_path / "data/tiles/images/images.npy", np.zeros((3, 2, 64, 64, 4), np.uint16))
    (tmp_path / "data/tiles/images/index.csv").write_text("tile_id,split\na,pool\nb,pool\nc,test\n")
    (tmp_path / "data/tiles/labels/tiles.csv").write_text("tile_id,class\na,change\nb,no_change\nc,\n")
    (tmp_path / "dvc.lock").write_text("stages: {prepare: {outs: [{path: data/tiles/images, md5: abc.dir}]}}\n")
    with tracking.stage(sweep.settings("MCBN", 1), "retrain", round="r01") as child:
        pass
    for _ in range(2):
        run = sweep.mirror(sweep.settings("MCBN", 1), sweep.rows("MCBN", 1), tmp_path / "work")
    for logged in (run, child.run):
        (used,) = store.client().get_run(logged).inputs.dataset_inputs
        assert (used.dataset.name, used.dataset.digest) == ("synthetic", provenance.tiles())
        assert '"num_rows": 3' in used.dataset.profile and '"pool": 2' in used.dataset.profile
        assert "[-1, 64, 64, 4]" in used.dataset.schema.replace("\\", "")
    assert store.client().get_run(run).data.tags["cdal.data"] == provenance.tiles()


@pytest.mark.parametrize(
    ("method", "changes", "name", "colour"),
    [
        ("Random", {}, "Random seed 2", "#7f7f7f"),
        ("MCBN", {}, "MCBN-BALD seed 2", "#56b4e9"),
        ("MCBN", {"al_random_share": 0.1}, "MCBN-BALD 10 % random seed 2", "#56b4e9"),
        ("MCBN", {"al_random_share": 1.0}, "MCBN-Random seed 2", "#c4b5a5"),
        ("Random", {"al_initial": "all"}, "full supervision seed 2", "#000000"),
    ],
)
def test_names_and_colours_tell_groups_apart(method: str, changes: dict[str, Any], name: str, colour: str) -> None:
    settings = compared.settings(method, 2, **changes)
    assert (parent.name(settings), parent.colour(settings)) == (name, colour)
