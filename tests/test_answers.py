"""People's labels so far: ledger, masks and classes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cdal import answers, ledger, store
from cdal.annotations.storage import Annotation
from cdal.errors import UserError
from cdal.opened import open_tiles
from tests.questions import square


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Labels of five tiles of 8 pixels; t1 has a row without imagery."""
    folder = tmp_path / "tiles/labels"
    folder.mkdir(parents=True)
    masks = np.zeros((5, 8, 8), np.uint8)
    masks[1, 0] = 255
    np.save(folder / "masks.npy", masks)
    store.write_table(
        folder / "tiles.csv", ("tile_id", "change_fraction", "class"), [(f"t{i}", 0, "unknown") for i in range(5)]
    )
    return folder


def by(name: str, tile: int, mask: np.ndarray) -> Annotation:
    return Annotation(f"t{tile}", name, mask)


def collect(before: Path | None, found: list[Annotation], stored: Path, out: Path, name: str) -> answers.Answers:
    collected = answers.collect(before, found, stored, round=name)
    collected.write(out, change_above=0.03, unchanged_below=0.01)
    return collected


def test_rounds_add_up(stored: Path, tmp_path: Path) -> None:
    collect(None, [by("ana", 3, square()), by("ana", 1, square() * 0 + 1)], stored, tmp_path / "r00", "r00")
    collect(tmp_path / "r00", [by("ben", 0, square() * 0)], stored, tmp_path / "r01", "r01")
    entries = ledger.read(tmp_path / "r01/labelled.csv")
    assert [(e.tile_id, e.round, e.origin, e.labeller) for e in entries] == [
        ("t3", "r00", "initial", "ana"),
        ("t1", "r00", "initial", "ana"),
        ("t0", "r01", "acquired", "ben"),
    ]
    masks, table = store.load_labels(tmp_path / "r01")
    assert table["class"].tolist() == ["change", "change", "no_change"]
    assert table["change_fraction"].tolist() == [round(9 / 64, 6), 1.0, 0.0]
    assert (masks[1, 0] == 255).all() and (masks[1, 1:] == 1).all()


def test_disagreement_is_ignored_and_both_are_named(stored: Path, tmp_path: Path) -> None:
    found = collect(None, [by("ben", 0, square()), by("ana", 0, square() * 0)], stored, tmp_path / "r00", "r00")
    assert found.entries[0].labeller == "ana+ben"
    assert (found.masks[0] == square() * 255).all()
    assert found.agreement == {"agreement_tiles": 1.0, "agreement_pixels": 1 - 9 / 64, "agreement_iou": 0.0}
    assert store.load_labels(tmp_path / "r00")[1]["class"].tolist() == ["no_change"]


def test_a_tile_of_an_earlier_round_stays_that_rounds(stored: Path, tmp_path: Path) -> None:
    collect(None, [by("ana", 0, square())], stored, tmp_path / "r00", "r00")
    found = collect(tmp_path / "r00", [by("ben", 0, square() * 0)], stored, tmp_path / "r01", "r01")
    assert [entry.labeller for entry in found.entries] == ["ana"] and found.masks.sum() == 9


def test_tiles_that_are_gone(stored: Path) -> None:
    for annotation in (by("ana", 9, square()), by("ana", 0, square(16))):
        with pytest.raises(UserError, match=r"labelled in r01, is no tile of 8 pixels.*cut anew"):
            answers.collect(None, [annotation], stored, round="r01")


def test_training_sees_peoples_masks_and_no_file_changes(stored: Path, tmp_path: Path) -> None:
    images = stored.parent / "images"
    images.mkdir()
    np.save(images / "images.npy", np.zeros((5, 2, 8, 8, 3), np.uint8))
    rows = [(f"t{i}", "s", 0, 8 * i, "0 8 8 0", "", "pool" if i < 4 else "val") for i in range(5)]
    store.write_table(images / "index.csv", ("tile_id", "scene", "row", "col", "bounds", "crs", "split"), rows)
    (images / "stats.json").write_text('{"mean": [[0, 0, 0], [0, 0, 0]], "std": [[1, 1, 1], [1, 1, 1]]}')
    collect(None, [by("ana", 3, square())], stored, tmp_path / "r00", "r00")
    before = (stored / "masks.npy").read_bytes()
    tiles = open_tiles(stored.parent, tmp_path / "r00")
    assert (tiles.masks[3] == square()).all() and tiles.masks[0].sum() == 0
    assert tiles.classes["t3"] == "change" and tiles.classes["t0"] == "unknown"
    assert tiles.fractions[3] == pytest.approx(9 / 64, abs=1e-6)
    assert (stored / "masks.npy").read_bytes() == before
    assert (open_tiles(stored.parent, stored).masks[3] == 0).all()


def test_what_came_back_is_said() -> None:
    from cdal.queries import asked
    from tests.questions import tiles

    assert asked.compared(tiles(), ["t0", "t1"], "r01") == "r01: 2 of 3 tiles asked for are labelled"
    assert "and 1 that were asked for before" in asked.compared(tiles(), ["t0", "x"], "r01")


def test_tables_keep_their_types(stored: Path) -> None:
    table = store.load_labels(stored)[1]
    assert isinstance(table, pd.DataFrame) and table["class"].tolist() == ["unknown"] * 5
