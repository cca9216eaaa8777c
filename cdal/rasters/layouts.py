"""Find the scenes of a data set: flat folders, lists of names, or folders for train, val and test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cdal.errors import UserError
from cdal.params import Data
from cdal.rasters.files import SUFFIXES, VECTORS

FOLDERS = {"train": "pool", "val": "val", "test": "test"}
"""The data's own folders and lists, and the split that each means."""

SHOWN = 3


@dataclass(frozen=True)
class Triple:
    """The three files of a scene; split (pool, val, test) is that of the data's own folders or lists.

    people: whether people will label what the label leaves open, which may be all of it (label: None).
    """

    scene: str
    before: Path
    after: Path
    label: Path | None
    split: str | None = None
    people: bool = False


def find(root: Path, data: Data, by: str, *, people: bool = False) -> tuple[list[Triple], str]:
    """The scenes in `root`, sorted by name, and how to split them: `by`, or what auto comes to.

    Flat folders, with lists for `list`, or {train,val,test} folders (for `folder`, or where there are no flat
    ones). If scenes of two such folders share a name, all are called FOLDER_NAME. people: scenes may lack a label,
    for people will draw it. Raises UserError naming missing files.
    """
    if not root.is_dir():
        raise UserError(f"{root} not found, expected a folder with {_kinds(data)}; correct data.path")
    if by == "auto":
        by = "list" if (root / "list").is_dir() else "folder" if (root / "train").is_dir() else "block"
    flat = any((root / kind).is_dir() for kind in (data.before, data.after, data.label))
    if by == "list":
        found = _listed(root, data, people)
    elif by == "folder" or (not flat and (root / "train").is_dir()):
        found = _in_folders(root, data, people)
    else:
        found = _in_folder(root, data, people)
    if not found:
        raise UserError(f"{root} has no scenes, expected {', '.join(SUFFIXES)} files in {_kinds(data)}")
    return sorted(found, key=lambda triple: triple.scene), by


def _kinds(data: Data) -> str:
    return f"{data.before}, {data.after} and {data.label}"


def _in_folder(
    folder: Path, data: Data, people: bool, split: str | None = None, only: Sequence[str] | None = None
) -> list[Triple]:
    files = {kind: _stems(folder / kind, SUFFIXES) for kind in (data.before, data.after)}
    absent = people and not (folder / data.label).is_dir()
    files[data.label] = {} if absent else _stems(folder / data.label, SUFFIXES + VECTORS)
    names = sorted(set().union(*files.values())) if only is None else only
    for kind, stems in files.items():
        lacking = [name for name in names if name not in stems]
        if lacking and not (people and kind == data.label):
            raise UserError(
                f"{folder / kind} has no {'image or polygons' if kind == data.label else 'image'} for {few(lacking)}, "
                f"expected one for every name in {_kinds(data)}; add or rename them"
            )
    before, after, label = files.values()
    return [Triple(name, before[name], after[name], label.get(name), split, people) for name in names]


def _stems(folder: Path, suffixes: Sequence[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise UserError(f"{folder} not found, expected a folder of images; add it, or correct its name in data")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in suffixes and not path.name.startswith("."):
            if path.stem in found:
                raise UserError(f"{path} and {found[path.stem].name} are one scene by name, expected one; remove one")
            found[path.stem] = path
    return found


def _in_folders(root: Path, data: Data, people: bool) -> list[Triple]:
    for name in FOLDERS:
        if not (root / name).is_dir():
            raise UserError(f"{root / name} not found, expected {', '.join(FOLDERS)}; add it, or use split.by: block")
    parts = {name: _in_folder(root / name, data, people, split) for name, split in FOLDERS.items()}
    names = [triple.scene for part in parts.values() for triple in part]
    if len(set(names)) == len(names):
        return [triple for part in parts.values() for triple in part]
    return [replace(triple, scene=f"{name}_{triple.scene}") for name, part in parts.items() for triple in part]


def _listed(root: Path, data: Data, people: bool) -> list[Triple]:
    listed: dict[str, str] = {}
    for name in FOLDERS:
        path = root / "list" / f"{name}.txt"
        if not path.is_file():
            raise UserError(
                f"{path} not found, expected the names of the {name} images; add it, or use split.by: block"
            )
        for line in filter(None, map(str.strip, path.read_text(encoding="utf-8-sig").splitlines())):
            stem = line[: -len(Path(line).suffix)] if Path(line).suffix.lower() in SUFFIXES else line
            if listed.setdefault(stem, name) != name:
                raise UserError(f"{path} lists {stem}, as does list/{listed[stem]}.txt, expected one; remove it")
    return [
        triple
        for name, split in FOLDERS.items()
        for triple in _in_folder(
            root, data, people, split, sorted(stem for stem, given in listed.items() if given == name)
        )
    ]


def few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
