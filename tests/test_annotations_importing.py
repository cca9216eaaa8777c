"""Importing as a whole: coverage, replacing, nothing half-written."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdal.annotations import importing, storage
from cdal.errors import UserError
from tests.questions import ask, square, write_mask

ROOT = Path(__file__).parent.parent


def masks(folder: Path, *names: str) -> Path:
    for name in names:
        write_mask(folder / f"{name}.png", square() if name == "t0" else square() * 0)
    return folder


def take(tmp_path: Path, source: Path, **options: bool) -> str:
    queries = tmp_path / "queries/r01"
    if not queries.exists():
        ask(queries)
    kind = {"partial": False, "all_seen": False, "replace": False} | options
    return importing.take(source, queries, tmp_path / "annotations/r01", labeller="ana", **kind)


def test_a_whole_round(tmp_path: Path) -> None:
    said = take(tmp_path, masks(tmp_path / "m", "t2", "t0", "t1"))
    assert "3 tiles labelled by ana, 1 of them with change" in said and "dvc repro" in said
    table = pd.read_csv(tmp_path / "annotations/r01/annotations.csv")
    assert table.to_numpy().tolist() == [
        ["t0", "ana", "change"],
        ["t1", "ana", "no_change"],
        ["t2", "ana", "no_change"],
    ]
    assert [one.mask.sum() for one in storage.read(tmp_path / "annotations/r01")] == [9, 0, 0]


def test_partial_rounds_are_refused_but_for_partial(tmp_path: Path) -> None:
    source = masks(tmp_path / "m", "t0")
    with pytest.raises(UserError, match=r"leaves 2 of 3 tiles of r01 open \(t1, t2\).*--partial"):
        take(tmp_path, source)
    assert not (tmp_path / "annotations").exists()
    assert "2 tiles return to the pool" in take(tmp_path, source, partial=True)
    table = pd.read_csv(tmp_path / "annotations/r01/annotations.csv", keep_default_na=False)
    assert table["status"].tolist() == ["change", "open", "open"]
    assert len(storage.read(tmp_path / "annotations/r01")) == 1


def test_problems_leave_the_old_annotations(tmp_path: Path) -> None:
    take(tmp_path, masks(tmp_path / "m", "t0", "t1", "t2"))
    before = (tmp_path / "annotations/r01/masks.npy").read_bytes()
    write_mask(tmp_path / "m/t9.png", square())
    write_mask(tmp_path / "m/t0.png", square(16))
    with pytest.raises(
        UserError, match=r"has 2 problems, nothing was imported: t0\.png has 16.*; t9\.png is no"
    ) as caught:
        take(tmp_path, tmp_path / "m")
    assert "\n" not in str(caught.value)
    assert (tmp_path / "annotations/r01/masks.npy").read_bytes() == before
    assert [path.name for path in (tmp_path / "annotations").iterdir()] == ["r01"]


def test_labels_are_not_lost_by_accident(tmp_path: Path) -> None:
    take(tmp_path, masks(tmp_path / "m", "t0", "t1", "t2"))
    fewer = masks(tmp_path / "n", "t0")
    with pytest.raises(UserError, match=r"has labels of 2 tiles that .*/n lacks \(t1, t2\).*--replace"):
        take(tmp_path, fewer, partial=True)
    take(tmp_path, fewer, partial=True, replace=True)
    assert len(storage.read(tmp_path / "annotations/r01")) == 1


def test_a_correction_need_not_follow_new_questions(tmp_path: Path) -> None:
    """After an earlier round changed, the model may ask for other tiles; those labelled before can still be mended."""
    take(tmp_path, masks(tmp_path / "m", "t0", "t1", "t2"))
    ask(tmp_path / "fresh", 5)
    (tmp_path / "fresh/tiles.csv").replace(tmp_path / "queries/r01/tiles.csv")
    write_mask(tmp_path / "m/t1.png", square())
    assert "2 of them with change" in take(tmp_path, tmp_path / "m")
    assert "5 tiles labelled" in take(tmp_path, masks(tmp_path / "m", "t3", "t4"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.json", None, "not found, expected a folder of masks, polygons"),
        ("torn.json", "[{", "is not JSON"),
        ("min.json", '[{"tile_id": "t0"}]', "not JSON-MIN"),
        ("empty.json", "[]", "labels no tile of r01"),
        ("odd.gpkg", "x", "cannot be read"),
    ],
)
def test_sources_that_are_none(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message) as caught:
        take(tmp_path, tmp_path / name)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "annotations").exists()


def test_a_torn_folder_is_one_line(tmp_path: Path) -> None:
    take(tmp_path, masks(tmp_path / "m", "t0", "t1", "t2"))
    np.save(tmp_path / "annotations/r01/masks.npy", np.zeros((2, 8, 8), np.uint8))
    with pytest.raises(UserError, match=r"masks\.npy has 2 masks, annotations\.csv 3.*annotations import r01"):
        storage.read(tmp_path / "annotations/r01")


def test_the_command(tmp_path: Path) -> None:
    ask(tmp_path / "queries/r01")
    source = tmp_path / "export.json"
    source.write_text(json.dumps([{"id": 1, "data": {"tile_id": "t0"}, "annotations": [{"result": []}]}]))
    command = [sys.executable, "-m", "cdal", "annotations", "import", "r01", str(source)]
    command += ["--queries", str(tmp_path / "queries"), "--out", str(tmp_path / "out")]
    failed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert failed.returncode == 1 and failed.stderr.startswith("cdal: ") and failed.stderr.count("\n") == 1
    done = subprocess.run([*command, "--partial"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "1 tiles labelled by human, 0 of them with change" in done.stdout
