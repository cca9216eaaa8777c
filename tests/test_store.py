"""The tile store: written whole or not at all, refused if torn."""

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cdal import store
from cdal.errors import UserError
from cdal.tiles import cutting
from tests.imagery import noise
from tests.prepared import content, load, prepare, two_scenes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return two_scenes(tmp_path / "raw")


class Full:
    """A disk that is full after some appends."""

    def __init__(self, after: int):
        self.left, self.append = after, store.ArrayFile.append

    def __call__(self, file: store.ArrayFile, rows: np.ndarray) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.append(file, rows)


@pytest.mark.parametrize("appends", [0, 3])
def test_full_disk_leaves_the_old_store(root: Path, appends: int, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(root)
    old = content(root.parent / "out")
    full = Full(appends)
    monkeypatch.setattr(store.ArrayFile, "append", lambda file, rows: full(file, rows))
    with pytest.raises(UserError, match=r"cannot write .*No space left on device.*free space"):
        prepare(root, seed=2)
    assert content(root.parent / "out") == old
    assert sorted(path.name for path in (root.parent / "out").iterdir()) == ["images", "labels"]


def test_failed_rename_puts_both_old_folders_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(root)
    old = content(root.parent / "out")
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == ".labels.partial":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(UserError, match="Permission denied"):
        prepare(root, seed=2)
    assert content(root.parent / "out") == old
    assert sorted(path.name for path in (root.parent / "out").iterdir()) == ["images", "labels"]


def test_interruption_leaves_nothing_behind(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cutting, "moments", interrupt)
    with pytest.raises(KeyboardInterrupt):
        prepare(root)
    assert not list((root.parent / "out").iterdir())


def test_array_file_is_a_npy_file(tmp_path: Path) -> None:
    rows = noise(7, 5, 300, "uint16")
    with store.ArrayFile(tmp_path / "x.npy", (7, 5), np.uint16) as file:
        for start in range(0, 300, 90):
            file.append(rows[start : start + 90])
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), rows)


@pytest.mark.parametrize("kept", [[], [0], [299], [0, 1, 5, 250], list(range(300))])
def test_array_file_keeps_rows(tmp_path: Path, kept: list[int]) -> None:
    rows = noise(7, 5, 300)
    with store.ArrayFile(tmp_path / "x.npy", (7, 5), np.uint8) as file:
        file.append(rows)
        file.keep(kept)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), rows[kept])


@pytest.mark.parametrize("name", ["images/images.npy", "images/index.csv", "images/stats.json", "labels/masks.npy"])
def test_torn_store_is_refused(root: Path, name: str) -> None:
    prepare(root)
    (root.parent / "out" / name).unlink()
    with pytest.raises(UserError, match=r"no whole tile store .*run `dvc repro prepare`"):
        load(root)
        store.load_stats(root.parent / "out/images")


def test_tables_of_another_length_are_refused(root: Path) -> None:
    prepare(root)
    table = root.parent / "out/images/index.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(UserError, match=r"18 tiles, index.csv 17"):
        load(root)


def test_readers_import_no_rasterio() -> None:
    heavy = {"rasterio", "shapely", "tensorflow", "mlflow"}
    code = f"import sys, cdal.store; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=False).returncode == 0
