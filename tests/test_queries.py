"""queries/rNN: what people get to see."""

import json
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from PIL import Image

from cdal import store
from cdal import tiles as tile_store
from cdal.annotations import importing, label_studio, masks, polygons
from cdal.queries import asked, folder, footprints, pictures
from tests import questions
from tests.imagery import data, grid, split, write_pair


@pytest.fixture(scope="module", params=["EPSG:32632", ""])
def images(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiles of two scenes, with and without a place on the ground."""
    root = tmp_path_factory.mktemp("scenes")
    for i in range(2):
        options = {"everywhere": grid(left=500_000 + 5000 * i)} if request.param else {}
        write_pair(root, f"s{i}", **options)
    tile_store.prepare(root, root / "images", root / "labels", data=data(), split=split())
    return root / "images"


def ask(images: Path, out: Path, *, predicted: bool = True) -> list[asked.Asked]:
    ids = list(store.load_images(images)[1]["tile_id"])[:4][::-1]
    probabilities = np.zeros((4, 16, 16), np.float32)
    probabilities[:, :8] = 0.9
    options = {"scores": [0.4, 0.3, 0.2, 0.1], "probabilities": probabilities} if predicted else {}
    return folder.write(out, images, ids, **options)


def test_everything_is_there_and_in_order(images: Path, tmp_path: Path) -> None:
    tiles = ask(images, tmp_path / "r01")
    assert asked.read(tmp_path / "r01") == tiles
    assert [tile.rank for tile in tiles] == [1, 2, 3, 4]
    frame = gpd.read_file(tmp_path / "r01/tiles.gpkg", layer="tiles")
    assert frame["tile_id"].tolist() == [tile.tile_id for tile in tiles]
    assert frame["score"].tolist() == [0.4, 0.3, 0.2, 0.1] and set(frame["status"]) == {"open"}
    assert set(pyogrio.list_layers(tmp_path / "r01/tiles.gpkg")[:, 0]) == {"tiles", "changes"}
    bounds = frame.geometry.bounds.to_numpy()[0]
    left, bottom, right, top = tiles[0].bounds
    assert bounds.tolist() == [left, min(bottom, top), right, max(bottom, top)]


def test_pictures_hold_the_tile_itself(images: Path, tmp_path: Path) -> None:
    tiles = ask(images, tmp_path / "r01")
    pixels, index = store.load_images(images)
    row = index["tile_id"].tolist().index(tiles[0].tile_id)
    for position, date in enumerate(("before", "after")):
        assert Image.open(tmp_path / f"r01/{date}/{tiles[0].tile_id}.png").size == (32, 32)
        geotiff = tmp_path / f"r01/{date}/{tiles[0].tile_id}.tif"
        assert geotiff.exists() == bool(tiles[0].crs)
        if tiles[0].crs:
            with rasterio.open(geotiff) as file:
                assert file.crs == tiles[0].crs and np.allclose(file.bounds, tiles[0].bounds)
                assert (np.moveaxis(file.read(), 0, -1) == pixels[row, position]).all()


def test_a_coarse_prediction_is_brought_to_the_size_of_the_tile() -> None:
    probabilities = np.zeros((1, 4, 4), np.float32)
    probabilities[0, :2] = 1
    mask = pictures.predicted(probabilities, 8, 0.5)[0]
    assert mask.shape == (8, 8) and mask[:4].all() and not mask[4:].any()


def test_the_prediction_can_be_edited_and_imported(images: Path, tmp_path: Path) -> None:
    tiles = ask(images, tmp_path / "queries/r01")
    found = masks.read(tmp_path / "queries/r01/prediction", tiles, "ana")
    assert not found.problems and all(one.mask[:16].all() and not one.mask[16:].any() for one in found.annotations)


def test_label_studio_gets_all_it_needs(images: Path, tmp_path: Path) -> None:
    tiles = ask(images, tmp_path / "r01")
    tasks = json.loads((tmp_path / "r01/label_studio/tasks.json").read_text())
    view = ElementTree.parse(tmp_path / "r01/label_studio/config.xml").getroot()
    assert {image.get("value") for image in view.iter("Image")} == {"$before", "$after"}
    assert {label.get("value") for label in view.iter("Label")} == {"Change", "Can't tell"}
    assert all(task["data"]["before"].startswith("data:image/png;base64,") for task in tasks)
    accepted = [{**task, "annotations": [{"result": task["predictions"][0]["result"]}]} for task in tasks]
    found = label_studio.read(accepted, tiles)
    assert not found.problems and all(one.mask[:16].all() and not one.mask[16:].any() for one in found.annotations)


def test_the_page_is_relative_and_complete(images: Path, tmp_path: Path) -> None:
    tiles = ask(images, tmp_path / "r01")
    page = (tmp_path / "r01/index.html").read_text()
    links = re.findall(r'src="([^"]+)"', page)
    assert len(links) == 3 * len(tiles) and all((tmp_path / "r01" / link).is_file() for link in links)
    assert "http" not in page and "1. <b>" in page


def test_before_there_is_a_model(images: Path, tmp_path: Path) -> None:
    tiles = ask(images, tmp_path / "r00", predicted=False)
    assert not (tmp_path / "r00/prediction").exists()
    assert "prediction" not in (tmp_path / "r00/index.html").read_text()
    assert "predictions" not in json.loads((tmp_path / "r00/label_studio/tasks.json").read_text())[0]
    assert all(np.isnan(tile.score) for tile in asked.read(tmp_path / "r00")) and len(tiles) == 4


def test_the_same_questions_are_the_same_bytes(images: Path, tmp_path: Path) -> None:
    ask(images, tmp_path / "a/r01")
    ask(images, tmp_path / "b/r01")
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert all((tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes() for path in files)


def test_the_layer_of_changes_can_be_drawn_in(images: Path, tmp_path: Path) -> None:
    """As in QGIS: polygons into `changes`, and done into `tiles`, in a copy of tiles.gpkg."""
    ask(images, tmp_path / "queries/r01")
    path = tmp_path / "mine.gpkg"
    path.write_bytes((tmp_path / "queries/r01/tiles.gpkg").read_bytes())
    tiles = gpd.read_file(path, layer="tiles")
    drawn = gpd.GeoDataFrame({"tile_id": tiles["tile_id"][:1], "labeller": ["eva"]}, geometry=tiles.geometry[:1])
    tiles["status"] = "done"
    with warnings.catch_warnings(action="ignore"):  # of a missing CRS
        pyogrio.write_dataframe(drawn, path, layer="changes", append=True, promote_to_multi=False)
        pyogrio.write_dataframe(tiles, path, layer="tiles")
    said = importing.take(
        path,
        tmp_path / "queries/r01",
        tmp_path / "out/r01",
        labeller="ana",
        partial=False,
        all_seen=False,
        replace=False,
    )
    assert "4 tiles labelled by eva, 1 of them with change" in said


def test_tiles_of_several_crs_lie_in_degrees(tmp_path: Path) -> None:
    both = [*questions.tiles(1), *questions.tiles(2, crs="EPSG:32633")[1:]]
    footprints.write(tmp_path / "tiles.gpkg", both)
    frame = gpd.read_file(tmp_path / "tiles.gpkg", layer="tiles")
    assert frame.crs == "EPSG:4326"
    west, east = frame.geometry.bounds["minx"]
    assert west == pytest.approx(9.0, abs=1e-3) and east == pytest.approx(
        15.0, abs=1e-2
    )  # both zones' middle meridians
    drawn = gpd.GeoDataFrame(geometry=frame.geometry[1:], crs=frame.crs)
    drawn.to_file(tmp_path / "mine.gpkg")
    found = polygons.read(tmp_path / "mine.gpkg", both, "ana", all_seen=False)
    assert [one.tile_id for one in found.annotations] == ["t1"] and found.annotations[0].mask.mean() > 0.9


def test_questions_that_are_not_there() -> None:
    with pytest.raises(Exception, match=r"run `dvc repro` until it asks for r07"):
        asked.read(Path("nowhere/r07"))
