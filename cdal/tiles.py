"""Cut scenes into tiles and write the tile store."""

import json
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tqdm import tqdm

from cdal import rasters, splits, store
from cdal.errors import UserError
from cdal.params import Data, Split
from cdal.rasters import Scene, Triple
from cdal.splits import Footprints, Ints, Names

FOLDERS = {"train": "pool", "val": "val", "test": "test"}
"""The data's own folders and lists, and the split that each means."""

READ_BYTES = 2**24
"""Pixels of both dates that are read at a time, unless one tile has more."""

SHOWN = 3

Block = tuple[int, int, Ints, NDArray[np.generic], NDArray[np.uint8]]
"""Index of a scene, row and columns of a run of tiles, and their pixels and mask."""


@dataclass(frozen=True)
class Cut:
    """What is known of every tile that was cut.

    valid, change: pixels (N,); sums, squares: of valid pixels, by date and band (N, 2, C); dropped: how many
    other tiles had too many ignored pixels.
    """

    tiles: Footprints
    valid: Ints
    change: Ints
    sums: Ints
    squares: Ints
    dropped: int

    def fractions(self) -> NDArray[np.float64]:
        """Share of changed pixels among the valid ones (N,), to six decimals, as it is stored."""
        return np.round(self.change / self.valid, 6)


def prepare(root: Path, images_out: Path, labels_out: Path, *, data: Data, split: Split) -> dict[str, int]:
    """Cut the scenes in `root` into tiles, split them, and write the tile store that `cdal.store` describes.

    Tiles are whole windows of data.tile pixels every data.stride pixels; a last part row or column that holds
    no whole window is left out. The two folders are replaced together, or, on any error, not touched. The
    result depends on nothing but the files and parameters. Returns counts: scenes, tiles_SPLIT and
    change_tiles_SPLIT for pool, val and test, dropped_ignored (more ignored pixels than data.max_ignored, or
    no valid one), dropped_border (too near to another split) and unused (not drawn for split.val_tiles or
    test_tiles).

    Raises UserError for anything in files or parameters that does not fit.
    """
    triples, by = find(root, data, split.by)
    with store.replacing(images_out, labels_out) as (images, labels):
        scenes = [rasters.inspect(t, data) for t in tqdm(triples, "inspect", unit="scene", disable=None)]
        _check_alike(scenes, data.tile)
        shape = (data.tile, data.tile)
        with (
            store.ArrayFile(images / store.IMAGES, (2, *shape, len(scenes[0].bands)), scenes[0].dtype) as pairs,
            store.ArrayFile(labels / store.MASKS, shape, np.uint8) as masks,
        ):
            cut = _cut(scenes, data, pairs, masks)
            names = splits.assign(cut.tiles, by, split)
            classes = classify(cut.fractions(), split)
            drawn = splits.sample(names, classes, split)
            _check_usable(drawn, cut.change, by, split)
            keep = np.flatnonzero(drawn != splits.DROPPED)
            pairs.keep(keep)
            masks.keep(keep)
        counts = {"scenes": len(scenes)} | _count(drawn, classes) | {"dropped_ignored": cut.dropped}
        counts["dropped_border"] = int((names == splits.DROPPED).sum())
        counts["unused"] = len(names) - counts["dropped_border"] - len(keep)
        _write_index(images / store.INDEX, cut.tiles, drawn, keep)
        _write_stats(images / store.STATS, cut, drawn, scenes[0])
        _write_classes(labels / store.TILES, cut, classes, keep)
    return counts


def find(root: Path, data: Data, by: str) -> tuple[list[Triple], str]:
    """The scenes in `root`, sorted by name, and how to split them: `by`, or what auto comes to.

    Flat folders, with lists for `list`, or {train,val,test} folders (for `folder`, or where there are no flat
    ones). If scenes of two such folders share a name, all are called FOLDER_NAME. Raises UserError naming
    missing files.
    """
    if not root.is_dir():
        raise UserError(f"{root} not found, expected a folder with {_kinds(data)}; correct data.path")
    if by == "auto":
        by = "list" if (root / "list").is_dir() else "folder" if (root / "train").is_dir() else "block"
    flat = any((root / kind).is_dir() for kind in (data.before, data.after, data.label))
    if by == "list":
        found = _listed(root, data)
    elif by == "folder" or (not flat and (root / "train").is_dir()):
        found = _in_folders(root, data)
    else:
        found = _in_folder(root, data)
    if not found:
        raise UserError(f"{root} has no scenes, expected {', '.join(rasters.SUFFIXES)} files in {_kinds(data)}")
    return sorted(found, key=lambda triple: triple.scene), by


def classify(fractions: NDArray[np.float64], split: Split) -> Names:
    """Class of tiles (N,) by share of changed pixels: change, no_change, or ambiguous between the limits."""
    unclear = np.where(fractions <= split.unchanged_below, "no_change", "ambiguous")
    return np.where(fractions > split.change_above, "change", unclear)


def _kinds(data: Data) -> str:
    return f"{data.before}, {data.after} and {data.label}"


def _in_folder(folder: Path, data: Data, split: str | None = None, only: Sequence[str] | None = None) -> list[Triple]:
    files = {kind: _stems(folder / kind) for kind in (data.before, data.after, data.label)}
    names = sorted(set().union(*files.values())) if only is None else only
    for kind, stems in files.items():
        lacking = [name for name in names if name not in stems]
        if lacking:
            raise UserError(
                f"{folder / kind} has no image for {_few(lacking)}, "
                f"expected one for every name in {_kinds(data)}; add or rename them"
            )
    before, after, label = files.values()
    return [Triple(name, before[name], after[name], label[name], split) for name in names]


def _stems(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UserError(f"{folder} not found, expected a folder of images; add it, or correct its name in data")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in rasters.SUFFIXES and not path.name.startswith("."):
            if path.stem in found:
                raise UserError(f"{path} and {found[path.stem].name} are one scene by name, expected one; remove one")
            found[path.stem] = path
    return found


def _in_folders(root: Path, data: Data) -> list[Triple]:
    for name in FOLDERS:
        if not (root / name).is_dir():
            raise UserError(f"{root / name} not found, expected {', '.join(FOLDERS)}; add it, or use split.by: block")
    parts = {name: _in_folder(root / name, data, split) for name, split in FOLDERS.items()}
    names = [triple.scene for part in parts.values() for triple in part]
    if len(set(names)) == len(names):
        return [triple for part in parts.values() for triple in part]
    return [
        Triple(f"{name}_{triple.scene}", triple.before, triple.after, triple.label, triple.split)
        for name, part in parts.items()
        for triple in part
    ]


def _listed(root: Path, data: Data) -> list[Triple]:
    listed: dict[str, str] = {}
    for name in FOLDERS:
        path = root / "list" / f"{name}.txt"
        if not path.is_file():
            raise UserError(
                f"{path} not found, expected the names of the {name} images; add it, or use split.by: block"
            )
        for line in filter(None, map(str.strip, path.read_text(encoding="utf-8-sig").splitlines())):
            stem = line[: -len(Path(line).suffix)] if Path(line).suffix.lower() in rasters.SUFFIXES else line
            if listed.setdefault(stem, name) != name:
                raise UserError(f"{path} lists {stem}, as does list/{listed[stem]}.txt, expected one; remove it")
    return [
        triple
        for name, split in FOLDERS.items()
        for triple in _in_folder(root, data, split, sorted(stem for stem, given in listed.items() if given == name))
    ]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _check_alike(scenes: Sequence[Scene], tile: int) -> None:
    small = [
        f"{s.frame.name} ({s.frame.width} x {s.frame.height})"
        for s in scenes
        if min(s.frame.width, s.frame.height) < tile
    ]
    if small:
        raise UserError(f"smaller than a tile: {_few(small)}, expected {tile} x {tile} pixels or more; lower data.tile")
    kinds: dict[str, list[str]] = {}
    for scene in scenes:
        kinds.setdefault(f"{len(scene.bands)} bands of {scene.dtype}", []).append(scene.frame.name)
    if len(kinds) > 1:
        shown = "; ".join(f"{kind} in {_few(names)}" for kind, names in kinds.items())
        raise UserError(f"scenes differ: {shown}; expected one kind; convert them, or select data.bands")


def _check_usable(names: Names, change: Ints, by: str, split: Split) -> None:
    for name in splits.SPLITS:
        if name == "test" and split.test == 0 and split.folds is None and by not in ("list", "folder"):
            continue
        if not (names == name).any():
            advice = f"raise split.{name}, lower split.guard, or change split.block or split.seed"
            if name == "pool":
                advice = "lower split.val, split.test or split.guard, or change split.seed"
            if by in ("list", "folder"):
                advice = "add scenes to it, or use split.by: block"
            raise UserError(f"{name} has no tiles, expected at least one; {advice}")
    if not change[names == "val"].any():
        raise UserError(
            f"no change pixel in val ({(names == 'val').sum()} tiles), "
            "expected some to choose thresholds by; change split.seed, or raise split.val"
        )


def _cut(scenes: Sequence[Scene], data: Data, pairs: store.ArrayFile, masks: store.ArrayFile) -> Cut:
    """Read all scenes once, append tiles without too many ignored pixels to both files, sum them up."""
    parts: list[list[NDArray[np.int64]]] = []
    seen = 0
    rows = sum(len(_offsets(scene.frame.height, data)) for scene in scenes)
    with (
        tqdm(total=rows, desc="cut", unit="row", disable=None) as progress,
        closing(_ahead(_blocks(scenes, data))) as blocks,
    ):
        for index, row, cols, block, mask in blocks:
            views = _windows(mask, data)
            valid, change = (views != rasters.IGNORE).sum((0, 2)), (views == 1).sum((0, 2))
            good = (valid > 0) & (1 - valid / data.tile**2 <= data.max_ignored)
            masks.append(views.transpose(1, 0, 2)[good])
            pairs.append(_windows(block, data).transpose(3, 0, 2, 4, 1)[good])
            table = [np.full_like(cols, index), np.full_like(cols, row), cols, valid, change]
            parts.append([values[good] for values in (*table, *_sums(block, mask, data))])
            seen += len(cols)
            progress.update(int(cols[-1]) + data.stride + data.tile > scenes[index].frame.width)
    scene_of, row_of, col_of, valid, change, sums, squares = (np.concatenate(p) for p in zip(*parts, strict=True))
    if not len(valid):
        raise UserError(
            f"all {seen} tiles have more than {data.max_ignored:.0%} ignored pixels, expected some below; "
            "raise data.max_ignored, or check nodata and data.ignore_value"
        )
    tiles = Footprints([scene.frame for scene in scenes], scene_of, row_of, col_of, data.tile)
    return Cut(tiles, valid, change, sums, squares, seen - len(valid))


def _offsets(side: int, data: Data) -> Ints:
    return np.arange(0, side - data.tile + 1, data.stride, dtype=np.int64)


def _blocks(scenes: Sequence[Scene], data: Data) -> Generator[Block, None, None]:
    for index, scene in enumerate(scenes):
        with rasters.open_scene(scene, data.resampling) as reader:
            for row, cols in _groups(scene, data):
                width = int(cols[-1] - cols[0]) + data.tile
                yield index, row, cols, *reader.read(row, int(cols[0]), data.tile, width)


def _ahead(items: Generator[Block, None, None]) -> Generator[Block, None, None]:
    """The same items; another thread makes the next one meanwhile."""
    with ThreadPoolExecutor(1) as worker:
        try:
            pending = worker.submit(next, items, None)
            while (item := pending.result()) is not None:
                pending = worker.submit(next, items, None)
                yield item
        finally:
            worker.submit(items.close).result()


def _groups(scene: Scene, data: Data) -> Iterator[tuple[int, Ints]]:
    """Rows of tiles, in runs of columns that fit READ_BYTES."""
    cols = _offsets(scene.frame.width, data)
    size = 2 * len(scene.bands) * np.dtype(scene.dtype).itemsize * data.tile * data.stride
    runs = np.array_split(cols, min(len(cols), -(-len(cols) * size // READ_BYTES)))
    for row in _offsets(scene.frame.height, data):
        for run in runs:
            yield int(row), run


def _windows(block: NDArray[Any], data: Data) -> NDArray[Any]:
    """View (..., W) as the tiles (..., n, tile) along its last axis."""
    return sliding_window_view(block, data.tile, axis=-1)[..., :: data.stride, :]


def _sums(block: NDArray[Any], mask: NDArray[np.uint8], data: Data) -> list[Ints]:
    """Per tile, date and band (n, 2, C): sums of valid pixels and of their squares, exact in float64."""
    columns = np.empty((2, *block.shape[:2], block.shape[-1]))
    invalid = mask == rasters.IGNORE
    for place in np.ndindex(*block.shape[:2]):
        band = block[place].astype(np.float64)
        band[invalid] = 0
        columns[0][place] = band.sum(axis=0)
        columns[1][place] = np.einsum("hw,hw->w", band, band)
    return [_windows(part, data).sum(-1).astype(np.int64).transpose(2, 0, 1) for part in columns]


def _count(names: Names, classes: Names) -> dict[str, int]:
    tiles = {f"tiles_{name}": int((names == name).sum()) for name in splits.SPLITS}
    changed = {f"change_tiles_{name}": int(((names == name) & (classes == "change")).sum()) for name in splits.SPLITS}
    return tiles | changed


def _write_index(path: Path, tiles: Footprints, names: Names, keep: Ints) -> None:
    ids, bounds, frames = tiles.ids(), tiles.bounds().tolist(), tiles.frames
    rows = (
        (ids[i], frames[tiles.scene[i]].name, tiles.row[i], tiles.col[i], " ".join(map(repr, bounds[i])),
         frames[tiles.scene[i]].crs, names[i])
        for i in keep
    )  # fmt: skip
    store.write_table(path, ("tile_id", "scene", "row", "col", "bounds", "crs", "split"), rows)


def _write_classes(path: Path, cut: Cut, classes: Names, keep: Ints) -> None:
    ids, fractions = cut.tiles.ids(), cut.fractions()
    rows = ((ids[i], f"{fractions[i]:.6f}", classes[i]) for i in keep)
    store.write_table(path, ("tile_id", "change_fraction", "class"), rows)


def _write_stats(path: Path, cut: Cut, names: Names, scene: Scene) -> None:
    """Mean and deviation of the pool's valid pixels, from exact sums; deviation 0 becomes 1."""
    pool = names == "pool"
    pixels = int(cut.valid[pool].sum())
    total, squared = (part[pool].sum(axis=0, dtype=object) for part in (cut.sums, cut.squares))
    deviation = np.sqrt(((pixels * squared - total**2) / pixels**2).astype(np.float64))
    stats = {
        "dtype": scene.dtype,
        "bands": len(scene.bands),
        "mean": _six_digits((total / pixels).astype(np.float64)),
        "std": _six_digits(np.where(deviation > 0, deviation, 1.0)),
        "pixels": pixels,
        "tiles": {name: int((names == name).sum()) for name in splits.SPLITS},
    }
    path.write_text(json.dumps(stats, indent=2) + "\n")


def _six_digits(values: NDArray[np.float64]) -> list[list[float]]:
    return [[float(f"{value:.6g}") for value in row] for row in values]
