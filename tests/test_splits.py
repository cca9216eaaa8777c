"""Splits: apart on the ground whatever the sizes, near the shares asked for, reproducible."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.warp import transform

from cdal.errors import UserError
from cdal.splits import DROPPED, Footprints, Frame, assign, conflicts, sample
from tests.imagery import split


def tiles_of(frames: list[Frame], size: int, stride: int) -> Footprints:
    found = [
        (index, row, col)
        for index, frame in enumerate(frames)
        for row in range(0, frame.height - size + 1, stride)
        for col in range(0, frame.width - size + 1, stride)
    ]
    return Footprints(frames, *np.array(found, np.int64).reshape(-1, 3).T, size=size)


def city(scenes: int = 6, side: int = 256, size: int = 32) -> Footprints:
    return tiles_of([Frame(f"s{index}", side, side) for index in range(scenes)], size, size)


def least_gap(tiles: Footprints, names: np.ndarray) -> float:
    """Least distance in pixels (larger of both axes) of tiles in two splits of a scene, by brute force."""
    kept = np.flatnonzero(names != DROPPED)
    row, col, scene, name = tiles.row[kept], tiles.col[kept], tiles.scene[kept], names[kept]
    gap = np.maximum(abs(row[:, None] - row), abs(col[:, None] - col)) - tiles.size
    apart = (scene[:, None] == scene) & (name[:, None] != name)
    return float(gap[apart].min()) if apart.any() else np.inf


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sizes=st.lists(st.tuples(st.integers(32, 200), st.integers(32, 200)), min_size=1, max_size=4),
    stride=st.integers(8, 32),
    block=st.integers(32, 120),
    guard=st.integers(0, 40),
    seed=st.integers(0, 9),
    georeferenced=st.booleans(),
)
def test_block_splits_never_touch(
    sizes: list[tuple[int, int]], stride: int, block: int, guard: int, seed: int, georeferenced: bool
) -> None:
    place = {"crs": "EPSG:32632", "pixel": (0.3, -0.3)} if georeferenced else {}
    frames = [
        Frame(f"s{i}", *size, origin=(1e4 * i, 5e6) if place else (0, 0), **place) for i, size in enumerate(sizes)
    ]
    tiles = tiles_of(frames, 32, stride)
    try:
        names = assign(tiles, "block", split(block=block, guard=guard, seed=seed))
    except UserError as error:
        assert "blocks are too few" in str(error)
    else:
        assert set(names) <= {"pool", "val", "test", DROPPED}
        assert least_gap(tiles, names) > guard


def test_block_drops_just_the_tiles_that_touch() -> None:
    tiles = tiles_of([Frame("s", 384, 512)], 32, 32)
    names = assign(tiles, "block", split(block=128))
    block = (tiles.row // 128) * 4 + tiles.col // 128
    middle = (tiles.row % 128 == 32) & (tiles.col % 128 == 32)
    drawn = names[middle][np.argsort(block[middle])][block]
    dropped = np.flatnonzero(names == DROPPED)
    assert len(dropped) and (names[drawn == "test"] == "test").all()
    for index in dropped:
        restored = names.copy()
        restored[index] = drawn[index]
        assert least_gap(tiles, restored) == 0


def test_block_shares_come_near() -> None:
    tiles = city(scenes=8, side=512)
    names = assign(tiles, "block", split(block=128, val=0.1, test=0.3))
    area = 32 * 32 * np.array([(names == name).sum() for name in ("test",)]) / (8 * 512 * 512)
    assert area == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(
    ("scenes", "val", "test", "expected"),
    [(10, 0.2, 0.3, (2, 3)), (3, 0.01, 0.01, (1, 1)), (7, 0.2, 0.5, (1, 4)), (4, 0.25, 0.0, (1, 0))],
)
def test_scene_shares(scenes: int, val: float, test: float, expected: tuple[int, int]) -> None:
    tiles = city(scenes)
    names = assign(tiles, "scene", split(val=val, test=test))
    assert tuple(len(np.unique(tiles.scene[names == name])) for name in ("val", "test")) == expected
    assert all(len(set(names[tiles.scene == scene])) == 1 for scene in range(scenes))


@pytest.mark.parametrize("by", ["scene", "block", "random"])
def test_splits_depend_on_the_seed_alone(by: str) -> None:
    tiles = city()
    first, again, other = (assign(tiles, by, split(seed=seed, block=64)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("by", ["scene", "block", "random"])
def test_folds_test_everything_once(by: str) -> None:
    tiles = city(scenes=7, side=128)
    folds = [assign(tiles, by, split(folds=3, fold=fold, block=64)) for fold in range(3)]
    tested = sum((names == "test").astype(int) for names in folds)
    assert (tested == 1).all()
    assert all({"pool", "val", "test"} <= set(names) for names in folds)


@pytest.mark.parametrize(
    ("by", "scenes", "changes", "message"),
    [
        ("scene", 2, {}, "2 scenes are too few .*at least 3; use split.by: block"),
        ("scene", 3, {"val": 0.5, "test": 0.4}, "3 scenes are too few .*at least 4"),
        ("scene", 4, {"folds": 5}, "4 scenes are too few .*at least 5"),
        ("block", 1, {"block": 256}, "1 blocks are too few .*at least 3; lower split.block"),
        ("block", 1, {"block": 31}, r"split\.block is 31, .*raise it to 32"),
    ],
)
def test_too_few(by: str, scenes: int, changes: dict[str, int], message: str) -> None:
    with pytest.raises(UserError, match=message):
        assign(city(scenes), by, split(**changes))


def neighbours(crs: str = "EPSG:32632", gap: float = 0.0, second: tuple[float, float] = (10, -10)) -> Footprints:
    """Two scenes of two tiles each, the second `gap` metres east of the first."""
    first = Frame("west", 32, 64, "EPSG:32632", (500_000.0, 5e6), (10.0, -10.0), "pool")
    return tiles_of([first, Frame("east", 32, 64, crs, (500_640.0 + gap, 5e6), second, "val")], 32, 32)


@pytest.mark.parametrize(("gap", "guard"), [(0, 0), (-5, 0), (1e-7, 0), (20, 2), (15, 2)])
@pytest.mark.parametrize("by", ["list", "folder"])
def test_given_splits_that_meet_are_refused(by: str, gap: float, guard: int) -> None:
    with pytest.raises(UserError, match=r"west_r00000_c00032 \(pool\) and east_r00000_c00000 \(val\) touch"):
        assign(neighbours(gap=gap), by, split(guard=guard))


@pytest.mark.parametrize(("gap", "guard"), [(0.1, 0), (20.1, 2), (1e6, 9)])
def test_given_splits_that_are_apart_are_taken(gap: float, guard: int) -> None:
    names = assign(neighbours(gap=gap), "list", split(guard=guard))
    np.testing.assert_array_equal(names, ["pool", "pool", "val", "val"])


def test_guard_counts_the_larger_pixels() -> None:
    tiles = neighbours(gap=60, second=(30.0, -30.0))
    names = np.array(["pool", "pool", "val", "val"])
    assert len(conflicts(tiles, names, "pool", "val", 2)) == len(conflicts(tiles, names, "val", "pool", 2)) == 1
    assert len(conflicts(tiles, names, "pool", "val", 1)) == 0


def elsewhere(crs: str, east: float, north: float = -0.0) -> Footprints:
    """The west scene, and one of the same size in another CRS whose corner lies so many metres off the west one's."""
    first = Frame("west", 32, 64, "EPSG:32632", (500_000.0, 5e6), (10.0, -10.0), "pool")
    x, y = transform("EPSG:32632", crs, [500_000 + east], [5e6 + north])
    pixel = (10.0, -10.0) if crs != "EPSG:4326" else (1.3e-4, -9e-5)
    return tiles_of([first, Frame("other", 32, 64, crs, (x[0], y[0]), pixel, "test")], 32, 32)


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:3035", "EPSG:4326"])
@pytest.mark.parametrize(("east", "guard"), [(100, 0), (-200, 0), (700, 10), (0, 0)])
def test_scenes_of_other_crs_that_meet_are_refused(crs: str, east: float, guard: int) -> None:
    with pytest.raises(
        UserError, match=r"tiles west_r00000_c000\d\d \(pool\) and other_r00000_c000\d\d \(test\) touch"
    ):
        assign(elsewhere(crs, east), "list", split(guard=guard))


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:3035", "EPSG:4326"])
@pytest.mark.parametrize(("east", "guard"), [(900, 0), (-900, 0), (1200, 10), (1e6, 5)])
def test_scenes_of_other_crs_that_are_apart_are_taken(crs: str, east: float, guard: int) -> None:
    assert (assign(elsewhere(crs, east), "list", split(guard=guard)) != DROPPED).all()


def test_drawn_scenes_of_other_crs_lose_the_tiles_that_meet() -> None:
    frames = [Frame(f"s{i}", 64, 64, "EPSG:32632", (500_000.0 + 1e5 * i, 5e6), (10.0, -10.0)) for i in range(4)]
    x, y = transform("EPSG:32632", "EPSG:32633", [500_300], [5e6])
    tiles = tiles_of([*frames, Frame("t", 64, 64, "EPSG:32633", (x[0], y[0]), (10.0, -10.0))], 32, 32)
    for seed in range(6):
        names = assign(tiles, "scene", split(val=0.2, test=0.4, seed=seed))
        kept = names[names != DROPPED]
        of = [set(names[tiles.scene == scene]) - {DROPPED} for scene in (0, 4)]
        assert len(of[0] | of[1]) <= 1 or len(kept) < len(names)


def test_given_splits_have_no_folds() -> None:
    with pytest.raises(UserError, match=r"split\.folds is 3, but the data's own lists say .*set split\.folds to null"):
        assign(neighbours(gap=100), "list", split(folds=3))


def test_scenes_without_a_common_crs_never_meet() -> None:
    assert (assign(neighbours(crs=""), "list", split()) != DROPPED).all()


def test_drawn_scenes_that_meet_lose_pool_tiles_first() -> None:
    frames = [Frame(f"s{i}", 32, 128, "EPSG:32632", (128.0 * i, 0.0), (1.0, -1.0)) for i in range(5)]
    tiles = tiles_of(frames, 32, 32)
    names = assign(tiles, "scene", split(val=0.2, test=0.2))
    drawn = {name: set(tiles.scene[names == name]) for name in ("val", "test")}
    assert (names[np.isin(tiles.scene, list(drawn["test"]))] == "test").all()
    assert (names == DROPPED).any()


def test_random_permits_neighbours() -> None:
    tiles = city(scenes=1)
    names = assign(tiles, "random", split(val=0.25, test=0.5))
    assert [(names == name).sum() for name in ("pool", "val", "test")] == [16, 16, 32]


def test_bounds_are_in_ground_units_or_pixels() -> None:
    np.testing.assert_array_equal(neighbours().bounds()[1], [500_320, 4_999_680, 500_640, 5e6])
    np.testing.assert_array_equal(city(1).bounds()[9], [32, 64, 64, 32])


CLASSES = np.array(["change"] * 10 + ["no_change"] * 20 + ["ambiguous"] * 10)


@pytest.mark.parametrize(("limit", "kept"), [(None, 40), (8, 8), (99, 40)])
def test_natural_sample_keeps_at_most(limit: int | None, kept: int) -> None:
    names = sample(np.full(40, "val"), CLASSES, split(val_tiles=limit))
    assert (names == "val").sum() == kept
    np.testing.assert_array_equal(names, sample(np.full(40, "val"), CLASSES, split(val_tiles=limit)))


@pytest.mark.parametrize(("limit", "change"), [(8, 4), (9, 4), (20, 10)])
def test_balanced_sample_is_half_change(limit: int, change: int) -> None:
    names = sample(np.array(["test"] * 40), CLASSES, split(test_tiles=limit, sample="balanced"))
    found = [((names == "test") & (kind == CLASSES)).sum() for kind in ("change", "no_change", "ambiguous")]
    assert found == [change, limit - change, 0]


@pytest.mark.parametrize(("limit", "wanted"), [(22, "10 change tiles, expected at least 11")])
def test_balanced_sample_needs_enough(limit: int, wanted: str) -> None:
    with pytest.raises(UserError, match=f"val has {wanted}.*lower split.val_tiles"):
        sample(np.full(40, "val"), CLASSES, split(val_tiles=limit, sample="balanced"))


def test_sample_leaves_the_pool_alone() -> None:
    names = np.array(["pool"] * 20 + ["val"] * 20)
    assert (sample(names, CLASSES, split(val_tiles=1))[:20] == "pool").all()
