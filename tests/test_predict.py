"""`python -m cdal predict`: files that other programs open, models from folders and MLflow, and what is refused."""

import subprocess
import sys
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import Affine

from cdal import checkpoint, params, tracking
from cdal.__main__ import main
from cdal.tracking import models, store
from tests.imagery import UTM, grid, noise, write
from tests.test_mapping_predict import pair, read
from tests.tiny import ROOT, model_folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of one network with the statistics of three MCBN passes."""
    return model_folder(tmp_path_factory.mktemp("round") / "model")


def predict(before: Path, after: Path, out: Path, model: Path | str, *words: object) -> None:
    main(["predict", *map(str, (before, after, "--model", model, "--out", out, *words))])


def refused(*words: object) -> str:
    """The one line of a call that fails."""
    with pytest.raises(SystemExit) as caught:
        predict(*words)
    text = str(caught.value)
    assert text.startswith("cdal: ") and "\n" not in text
    return text


def test_a_cloud_optimised_geotiff_on_the_grid_of_before(model: Path, tmp_path: Path, capsys) -> None:
    before, after = pair(tmp_path, 100, 700)
    predict(before, after, tmp_path / "maps" / "change.tif", model, "--threshold", 0.4)
    with rasterio.open(tmp_path / "maps" / "change.tif") as image, rasterio.open(before) as source:
        assert image.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert image.compression.name == "deflate" and image.block_shapes[0] == (512, 512)
        assert (image.crs, image.transform, image.shape) == (source.crs, source.transform, source.shape)
        assert image.descriptions == ("probability", "change", "uncertainty")
        assert image.dtypes == ("float32",) * 3 and np.isnan(image.nodata)
        assert {"uncertainty": "Entropy", "threshold": "0.4", "passes": "3"}.items() <= image.tags().items()
        probability, change, entropy = image.read()
    assert np.array_equal(change, probability >= 0.4) and 0 < change.mean() < 1
    assert (entropy >= 0).all() and (entropy <= np.log(2) + 1e-6).all()
    said = f"{int(change.sum())} of 70000 pixels with data changed"
    assert said in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["change.tif"], "nothing is left behind"


def test_after_on_another_grid_and_pixels_without_data(model: Path, tmp_path: Path) -> None:
    """After begins 20 pixels further right, at half the ground sampling distance; before lacks a corner."""
    image = noise(64, 96)
    image[:, :10, 90:] = 0
    before = write(tmp_path / "before.tif", image, nodata=0, **grid())
    after = write(tmp_path / "after.tif", noise(128, 152, seed=2), **grid(500_000 + 200, pixel=5))
    predict(before, after, tmp_path / "out.tif", model)
    found = np.isnan(read(tmp_path / "out.tif"))
    missing = np.zeros((64, 96), bool)
    missing[:, :20] = missing[:10, 90:] = True
    assert (found == missing).mean() > 0.97 and (found[0] == found[2]).all(), "resampling takes a pixel more or less"
    assert found[:, 30, :19].all() and found[:, 5, 91:].all() and not found[:, 20:, 22:].any()


def test_polygons_have_area_and_mean_probability(model: Path, tmp_path: Path) -> None:
    before, after = pair(tmp_path, 96, 160)
    predict(before, after, tmp_path / "out.tif", model, "--polygons", tmp_path / "out.gpkg", "--threshold", 0.45)
    probability, change, _ = read(tmp_path / "out.tif")
    regions = geopandas.read_file(tmp_path / "out.gpkg", layer="change")
    assert regions.crs == UTM and len(regions) > 1
    assert regions["pixels"].sum() == change.sum()
    assert np.allclose(regions["area_m2"], regions["pixels"] * 100), "pixels of 10 m"
    assert np.allclose(regions.area, regions["area_m2"])
    mean = np.average(regions["probability"], weights=regions["pixels"])
    assert mean == pytest.approx(probability[change == 1].mean(), abs=1e-5)
    assert list(regions["pixels"]) == sorted(regions["pixels"], reverse=True)


def test_pictures_give_a_mask_and_an_array(model: Path, tmp_path: Path) -> None:
    before, after = (write(tmp_path / f"{name}.png", noise(50, 70, seed=i)) for i, name in enumerate("ab"))
    predict(before, after, tmp_path / "out.png", model, "--uncertainty", "BALD", "--polygons", tmp_path / "out.gpkg")
    mask, layers = np.asarray(Image.open(tmp_path / "out.png")), np.load(tmp_path / "out.npy")
    assert layers.shape == (50, 70, 3) and layers.dtype == np.float32
    assert np.array_equal(mask, layers[..., 1].astype(np.uint8) * 255)
    regions = geopandas.read_file(tmp_path / "out.gpkg")
    assert regions.crs is None and regions["pixels"].sum() == (mask == 255).sum()
    if len(regions):
        left, bottom, right, top = regions.total_bounds
        assert left >= 0 and right <= 70 and top <= 0 and bottom >= -50, "x = column, y = -row, as QGIS shows pictures"


def test_models_of_mlflow_give_the_map_of_their_checkpoint(own_store: Path, model: Path, tmp_path: Path) -> None:
    checkpoint.export(model, tmp_path / "exported")
    with tracking.stage(params.load(ROOT / "params.yaml"), "retrain", round="r01") as run:
        logged = models.log_model(run.run, tmp_path / "exported", "change_r01")
    assert logged
    store.client().create_registered_model("change")
    store.client().create_model_version("change", f"models:/{logged}", run.run)
    before, after = pair(tmp_path, 64, 96)
    for kind in ("MCBN", "Single"):
        predict(before, after, tmp_path / "folder.tif", model, "--posterior", kind)
        for uri in (f"models:/{logged}", "models:/change/1", f"runs:/{run.run}/change_r01"):
            predict(before, after, tmp_path / "mlflow.tif", uri, "--posterior", kind)
            assert np.abs(read(tmp_path / "mlflow.tif") - read(tmp_path / "folder.tif")).max() < 1e-4
    line = refused(before, after, tmp_path / "none.tif", "models:/change/7")
    assert "models:/change/7 cannot be fetched" in line and not (tmp_path / "none.tif").exists()


SPOILS = {
    "crs on one": ({}, r"EPSG:32632"),
    "no overlap": (grid(900_000), r"do not overlap"),
    "rotated": ({"crs": UTM, "transform": Affine(10, 1, 500_000, 1, -10, 5_000_000)}, r"rotated grid"),
}


@pytest.mark.parametrize("case", SPOILS)
def test_images_that_do_not_fit(tmp_path: Path, case: str) -> None:
    """Found before TensorFlow starts; the old map stays."""
    options, message = SPOILS[case]
    before = write(tmp_path / "before.tif", noise(), **grid())
    after = write(tmp_path / "after.tif", noise(seed=2), **options)
    out = tmp_path / "out.tif"
    out.write_bytes(b"old")
    assert message in refused(before, after, out, tmp_path / "model")
    assert out.read_bytes() == b"old"


def test_what_else_is_refused(model: Path, tmp_path: Path) -> None:
    before, after = pair(tmp_path, 64, 96)
    four = write(tmp_path / "four.tif", noise(64, 96, bands=4), **grid())
    out = tmp_path / "out.tif"
    assert ".jpg, expected .tif or .png" in refused(before, after, tmp_path / "out.jpg", model)
    assert "expected .gpkg" in refused(before, after, out, model, "--polygons", tmp_path / "out.shp")
    assert "multiples of 32" in refused(before, after, out, model, "--window", 100)
    assert "nothing holds no model of cdal" in refused(before, after, out, tmp_path / "nothing")
    assert "too few for Ensemble" in refused(before, after, out, model, "--posterior", "Ensemble")
    assert "is 0 everywhere" in refused(before, after, out, model, "--posterior", "Single", "--uncertainty", "Variance")
    assert "4 bands of uint8, the model was trained on 3" in refused(four, four, out, model)
    predict(four, four, out, model, "--bands", 3, 2, 1)
    assert out.exists()


def test_a_block_that_cannot_be_read_leaves_the_old_map(model: Path, tmp_path: Path) -> None:
    tiled = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
    before, after = pair(tmp_path, 256, 256, **tiled)
    whole = bytearray(after.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 300] = bytes(300)
    after.write_bytes(whole)
    out = tmp_path / "out.tif"
    out.write_bytes(b"old")
    assert f"{after} cannot be read" in refused(before, after, out, model)
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after.tif", "before.tif", "out.tif"]


def test_files_that_may_not_grow_leave_the_old_map(model: Path, tmp_path: Path) -> None:
    """As on a full disk: the system itself refuses to write on."""
    before, after = pair(tmp_path, 256, 256)
    out = tmp_path / "out.tif"
    out.write_bytes(b"old")
    code = (
        "import resource, sys; from cdal.__main__ import main; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000,) * 2)"
        f"; main(['predict', {str(before)!r}, {str(after)!r}, '--model', {str(model)!r}, '--out', {str(out)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and last.startswith(f"cdal: cannot write {out}")
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after.tif", "before.tif", "out.tif"]
