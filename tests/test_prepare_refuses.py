"""What prepare refuses, in one line and with nothing written."""

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from cdal.errors import UserError
from tests.imagery import noise, stripes, write, write_pair
from tests.prepared import PNG, prepare, two_scenes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return two_scenes(tmp_path / "raw")


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
