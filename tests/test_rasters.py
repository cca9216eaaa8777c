"""Opening, checking, aligning and reading triples; every file is made here."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform

from cdal import rasters
from cdal.errors import UserError
from cdal.params import Data
from cdal.rasters import Triple
from tests.imagery import data, grid, noise, stripes, write, write_pair

GRID = {"everywhere": grid()}


def read(triple: Triple, parameters: Data | None = None) -> tuple[np.ndarray, np.ndarray]:
    parameters = parameters or data()
    scene = rasters.inspect(triple, parameters)
    with rasters.open_scene(scene, parameters.resampling) as reader:
        return reader.read(0, 0, scene.frame.height, scene.frame.width)


@pytest.mark.parametrize("dtype", rasters.DTYPES)
@pytest.mark.parametrize("georeferencing", [{}, GRID])
def test_read_gives_the_files_pixels(tmp_path: Path, dtype: str, georeferencing: dict[str, Any]) -> None:
    before, after = noise(dtype=dtype, seed=3), noise(dtype=dtype, seed=4)
    pairs, mask = read(write_pair(tmp_path, before=before, after=after, **georeferencing))
    np.testing.assert_array_equal(pairs, [before, after])
    assert pairs.dtype == dtype
    np.testing.assert_array_equal(mask, stripes(value=1)[0])


def test_read_gives_a_window(tmp_path: Path) -> None:
    triple = write_pair(tmp_path, before=noise(seed=3), ext=("png", "png", "png"))
    with rasters.open_scene(rasters.inspect(triple, data()), "bilinear") as reader:
        pairs, mask = reader.read(7, 11, 20, 30)
    np.testing.assert_array_equal(pairs[0], noise(seed=3)[:, 7:27, 11:41])
    assert mask.shape == (20, 30)


def test_bands_are_selected_and_reordered(tmp_path: Path) -> None:
    before = noise(bands=13, dtype="uint16")
    pairs, _ = read(write_pair(tmp_path, before=before), data(bands=[4, 3, 13]))
    np.testing.assert_array_equal(pairs[0], before[[3, 2, 12]])


def test_transparency_of_png_is_no_data(tmp_path: Path) -> None:
    before = noise(bands=4)
    before[3] = 255
    before[3, :10] = 0
    pairs, mask = read(write_pair(tmp_path, before=before, ext=("png", "png", "png")))
    assert pairs.shape[1] == 3
    assert (mask[:10] == 255).all() and (mask[10:] != 255).any(axis=0).all()


@pytest.mark.parametrize("shift", [0, 20])
def test_fourth_band_of_tiff_is_data_unless_left_out(tmp_path: Path, shift: int) -> None:
    after = noise(bands=4)
    after[3, 40:50, 40:50] = 0
    triple = write_pair(tmp_path, before=noise(bands=4), after=after, **GRID, on_after=grid(500_000 + shift))
    pixels = shift // 10
    pairs, mask = read(triple)
    np.testing.assert_array_equal(pairs[1][:, :, pixels:], after[:, :, : 128 - pixels])
    assert (mask[:, pixels:] != 255).all() and (mask[:, :pixels] == 255).all()
    _, mask = read(triple, data(bands=[1, 2, 3]))
    assert (mask[40:50, 40 + pixels : 50 + pixels] == 255).all()


def test_nodata_of_any_band_and_date_is_ignored(tmp_path: Path) -> None:
    before, after = noise(seed=3), noise(seed=4)
    before[:, 0], before[1, 1], after[2, 2] = 0, 0, 0
    _, mask = read(write_pair(tmp_path, before=before, after=after, everywhere=grid(), on_label={}))
    assert (mask != 255).all()
    missing = {"on_before": {"nodata": 0}, "on_after": {"nodata": 0}}
    _, mask = read(write_pair(tmp_path, before=before, after=after, **GRID, **missing))
    assert (mask[:3] == 255).all() and (mask[3:] != 255).all()


@pytest.mark.parametrize("shift", [0, 10])
def test_dataset_mask_is_ignored(tmp_path: Path, shift: int) -> None:
    triple = write_pair(tmp_path, **GRID)
    valid = np.full((96, 128), 255, np.uint8)
    valid[5:9, 20:30] = 0
    write(triple.after, noise(seed=2), valid, **grid(500_000 + shift))
    _, mask = read(triple)
    expected = np.zeros((96, 128), bool)
    expected[5:9, 20 + shift // 10 : 30 + shift // 10] = True
    expected[:, : shift // 10] = True
    np.testing.assert_array_equal(mask == 255, expected)


@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "cubic", "average"])
def test_after_shifted_by_whole_pixels_is_aligned_exactly(tmp_path: Path, resampling: str) -> None:
    after = noise(110, 120, dtype="uint16", seed=4)
    triple = write_pair(
        tmp_path,
        before=noise(dtype="uint16"),
        after=after,
        on_after=grid(500_050, 4_999_970),
        on_before=grid(),
        on_label=grid(),
    )
    pairs, mask = read(triple, data(resampling=resampling))
    np.testing.assert_array_equal(pairs[1][:, 3:, 5:125], after[:, :93])
    assert (mask[:3] == 255).all() and (mask[:, :5] == 255).all() and (mask[:, 125:] == 255).all()
    assert (mask[3:, 5:125] != 255).all()


def test_alignment_to_another_crs_and_resolution_keeps_places(tmp_path: Path) -> None:
    rows, cols = np.mgrid[:96, :128]
    before = np.stack([100 + cols, 100 + rows]).astype(np.uint16)
    x, y = 9.0, 45.15
    fine = np.mgrid[:400, :400]
    triple = write_pair(
        tmp_path,
        before=before,
        after=np.stack([fine[1], fine[0]]).astype(np.uint16),
        label=stripes(),
        on_before=grid(500_000, 4_999_000),
        on_label=grid(500_000, 4_999_000),
        on_after=grid(x, y, 5e-5, "EPSG:4326"),
    )
    pairs, mask = read(triple)
    valid = mask != 255
    assert valid.mean() > 0.9
    lon, lat = transform("EPSG:32632", "EPSG:4326", 500_005 + 10 * cols[valid], 4_998_995 - 10 * rows[valid])
    expected = np.stack([(np.array(lon) - x) / 5e-5 - 0.5, (y - np.array(lat)) / 5e-5 - 0.5])
    assert np.abs(pairs[1][:, valid] - expected).max() < 1


def test_nodata_does_not_bleed_when_resampled(tmp_path: Path) -> None:
    after = np.full((3, 96, 128), 1000, np.uint16)
    after[1, 40:50, 40:50] = 65535
    triple = write_pair(
        tmp_path,
        before=noise(dtype="uint16"),
        after=after,
        on_before=grid(),
        on_label=grid(),
        on_after=grid(500_004, 4_999_997) | {"nodata": 65535},
    )
    pairs, mask = read(triple)
    assert set(np.unique(pairs[1][:, mask != 255])) == {1000}
    assert 64 <= (mask[30:60, 30:60] == 255).sum() <= 144


def test_label_on_another_grid_is_aligned_by_nearest(tmp_path: Path) -> None:
    label = np.zeros((1, 48, 60), np.uint8)
    label[:, 10:20, 5:9] = 1
    _, mask = read(write_pair(tmp_path, label=label, **GRID, on_label=grid(pixel=20)))
    expected = np.kron(label[0], np.ones((2, 2)))
    np.testing.assert_array_equal(mask[:, :120], expected)
    assert (mask[:, 120:] == 255).all()


def test_label_without_crs_lies_on_the_before_grid(tmp_path: Path) -> None:
    _, mask = read(write_pair(tmp_path, on_before=grid(), on_after=grid(), ext=("tif", "tif", "png")))
    np.testing.assert_array_equal(mask, stripes(value=1)[0])


def test_declared_nodata_of_a_label_means_nothing(tmp_path: Path) -> None:
    options = {"everywhere": grid(), "on_label": {"nodata": 0}}
    _, mask = read(write_pair(tmp_path, **options))
    np.testing.assert_array_equal(mask, stripes(value=1)[0])


@pytest.mark.parametrize(("shift", "same"), [(0, True), (1e-6, True), (1e-3, False)])
def test_grids_are_the_same_within_a_millionth_of_a_pixel(tmp_path: Path, shift: float, same: bool) -> None:
    triple = write_pair(tmp_path, **GRID, on_after=grid(500_000 + shift))
    with rasters.open_scene(rasters.inspect(triple, data()), "bilinear") as reader:
        assert isinstance(reader._dates[1], WarpedVRT) is not same


def test_equal_bands_of_a_mask_are_one_mask(tmp_path: Path) -> None:
    _, mask = read(write_pair(tmp_path, label=np.repeat(stripes(), 3, axis=0), ext=("png", "jpg", "png")))
    np.testing.assert_array_equal(mask, stripes(value=1)[0])


NAMED = {"crs": None, "transform": Affine(10, 0, 700_000, 0, -10, 5_000_000)}
ROTATED = {"transform": Affine(10, 1, 500_000, 1, -10, 5_000_000)}
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "sizes": ({"after": noise(90)}, {}, r"B/scene.tif has 128 x 90 pixels, .*expected the same size"),
    "label size": ({"label": stripes(90)}, GRID | {"on_label": {"crs": None}}, "label/scene.tif has 128"),
    "band counts": ({"after": noise(bands=2)}, {}, "has 2 bands, .*expected the same"),
    "dtypes": ({"after": noise(dtype="uint16")}, {}, "is uint16, .*uint8, expected the same"),
    "dtype": ({"before": noise().astype("float32"), "after": noise()}, {}, "is float32, expected uint8"),
    "many bands": ({"before": noise(bands=14)}, {}, "has 14 bands, .*expected 1 to 13"),
    "one crs": ({}, {"on_before": grid()}, "A/scene.tif is in EPSG:32632, .*B/scene.tif has no CRS"),
    "elsewhere": ({}, GRID | {"on_after": grid(900_000)}, "B/scene.tif and .* do not overlap"),
    "label elsewhere": ({}, GRID | {"on_label": grid(900_000)}, "label/scene.tif and .* do not overlap"),
    "rotated": ({}, GRID | {"on_after": ROTATED}, "B/scene.tif has a rotated grid"),
    "rotated before": ({}, {"everywhere": grid() | ROTATED}, "A/scene.tif has a rotated grid"),
    "no crs": ({}, {"everywhere": grid(crs=None), "on_after": NAMED}, "at different places but have no CRS"),
    "mask bands": ({"label": noise()}, {}, "bands that differ"),
    "mask values": ({"label": stripes(value=7)}, {}, "label/scene.tif has mask values 0, 7 "),
    "large values": ({"label": stripes().astype("uint16") * 257}, {}, "values from 0 to 65535, expected"),
    "mask of floats": ({"label": stripes().astype("float32")}, {}, "is float32, expected whole numbers"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_inspect_refuses(tmp_path: Path, case: str) -> None:
    images, options, message = REFUSED[case]
    triple = write_pair(tmp_path, **images, **options)
    with pytest.raises(UserError, match=message) as caught:
        rasters.inspect(triple, data())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bands", [[4], [], [1] * 14])
def test_inspect_refuses_bands(tmp_path: Path, bands: list[int]) -> None:
    with pytest.raises(UserError, match=r"correct data\.bands"):
        rasters.inspect(write_pair(tmp_path), data(bands=bands))


def test_inspect_refuses_indexed_colours(tmp_path: Path) -> None:
    triple = write_pair(tmp_path, before=noise(bands=1))
    with rasters.session():
        with rasterio.open(triple.before, "r+") as file:
            file.write_colormap(1, {1: (0, 0, 0, 255)})
        with pytest.raises(UserError, match="indexed colours"):
            rasters.inspect(triple, data())


@pytest.mark.parametrize("ext", ["png", "jpg", "tif"])
@pytest.mark.parametrize("date", ["before", "after"])
def test_truncated_image_is_named(tmp_path: Path, ext: str, date: str) -> None:
    path: Path = getattr(triple := write_pair(tmp_path, ext=(ext, ext, "png")), date)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match=rf"{(date[0] == 'b' and 'A') or 'B'}/scene.{ext} cannot be read"):
        read(triple)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n"])
@pytest.mark.parametrize("kind", ["before", "label"])
def test_file_that_is_no_image_is_named(tmp_path: Path, content: bytes, kind: str) -> None:
    path: Path = getattr(triple := write_pair(tmp_path, ext=("png", "png", "png")), kind)
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"scene\.png cannot be read"):
        read(triple)


def test_broken_block_in_the_middle_is_named(tmp_path: Path) -> None:
    tiled = {"tiled": True, "blockxsize": 32, "blockysize": 32, "compress": "deflate"}
    triple = write_pair(tmp_path, on_after=tiled)
    content = bytearray(triple.after.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    triple.after.write_bytes(content)
    with pytest.raises(UserError, match=r"B/scene\.tif cannot be read") as caught:
        read(triple)
    assert "\n" not in str(caught.value)
