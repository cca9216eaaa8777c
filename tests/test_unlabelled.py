"""Preparing imagery whose pool people will label."""

from pathlib import Path

import numpy as np
import pytest

from cdal import store, tiles
from cdal.errors import UserError
from tests.imagery import data, noise, split, stripes, write_pair


def scenes(root: Path, **lists: str) -> Path:
    for name in "abc":
        write_pair(root, name)
    for part, names in lists.items():
        (root / "list").mkdir(exist_ok=True)
        (root / f"list/{part}.txt").write_text("\n".join(names))
    return root


def prepare(root: Path, **options: object) -> tuple[np.ndarray, object, object]:
    tiles.prepare(
        root, root / "out/images", root / "out/labels", data=data(ignore_value=options.pop("ignore", None)),
        split=split(by="list", **options), people=True,
    )  # fmt: skip
    masks, table = store.load_labels(root / "out/labels")
    return masks, table, store.load_images(root / "out/images")[1]


def test_nothing_is_known_of_the_pool_even_where_labels_are(tmp_path: Path) -> None:
    masks, table, index = prepare(scenes(tmp_path, train="a", val="b", test="c"))
    pool = (index["split"] == "pool").to_numpy()
    assert pool.sum() == 12 and not masks[pool].any()
    assert set(table["class"][pool]) == {"unknown"} and not table["change_fraction"][pool].any()
    assert set(table["class"][~pool]) == {"change"} and (masks[~pool] == 1).mean() == 0.25


def test_pool_scenes_need_no_label(tmp_path: Path) -> None:
    root = scenes(tmp_path, train="a", val="b", test="c")
    (root / "label/a.tif").unlink()
    masks, _, index = prepare(root)
    assert (index["split"] == "pool").sum() == 12 and masks.max() == 1


def test_validation_and_test_do(tmp_path: Path) -> None:
    root = scenes(tmp_path, train="a", val="b", test="c")
    (root / "label/b.tif").unlink()
    with pytest.raises(UserError, match=r"b in validation or test, but without a file in label.*list/train.txt"):
        prepare(root)
    assert not (root / "out/images").exists()


def test_without_people_every_scene_does(tmp_path: Path) -> None:
    root = scenes(tmp_path, train="a", val="b", test="c")
    (root / "label/a.tif").unlink()
    with pytest.raises(UserError, match=r"label has no image or polygons for a"):
        tiles.prepare(root, root / "i", root / "l", data=data(), split=split(by="list"))


def test_missing_imagery_stays_ignored_and_open_labels_do_not(tmp_path: Path) -> None:
    root = scenes(tmp_path, train="a", val="b", test="c")
    before = noise(seed=1)
    before[:, :32, :8] = 0
    label = stripes()
    label[:, :, 64:] = 7
    write_pair(root, "a", before=before, label=label, on_before={"nodata": 0})
    write_pair(root, "b", label=label)
    masks, _, index = prepare(root, ignore=7)
    pool = (index["split"] == "pool").to_numpy()
    assert pool.sum() == 12, "tiles that the label leaves open are the pool's"
    assert (masks[pool] == 255).sum() == 32 * 8
    assert (index["split"] == "val").sum() == 6, "but cannot be validated on"
