"""Tiles cut from scenes: content, tables, statistics."""

import json
from pathlib import Path

import numpy as np
import pytest

from cdal import store
from cdal.rasters import masks as mask_files
from cdal.tiles import cutting, lattice
from tests.imagery import grid, noise, stripes, write_pair
from tests.prepared import content, load, prepare, two_scenes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return two_scenes(tmp_path / "raw")


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
    monkeypatch.setattr(lattice, "READ_BYTES", 1)
    monkeypatch.setattr(cutting, "WRITE_BYTES", 1)
    monkeypatch.setattr(mask_files, "BLOCK_PIXELS", 1000)
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


def test_without_test_share_there_is_no_test(root: Path) -> None:
    assert prepare(root, test=0.0)["tiles_test"] == 0
