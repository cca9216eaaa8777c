"""Labels drawn as polygons: read, reprojected, rasterised by windows; what is refused."""

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
from shapely import MultiPolygon, Point, Polygon, box

from cdal import rasters
from cdal.errors import UserError
from cdal.rasters import Triple
from tests.imagery import UTM, data, grid, noise, write_pair, write_polygons
from tests.prepared import prepare

LEFT, TOP = 500_000, 5_000_000


def block(row: int, col: int, height: int, width: int) -> Polygon:
    """The area of some pixels of the scene."""
    return box(LEFT + 10 * col, TOP - 10 * (row + height), LEFT + 10 * (col + width), TOP - 10 * row)


def scene(root: Path, areas: list[Any], ext: str = "gpkg", crs: str | None = UTM, **columns: Any) -> Triple:
    """A georeferenced scene of 96 x 128 pixels with polygons instead of a mask."""
    triple = write_pair(root, everywhere=grid())
    triple.label.unlink()
    label = write_polygons(root / "label" / f"scene.{ext}", areas, crs, **columns)
    return Triple("scene", triple.before, triple.after, label)


def mask(triple: Triple, **changes: Any) -> np.ndarray:
    """Its mask, read in windows that end within polygons."""
    found = rasters.inspect(triple, data(**changes))
    out = np.empty((96, 128), np.uint8)
    with rasters.open_scene(found, "bilinear") as reader:
        for row in range(0, 96, 24):
            for col in range(0, 128, 50):
                width = min(50, 128 - col)
                out[row : row + 24, col : col + width] = reader.read(row, col, 24, width)[1]
    return out


def expected(*blocks: tuple[int, int, int, int]) -> np.ndarray:
    out = np.zeros((96, 128), np.uint8)
    for row, col, height, width in blocks:
        out[row : row + height, col : col + width] = 1
    return out


ONE, TWO = (10, 20, 30, 40), (50, 100, 5, 28)


@pytest.mark.parametrize("ext", ["gpkg", "geojson", "shp", "fgb", "gml"])
def test_polygons_of_any_format_become_the_mask(tmp_path: Path, ext: str) -> None:
    triple = scene(tmp_path, [block(*ONE), MultiPolygon([block(*TWO)])], ext, "EPSG:4326" if ext == "geojson" else UTM)
    if ext == "geojson":  # whose coordinates are degrees
        areas = geopandas.GeoSeries([block(*ONE), block(*TWO)], crs=UTM).to_crs("EPSG:4326")
        write_polygons(triple.label, list(areas), "EPSG:4326")
    np.testing.assert_array_equal(mask(triple), expected(ONE, TWO))


@pytest.mark.parametrize("ext", ["gpkg", "geojson", "shp", "fgb"])
@pytest.mark.parametrize(
    ("where", "blocks"),
    [("kind = 'new' and year > 2015", [ONE]), ("kind in ('new', 'old')", [ONE, TWO]), ("year < 2000", [])],
)
def test_the_condition_picks_polygons(tmp_path: Path, ext: str, where: str, blocks: list[Any]) -> None:
    areas = geopandas.GeoSeries([block(*ONE), block(*TWO), Point(LEFT, TOP)], crs=UTM).to_crs("EPSG:4326")
    if ext == "shp":  # which holds one kind of geometry
        areas = areas[:2]
    columns = {"kind": ["new", "old", "tree"][: len(areas)], "year": [2020, 2020, 2020][: len(areas)]}
    triple = scene(tmp_path, list(areas), ext, "EPSG:4326", **columns)
    np.testing.assert_array_equal(mask(triple, label_where=where), expected(*blocks))


def test_a_pixel_belongs_to_the_polygon_that_holds_its_centre(tmp_path: Path) -> None:
    half = Polygon([(LEFT, TOP), (LEFT + 1280, TOP), (LEFT, TOP - 1280)])
    rows, cols = np.mgrid[:96, :128] + 0.5
    found = mask(scene(tmp_path, [half]))
    sure = abs(rows + cols - 128) > 0.1
    np.testing.assert_array_equal(found[sure], (rows + cols < 128)[sure])


def test_windows_give_what_the_whole_gives(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    centres = rng.uniform((LEFT - 50, TOP - 1000), (LEFT + 1330, TOP + 50), (60, 2))
    triple = scene(tmp_path, [Point(place).buffer(rng.uniform(1, 150)) for place in centres])
    with rasters.open_scene(rasters.inspect(triple, data()), "bilinear") as reader:
        whole = reader.read(0, 0, 96, 128)[1]
    np.testing.assert_array_equal(mask(triple), whole)
    assert 0.1 < whole.mean() < 0.9


def test_without_crs_coordinates_are_pixels(tmp_path: Path) -> None:
    triple = write_pair(tmp_path, ext=("png", "png", "png"))
    label = write_polygons(tmp_path / "label/scene.shp", [box(20, 10, 60, 40)], None)
    found = Triple("scene", triple.before, triple.after, label)
    np.testing.assert_array_equal(mask(found), expected(ONE))


def test_no_polygon_is_no_change(tmp_path: Path) -> None:
    assert not mask(scene(tmp_path, [])).any()


def test_prepare_takes_polygons_beside_masks(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    scene(root, [block(row, col, 4, 32) for row in range(0, 96, 32) for col in range(0, 128, 32)], "shp")
    write_pair(root, "other", before=noise())
    counts = prepare(root)
    assert counts["scenes"] == 2
    assert sum(counts[f"change_tiles_{name}"] for name in ("pool", "val", "test")) == 24


BOWTIE = Polygon([(LEFT, TOP), (LEFT + 50, TOP - 50), (LEFT + 50, TOP), (LEFT, TOP - 90)])
FLAT = Polygon([(LEFT, TOP), (LEFT + 50, TOP - 50), (LEFT, TOP)])


@pytest.mark.parametrize(
    ("areas", "changes", "message"),
    [
        ([block(*ONE), BOWTIE], {}, r"scene\.gpkg has an invalid outline in feature 2: Self-intersection.*mend it"),
        ([FLAT], {}, r"has no area in feature 1, expected valid polygons"),
        ([Polygon(), None, block(*ONE)], {}, r"has no area in feature 1 and 1 more, expected valid polygons"),
        ([block(*ONE), Point(0, 0)], {}, r"scene\.gpkg holds Point, expected polygons"),
        ([block(*ONE)], {"crs": None}, r"scene\.gpkg has no CRS, but its scene is in EPSG:32632"),
        ([block(*ONE)], {"crs": "EPSG:32633"}, r"scene\.gpkg and .*A/scene\.tif do not overlap on the ground"),
        ([box(9, 45.1, 9.01, 45.11)], {}, r"\(polygons at 9 45\.1 9\.01 45\.11, scene at 500000 "),
        ([block(*ONE)], {"crs": "EPSG:4326"}, r"do not overlap on the ground"),
        ([block(*ONE)], {"where": "colour = 'red'"}, r"data\.label_where is \"colour = 'red'\" .*\(kind\); correct it"),
        ([block(*ONE)], {"where": "kind = "}, r"data\.label_where is 'kind = ' "),
    ],
)  # fmt: skip
def test_polygons_that_do_not_fit(tmp_path: Path, areas: list[Any], changes: dict[str, Any], message: str) -> None:
    where = changes.pop("where", None)
    triple = scene(tmp_path, areas, kind=["new"] * len(areas), **changes)
    with pytest.raises(UserError, match=message) as caught:
        rasters.inspect(triple, data(label_where=where))
    assert "\n" not in str(caught.value)


def test_polygons_of_a_scene_without_crs_must_have_none(tmp_path: Path) -> None:
    triple = write_pair(tmp_path, ext=("png", "png", "png"))
    label = write_polygons(tmp_path / "label/scene.gpkg", [block(*ONE)])
    with pytest.raises(UserError, match=r"A/scene\.png has no CRS, but its polygons are in EPSG:32632"):
        rasters.inspect(Triple("scene", triple.before, triple.after, label), data())


@pytest.mark.parametrize("ext", ["gpkg", "geojson"])
def test_a_broken_vector_file_is_named(tmp_path: Path, ext: str) -> None:
    triple = scene(tmp_path, [block(*ONE)], ext)
    triple.label.write_bytes(triple.label.read_bytes()[:150])
    with pytest.raises(UserError, match=rf"scene\.{ext} cannot be read .*export it again") as caught:
        rasters.inspect(triple, data())
    assert "\n" not in str(caught.value)


def test_two_layers_are_refused(tmp_path: Path) -> None:
    triple = scene(tmp_path, [block(*ONE)])
    geopandas.GeoDataFrame(geometry=[block(*TWO)], crs=UTM).to_file(triple.label, layer="second")
    with pytest.raises(UserError, match="has the layers scene, second, expected one"):
        rasters.inspect(triple, data())


def test_a_condition_needs_polygons(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"label/scene\.tif is an image, but data\.label_where is set"):
        rasters.inspect(write_pair(tmp_path), data(label_where="a = 1"))
