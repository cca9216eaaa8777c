"""The tile store: content, tables, statistics, layouts, errors; written whole or not at all."""

import errno
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cdal import rasters, store, tiles
from cdal.errors import UserError
from tests.imagery import data, grid, noise, split, stripes, write, write_pair

PNG = ("png", "png", "png")


def prepare(root: Path, data_changes: dict[str, Any] | None = None, **split_changes: Any) -> dict[str, int]:
    out = root.parent / "out"
    return tiles.prepare(
        root, out / "images", out / "labels", data=data(**(data_changes or {})), split=split(**split_changes)
    )


def load(root: Path) -> tuple[np.ndarray, pd.DataFrame, np.ndarray, pd.DataFrame]:
    out = root.parent / "out"
    return *store.load_images(out / "images"), *store.load_labels(out / "labels")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two scenes of 3 x 4 and 2 x 3 tiles of 32 pixels, with a remainder."""
    write_pair(tmp_path / "raw", "b", before=noise(96 + 5, 128 + 31, seed=3))
    write_pair(tmp_path / "raw", "a", before=noise(64, 96, seed=5), ext=("png", "tif", "png"))
    return tmp_path / "raw"


@pytest.mark.parametrize("stride", [32, 16])
def test_tiles_are_the_windows_of_the_scenes_in_order(root: Path, stride: int) -> None:
    counts = prepare(root, {"stride": stride})
    images, index, masks, classes = load(root)
    before = {"a": noise(64, 96, seed=5), "b": noise(101, 159, seed=3)}
    expected = [
        (scene, row, col)
        for scene in ("a", "b")
        for row in range(0, before[scene].shape[1] - 31, stride)
        for col in range(0, before[scene].shape[2] - 31, stride)
    ]
    assert list(index[["scene", "row", "col"]].itertuples(index=False, name=None)) == expected
    assert list(index.tile_id) == list(classes.tile_id) == [f"{s}_r{r:05d}_c{c:05d}" for s, r, c in expected]
    assert images.shape == (len(expected), 2, 32, 32, 3) and images.dtype == np.uint8
    assert isinstance(images, np.memmap) and isinstance(masks, np.memmap)
    for image, mask, (scene, row, col) in zip(images, masks, expected, strict=True):
        window = before[scene][:, row : row + 32, col : col + 32]
        np.testing.assert_array_equal(image[0], window.transpose(1, 2, 0))
        np.testing.assert_array_equal(mask, np.broadcast_to(np.arange(col, col + 32) % 32 < 8, (32, 32)))
    assert counts["scenes"] == 2 and sum(counts[f"tiles_{name}"] for name in ("pool", "val", "test")) == len(expected)
    for name in ("pool", "val", "test"):
        assert counts[f"tiles_{name}"] == (index.split == name).sum()
        assert counts[f"change_tiles_{name}"] == ((index.split == name) & (classes["class"] == "change")).sum()


def test_uint16_and_selected_bands(tmp_path: Path) -> None:
    after = noise(bands=5, dtype="uint16", seed=8)
    write_pair(tmp_path / "raw", before=noise(bands=5, dtype="uint16"), after=after)
    prepare(tmp_path / "raw", {"bands": [5, 1]})
    images, *_ = load(tmp_path / "raw")
    assert images.dtype == np.uint16
    np.testing.assert_array_equal(images[0, 1], after[[4, 0], :32, :32].transpose(1, 2, 0))


def test_reading_in_smaller_pieces_changes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(root, {"stride": 16})
    whole = content(root.parent / "out")
    monkeypatch.setattr(tiles, "READ_BYTES", 1)
    monkeypatch.setattr(rasters, "BLOCK_PIXELS", 1000)
    prepare(root, {"stride": 16})
    assert content(root.parent / "out") == whole


def test_bounds_round_trip(tmp_path: Path) -> None:
    write_pair(tmp_path / "raw", "x", everywhere=grid(0.1, 1 / 3, 1e-4 / 3, "EPSG:4326"))
    write_pair(tmp_path / "raw", "y")
    prepare(tmp_path / "raw")
    _, index, *_ = load(tmp_path / "raw")
    left, bottom, right, top = (float(value) for value in index.bounds[1].split())
    assert (left, top) == (0.1 + 32 * (1e-4 / 3), 1 / 3)
    assert (right, bottom) == (0.1 + 64 * (1e-4 / 3), 1 / 3 - 32 * (1e-4 / 3))
    assert list(index.crs[[0, 12]]) == ["EPSG:4326", ""]
    assert index.bounds[17] == "32.0 64.0 64.0 32.0"


def test_statistics_are_those_of_the_pools_valid_pixels(tmp_path: Path) -> None:
    before = noise(dtype="uint16")
    before[1] = 65535
    before[:, :10] = 0
    write_pair(tmp_path / "raw", before=before, on_before={"nodata": 0})
    prepare(tmp_path / "raw")
    images, index, masks, _ = load(tmp_path / "raw")
    pool = (index.split == "pool").to_numpy()
    valid = masks[pool] != 255
    assert not valid.all()
    pixels = [images[pool][:, date][valid].astype(float) for date in (0, 1)]
    stats = store.load_stats(tmp_path / "out" / "images")
    deviation = np.array([date.std(axis=0) for date in pixels])
    deviation[0, 1] = 1
    np.testing.assert_allclose(stats.mean, [date.mean(axis=0) for date in pixels], rtol=1e-5)
    np.testing.assert_allclose(stats.std, deviation, rtol=1e-5)
    assert stats.mean.shape == (2, 3) and stats.mean.dtype == stats.std.dtype == np.float32
    raw = json.loads((tmp_path / "out/images/stats.json").read_text())
    assert (raw["dtype"], raw["bands"], raw["pixels"]) == ("uint16", 3, valid.sum())
    assert raw["mean"][1][0] == float(f"{raw['mean'][1][0]:.6g}")


@pytest.mark.parametrize(
    ("changed", "text", "kind"),
    [(0, "0.000000", "no_change"), (10, "0.009766", "no_change"), (11, "0.010742", "ambiguous"),
     (30, "0.029297", "ambiguous"), (31, "0.030273", "change"), (1024, "1.000000", "change")],
)  # fmt: skip
def test_classes_of_tiles(tmp_path: Path, changed: int, text: str, kind: str) -> None:
    label = stripes(value=1)
    label[0, :32, :32] = (np.arange(1024) < changed).reshape(32, 32)
    write_pair(tmp_path / "raw", label=label)
    prepare(tmp_path / "raw")
    lines = (tmp_path / "out/labels/tiles.csv").read_text().splitlines()
    assert lines[:2] == ["tile_id,change_fraction,class", f"scene_r00000_c00000,{text},{kind}"]


def test_share_of_change_is_of_valid_pixels(tmp_path: Path) -> None:
    label = stripes(value=1)
    label[0, :16, :32] = 9
    write_pair(tmp_path / "raw", label=label)
    prepare(tmp_path / "raw", {"ignore_value": 9})
    *_, masks, classes = load(tmp_path / "raw")
    assert (masks[0][:16] == 255).all() and classes.change_fraction[0] == 0.25


@pytest.mark.parametrize(("limit", "kept"), [(0.5, 11), (0.51, 12), (0.0, 11), (1.0, 12)])
def test_tiles_with_too_many_ignored_pixels_are_dropped(tmp_path: Path, limit: float, kept: int) -> None:
    label = stripes(value=1)
    label[0, :16, :32] = 9
    label[0, 16, :10] = 9
    write_pair(tmp_path / "raw", label=label)
    counts = prepare(tmp_path / "raw", {"ignore_value": 9, "max_ignored": limit})
    images, index, masks, classes = load(tmp_path / "raw")
    assert {len(images), len(index), len(masks), len(classes)} == {kept}
    assert counts["dropped_ignored"] == 12 - kept
    np.testing.assert_array_equal(images[-1, 0], noise(seed=1)[:, 64:, 96:].transpose(1, 2, 0))


def test_tiles_without_a_valid_pixel_are_dropped(tmp_path: Path) -> None:
    before = noise()
    before[:, :32, :32] = 0
    write_pair(tmp_path / "raw", before=before, on_before={"nodata": 0})
    assert prepare(tmp_path / "raw", {"max_ignored": 1.0})["dropped_ignored"] == 1


def test_dropped_tiles_leave_the_store_and_are_counted(tmp_path: Path) -> None:
    for name in "abc":
        write_pair(tmp_path / "raw", name, before=noise(256, 256, seed=ord(name)))
    counts = prepare(tmp_path / "raw", by="block", block=96, val_tiles=3)
    images, index, masks, _ = load(tmp_path / "raw")
    assert counts["dropped_border"] > 0 and counts["unused"] > 0 and counts["tiles_val"] == 3
    assert len(images) + counts["dropped_border"] + counts["unused"] == 3 * 64
    for position, (scene, row, col) in enumerate(index[["scene", "row", "col"]].itertuples(index=False, name=None)):
        window = noise(256, 256, seed=ord(scene))[:, row : row + 32, col : col + 32]
        np.testing.assert_array_equal(images[position, 0], window.transpose(1, 2, 0))
    assert masks.shape == (len(index), 32, 32)


def test_same_input_gives_the_same_bytes(root: Path) -> None:
    prepare(root, val_tiles=2)
    first = content(root.parent / "out")
    prepare(root, val_tiles=2)
    assert content(root.parent / "out") == first
    assert sorted(first) == ["images/images.npy", "images/index.csv", "images/stats.json", "labels/masks.npy",
                             "labels/tiles.csv"]  # fmt: skip


def test_scene_names_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    for name in ("007", "NA"):
        write_pair(tmp_path / "raw", name)
    prepare(tmp_path / "raw")
    assert set(load(tmp_path / "raw")[1].scene) == {"007", "NA"}


def folders(root: Path, names: dict[str, list[str]]) -> Path:
    for folder, scenes in names.items():
        for scene in scenes:
            write_pair(root / folder, scene, ext=PNG)
    return root


@pytest.mark.parametrize("by", ["auto", "folder"])
def test_folders_give_the_split(tmp_path: Path, by: str) -> None:
    root = folders(tmp_path / "raw", {"train": ["x", "y"], "val": ["v"], "test": ["a"]})
    prepare(root, by=by)
    assert dict(load(root)[1].groupby("scene").split.first()) == {
        "a": "test",
        "v": "val",
        "x": "pool",
        "y": "pool",
    }


def test_scenes_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    root = folders(tmp_path / "raw", {"train": ["1"], "val": ["1"], "test": ["2"]})
    prepare(root, by="auto")
    assert set(load(root)[1].scene) == {"train_1", "val_1", "test_2"}


def test_folders_can_be_split_anew(tmp_path: Path) -> None:
    root = folders(tmp_path / "raw", {"train": ["x", "y"], "val": ["v"], "test": ["a"]})
    assert prepare(root, by="scene")["scenes"] == 4


def lists(root: Path, **names: str) -> Path:
    for scene in "abcd":
        write_pair(root, scene, ext=("png", "jpg", "tif"))
    (root / "list").mkdir()
    for name, text in names.items():
        (root / "list" / f"{name}.txt").write_text(text)
    return root


@pytest.mark.parametrize("by", ["auto", "list"])
def test_lists_give_the_split(tmp_path: Path, by: str) -> None:
    root = lists(tmp_path / "raw", train="d\n\n", val="a.png \n", test="\ufeffb.png")
    prepare(root, by=by)
    assert dict(load(root)[1].groupby("scene").split.first()) == {"a": "val", "b": "test", "d": "pool"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"train": "a", "val": "b"}, r"list/test\.txt not found"),
        ({"train": "a", "val": "b", "test": "a.tif"}, r"list/test\.txt lists a, as does list/train"),
        ({"train": "a", "val": "b", "test": "e\nf\ng\nh\ni"}, "raw/A has no image for e, f, g and 2 more"),
        ({"train": "a", "val": "b", "test": "\n"}, "test has no tiles, .*add scenes to it"),
    ],
)
def test_lists_that_do_not_fit(tmp_path: Path, names: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        prepare(lists(tmp_path / "raw", **names), by="list")


@pytest.mark.parametrize(
    ("spoil", "changes", "message"),
    [
        (lambda root: shutil.rmtree(root), {}, "raw not found, .*correct data.path"),
        (lambda root: shutil.rmtree(root / "label"), {}, "raw/label not found"),
        (
            lambda root: (root / "A" / "b.tif").unlink(),
            {},
            "raw/A has no image for b, expected one for every name",
        ),
        (lambda root: (root / "B" / "a.tif").unlink(), {}, "raw/B has no image for a,"),
        (lambda root: [p.unlink() for p in root.rglob("*.*")], {}, "raw has no scenes, expected .png"),
        (
            lambda root: write(root / "A" / "b.png", noise()),
            {},
            "b.tif and b.png are one scene|b.png are one scene",
        ),
        (lambda root: write_pair(root, "c", before=noise(31, 40)), {}, r"smaller than a tile: c \(40 x 31\)"),
        (
            lambda root: write_pair(root, "c", before=noise(bands=4)),
            {},
            "scenes differ: 3 bands of uint8 in a, b; 4 bands of uint8 in c;",
        ),
        (lambda root: None, {"by": "folder"}, "raw/train not found"),
        (lambda root: None, {"by": "list"}, r"list/train\.txt not found"),
        (lambda root: None, {"by": "scene"}, "2 scenes are too few"),
        (lambda root: None, {"val": 0.0}, "val has no tiles, expected at least one; raise split.val"),
        (
            lambda root: None,
            {"by": "block", "block": 64, "guard": 500},
            "pool has no tiles, expected at least one",
        ),
        (
            lambda root: [write(root / "label" / name, 0 * stripes(*size)) for name, size in SIZES.items()],
            {},
            r"no change pixel in val \(4 tiles\)",
        ),
        (
            lambda root: [write(root / "label" / name, 9 + 0 * stripes(*size)) for name, size in SIZES.items()],
            {"ignore_value": 9},
            r"all 18 tiles have more than 50% ignored pixels",
        ),
    ],
)
def test_errors_say_what_to_mend(root: Path, spoil: Any, changes: dict[str, Any], message: str) -> None:
    spoil(root)
    ignore = {"ignore_value": changes.pop("ignore_value")} if "ignore_value" in changes else {}
    with pytest.raises(UserError, match=message) as caught:
        prepare(root, ignore, **changes)
    assert "\n" not in str(caught.value)
    assert not list(root.parent.rglob("*.partial")) and not (root.parent / "out" / "images").exists()


SIZES = {"a.png": (64, 96), "b.tif": (101, 159)}


def test_without_test_share_there_is_no_test(root: Path) -> None:
    assert prepare(root, test=0.0)["tiles_test"] == 0


@pytest.mark.parametrize("size", [32, 96])
@pytest.mark.parametrize("kind", ["A", "B", "label"])
def test_truncated_scenes_are_found(tmp_path: Path, size: int, kind: str) -> None:
    """Also where a scene is one tile, which GDAL reads by a short cut, and off the main thread."""
    for name in "abcdef":
        write_pair(tmp_path / "raw", name, before=noise(size, size), ext=PNG)
    path = tmp_path / "raw" / kind / "c.png"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    raised: list[str] = []

    def run() -> None:
        try:
            prepare(tmp_path / "raw")
        except UserError as error:
            raised.append(str(error))

    run()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(raised) == 2 and all(f"{kind}/c.png cannot be read" in message for message in raised)


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

    monkeypatch.setattr(tiles, "_sums", interrupt)
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
