"""Imagery that breaks on the way: one line, and the tiles of before stay as they are."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio.transform import Affine
from shapely import Polygon, box

from cdal.errors import UserError
from tests.imagery import grid, noise, stripes, write, write_pair, write_polygons
from tests.prepared import content, prepare

TILED = {"tiled": True, "blockxsize": 32, "blockysize": 32, "compress": "deflate"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two georeferenced scenes that have been prepared."""
    for index, name in enumerate("ab"):
        place = grid(500_000 + 5000 * index)
        write_pair(tmp_path / "raw", name, everywhere=place, on_before=TILED, on_after=TILED)
    prepare(tmp_path / "raw")
    return tmp_path / "raw"


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def damage(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 300] = bytes(300)
    path.write_bytes(whole)


def rotate(path: Path) -> None:
    write(path, noise(), crs="EPSG:32632", transform=Affine(10, 1, 505_000, 1, -10, 5_000_000))


def polygons(area: Polygon, crs: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        path.unlink()
        write_polygons(path.with_suffix(".gpkg"), [area], crs)

    return spoil


SPOILS: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "truncated download": ("A/b.tif", cut_off, r"A/b\.tif cannot be read .*expected an intact PNG, JPEG or TIFF"),
    "truncated mask": ("label/b.tif", cut_off, r"label/b\.tif cannot be read "),
    "unreadable block": ("B/b.tif", damage, r"B/b\.tif cannot be read "),
    "no crs on one": ("B/b.tif", lambda path: write(path, noise()), r"A/b\.tif is in EPSG:32632, .*b\.tif has no CRS"),
    "no overlap": ("B/b.tif", lambda path: write(path, noise(), **grid(900_000)), r"B/b\.tif and .* do not overlap"),
    "rotated": ("B/b.tif", rotate, r"B/b\.tif has a rotated grid"),
    "other bands": (
        "B/b.tif",
        lambda path: write(path, noise(bands=4), **grid(505_000)),
        r"B/b\.tif has 4 bands, .*A/b\.tif 3",
    ),
    "mask of another scene": (
        "label/b.tif",
        lambda path: write(path, stripes(), **grid()),
        r"label/b\.tif and .* do not overlap",
    ),
    "polygons elsewhere": (
        "label/b.tif",
        polygons(box(9, 45, 9.1, 45.1), "EPSG:32632"),
        r"label/b\.gpkg and .* do not overlap",
    ),
    "flat polygon": (
        "label/b.tif",
        polygons(Polygon([(505_000, 5e6), (505_500, 5e6), (505_000, 5e6)]), "EPSG:32632"),
        r"label/b\.gpkg has no area in feature 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILS)
def test_the_old_tiles_stay(root: Path, case: str) -> None:
    name, spoil, message = SPOILS[case]
    old = content(root.parent / "out")
    spoil(root / name)
    with pytest.raises(UserError, match=message) as caught:
        prepare(root)
    assert "\n" not in str(caught.value)
    assert content(root.parent / "out") == old
    assert sorted(path.name for path in (root.parent / "out").iterdir()) == ["images", "labels"]


def test_scenes_of_other_bands_or_depth_are_listed(root: Path) -> None:
    old = content(root.parent / "out")
    for name, image in (("c", noise(bands=4)), ("d", noise(dtype="uint16")), ("e", noise(dtype="uint16", seed=9))):
        write_pair(root, name, before=image)
    with pytest.raises(
        UserError, match=r"scenes differ: 3 .* uint8 in a, b; 4 .* uint8 in c; 3 bands of uint16 in d, e;"
    ):
        prepare(root)
    assert content(root.parent / "out") == old


@pytest.mark.parametrize("limit", [200, 20_000, 100_000])
def test_files_that_may_not_grow_leave_the_old_tiles(root: Path, limit: int) -> None:
    """As on a full disk: the system itself refuses to write on."""
    old = content(root.parent / "out")
    code = f"""
import resource, sys
from pathlib import Path
from cdal.errors import UserError
from tests.prepared import prepare
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    prepare(Path({str(root)!r}), seed=2)
except UserError as error:
    sys.exit(str(error))
"""
    repository = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "cannot write" in last and "File too large" in last and "run it again" in last
    assert content(root.parent / "out") == old
    assert sorted(path.name for path in (root.parent / "out").iterdir()) == ["images", "labels"]


def test_full_disk_leaves_the_old_tiles(root: Path) -> None:
    disk = root.parent / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not permitted")
    try:
        (disk / "out").mkdir()
        (root.parent / "out").rename(root.parent / "first")
        (root.parent / "out").symlink_to(disk / "out")
        prepare(root)
        old = content(disk / "out")
        write_pair(root, "c", before=np.concatenate([noise()] * 3, axis=1), everywhere=grid(520_000))
        with pytest.raises(UserError, match=r"cannot write .*No space left on device.*free space"):
            prepare(root)
        assert content(disk / "out") == old
        assert sorted(path.name for path in (disk / "out").iterdir()) == ["images", "labels"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)
