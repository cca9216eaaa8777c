"""Where scenes are found, and the splits that folders and lists give."""

from pathlib import Path

import pytest

from cdal.errors import UserError
from tests.imagery import write_pair
from tests.prepared import PNG, load, prepare


def folders(root: Path, names: dict[str, list[str]]) -> Path:
    for folder, scenes in names.items():
        for scene in scenes:
            write_pair(root / folder, scene, ext=PNG)
    return root


@pytest.mark.parametrize("by", ["auto", "folder"])
def test_folders_give_the_split(tmp_path: Path, by: str) -> None:
    root = folders(tmp_path / "raw", {"train": ["x", "y"], "val": ["v"], "test": ["a"]})
    prepare(root, by=by)
    assert dict(load(root)[1].groupby("scene").split.first()) == {
        "a": "test",
        "v": "val",
        "x": "pool",
        "y": "pool",
    }


def test_scenes_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    root = folders(tmp_path / "raw", {"train": ["1"], "val": ["1"], "test": ["2"]})
    prepare(root, by="auto")
    assert set(load(root)[1].scene) == {"train_1", "val_1", "test_2"}


def test_folders_can_be_split_anew(tmp_path: Path) -> None:
    root = folders(tmp_path / "raw", {"train": ["x", "y"], "val": ["v"], "test": ["a"]})
    assert prepare(root, by="scene")["scenes"] == 4


def lists(root: Path, **names: str) -> Path:
    for scene in "abcd":
        write_pair(root, scene, ext=("png", "jpg", "tif"))
    (root / "list").mkdir()
    for name, text in names.items():
        (root / "list" / f"{name}.txt").write_text(text)
    return root


@pytest.mark.parametrize("by", ["auto", "list"])
def test_lists_give_the_split(tmp_path: Path, by: str) -> None:
    root = lists(tmp_path / "raw", train="d\n\n", val="a.png \n", test="\ufeffb.png")
    prepare(root, by=by)
    assert dict(load(root)[1].groupby("scene").split.first()) == {"a": "val", "b": "test", "d": "pool"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"train": "a", "val": "b"}, r"list/test\.txt not found"),
        ({"train": "a", "val": "b", "test": "a.tif"}, r"list/test\.txt lists a, as does list/train"),
        ({"train": "a", "val": "b", "test": "e\nf\ng\nh\ni"}, "raw/A has no image for e, f, g and 2 more"),
        ({"train": "a", "val": "b", "test": "\n"}, "test has no tiles, .*add scenes to it"),
    ],
)
def test_lists_that_do_not_fit(tmp_path: Path, names: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        prepare(lists(tmp_path / "raw", **names), by="list")
