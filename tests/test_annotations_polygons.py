"""Polygons of people, by hand-computed pixels: tiles of 8 pixels of 10 m."""

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from cdal.annotations import polygons
from cdal.annotations.found import Found
from cdal.errors import UserError
from tests.questions import LEFT, PIXEL, TOP, UTM, square, tiles


def box(tile: int, low: float = 2, high: float = 5) -> shapely.Polygon:
    """Pixels low to high (exclusive) of a tile, both ways."""
    x, y = LEFT + 16 * tile * PIXEL, TOP
    return shapely.box(x + low * PIXEL, y - high * PIXEL, x + high * PIXEL, y - low * PIXEL)


def save(path: Path, shapes: list[Any], crs: str | None = UTM, done: list[str] | None = None, **columns: Any) -> Path:
    with warnings.catch_warnings(action="ignore"):  # of a missing CRS, which some tests want
        gpd.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(path, layer="changes")
    if done is not None:
        marks = gpd.GeoDataFrame({"tile_id": ["t0", "t1", "t2"], "status": done}, geometry=[box(i) for i in range(3)])
        marks.set_crs(UTM).to_file(path, layer="tiles", mode="a")
    return path


def read(path: Path, *, all_seen: bool = False, crs: str = UTM) -> Found:
    return polygons.read(path, tiles(crs=crs), "ana", all_seen=all_seen)


def test_polygons_become_pixels_whose_centres_they_hold(tmp_path: Path) -> None:
    found = read(save(tmp_path / "c.gpkg", [box(0), box(1, 2.4, 5.4)]))
    assert not found.problems
    assert [one.tile_id for one in found.annotations] == ["t0", "t1"]
    assert all((one.mask == square()).all() for one in found.annotations)


def test_geojson_in_degrees_is_brought_to_the_tiles(tmp_path: Path) -> None:
    path = tmp_path / "c.geojson"
    gpd.GeoSeries([box(0)], crs=UTM).to_crs("EPSG:4326").to_file(path)
    found = read(path)
    assert (found.annotations[0].mask == square()).all()


def test_a_polygon_over_two_tiles_counts_for_both_and_is_cut(tmp_path: Path) -> None:
    found = read(save(tmp_path / "c.gpkg", [shapely.union(box(0), box(1)).envelope]))
    assert [int(one.mask.sum()) for one in found.annotations] == [3 * 6, 3 * 5]


def test_done_and_open_tiles(tmp_path: Path) -> None:
    found = read(save(tmp_path / "c.gpkg", [box(0)], done=["open", "done", "open"]))
    assert [(one.tile_id, one.status) for one in found.annotations] == [("t0", "change"), ("t1", "no_change")]
    found = read(save(tmp_path / "d.gpkg", [box(0)]), all_seen=True)
    assert [one.status for one in found.annotations] == ["change", "no_change", "no_change"]


def test_columns_say_who_and_what(tmp_path: Path) -> None:
    shapes = [box(0), box(0, 4, 7), box(1)]
    path = save(tmp_path / "c.gpkg", shapes, labeller=["ben", "ben", None], value=[1, 255, 1])
    found = read(path)
    assert [(one.tile_id, one.labeller) for one in found.annotations] == [("t0", "ben"), ("t1", "ana")]
    mask = found.annotations[0].mask
    assert ((mask == 1).sum(), (mask == 255).sum(), mask[4, 4]) == (8, 9, 255)


@pytest.mark.parametrize(
    ("shape", "columns", "message"),
    [
        (box(9), {}, "feature 1 lies outside all tiles"),
        (box(0), {"tile_id": ["t1"]}, "feature 1 lies outside its tile t1"),
        (box(0), {"tile_id": ["t9"]}, "feature 1 is for t9, which was not asked for"),
        (box(0), {"value": [3]}, "feature 1 has the value 3, expected 1 or 255"),
        (box(0, 2, 2.1), {}, "feature 1 lies outside all tiles, or covers no pixel's centre"),
        (shapely.Point(LEFT, TOP), {}, "feature 1 is a Point, expected a polygon"),
        (None, {}, "feature 1 has no geometry"),
        (shapely.Polygon([(0, 0), (1, 1), (2, 2)]), {}, "feature 1 has no area"),
        (shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 3)]), {}, "feature 1 has an invalid outline"),
    ],
)
def test_problems(tmp_path: Path, shape: Any, columns: dict[str, Any], message: str) -> None:
    problems = read(save(tmp_path / "c.gpkg", [shape], **columns)).problems
    assert len(problems) == 1 and problems[0].startswith(message)


def test_every_problem_is_listed(tmp_path: Path) -> None:
    path = save(tmp_path / "c.gpkg", [box(0), box(0), box(9)], done=["done", "maybe", "open"])
    assert read(path).problems == [
        "tile t1 has the status 'maybe', expected done or open",
        "feature 3 lies outside all tiles, or covers no pixel's centre (wrong CRS?)",
        "feature 2 is a duplicate of feature 1",
    ]


def test_the_crs_must_be_known_where_tiles_have_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"c\.gpkg has no CRS, but tiles have \(EPSG:32632\)"):
        read(save(tmp_path / "c.gpkg", [box(0)], crs=None))


def test_without_crs_polygons_are_in_pixels_of_the_scene(tmp_path: Path) -> None:
    path = tmp_path / "c.geojson"
    save(path, [shapely.box(18, 2, 21, 5)], crs=None)
    found = read(path, crs="")
    assert [one.tile_id for one in found.annotations] == ["t1"]
    assert (found.annotations[0].mask == square()).all()


def test_broken_and_ambiguous_files(tmp_path: Path) -> None:
    (tmp_path / "c.gpkg").write_bytes(b"torn")
    with pytest.raises(UserError, match="cannot be read"):
        read(tmp_path / "c.gpkg")
    for layer in ("one", "two"):
        gpd.GeoSeries([box(0)], crs=UTM).to_file(tmp_path / "d.gpkg", layer=layer, mode="a" if layer == "two" else "w")
    with pytest.raises(UserError, match="has the layers one, two, expected `changes`"):
        read(tmp_path / "d.gpkg")


def test_masks_are_whole_tiles(tmp_path: Path) -> None:
    found = read(save(tmp_path / "c.gpkg", [box(0, -3, 20)]))
    assert found.annotations[0].mask.dtype == np.uint8 and found.annotations[0].mask.all()
