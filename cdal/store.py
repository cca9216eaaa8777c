"""The tile store: images.npy, masks.npy and tables; written whole or not at all, read as memory maps."""

import csv
import json
import math
import mmap
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from cdal.errors import UserError

IMAGES, INDEX, STATS = "images.npy", "index.csv", "stats.json"
MASKS, TILES = "masks.npy", "tiles.csv"
RESERVE = 2**26
"""Bytes of disk that are reserved ahead of writing."""
MOVE_BYTES = 2**22
TEXT = {"tile_id": str, "scene": str, "bounds": str, "crs": str, "split": str, "class": str}


@dataclass(frozen=True)
class Stats:
    """Mean and standard deviation (2, C) of the pool's valid pixels; row 0 = before, row 1 = after."""

    mean: NDArray[np.float32]
    std: NDArray[np.float32]


def load_images(folder: Path) -> tuple[np.memmap, pd.DataFrame]:
    """Images (N, 2, H, W, C) uint8 or uint16, axis 1 = before, after, and their index in the same order.

    The index has tile_id, scene, row, col (pixels), bounds ("left bottom right top" in units of crs, or in
    pixels of the scene where crs is ""), crs and split (pool, val, test). Raises UserError if the store is
    missing or torn.
    """
    return _load(folder, IMAGES, INDEX)


def load_index(folder: Path) -> pd.DataFrame:
    """The index of `load_images` alone. Raises UserError if it is missing."""
    try:
        return pd.read_csv(folder / INDEX, dtype=TEXT, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise _torn(folder / INDEX, error) from error


def load_labels(folder: Path) -> tuple[np.memmap, pd.DataFrame]:
    """Masks (N, H, W) uint8 (0 no change, 1 change, 255 ignore) and, in the same order, their table.

    The table has tile_id, change_fraction (of valid pixels) and class (change, no_change, ambiguous).
    Raises UserError if the store is missing or torn.
    """
    return _load(folder, MASKS, TILES)


def release(array: object) -> None:
    """Give back the memory that reading a read-only map took; what was read stays in the system's cache.

    Without it a process seems to grow by every tile it has looked at. Other arrays, and systems that know no such
    advice, are left alone.
    """
    pages = array.base if isinstance(array, np.memmap) and array.mode == "r" else None
    if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)


def load_stats(folder: Path) -> Stats:
    """Normalisation of the images in `folder`. Raises UserError if it is missing."""
    try:
        raw = json.loads((folder / STATS).read_text())
        return Stats(np.array(raw["mean"], np.float32), np.array(raw["std"], np.float32))
    except (OSError, ValueError, KeyError) as error:
        raise _torn(folder / STATS, error) from error


def _load(folder: Path, array: str, table: str) -> tuple[np.memmap, pd.DataFrame]:
    try:
        values = np.load(folder / array, mmap_mode="r")
        rows = pd.read_csv(folder / table, dtype=TEXT, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise _torn(folder, error) from error
    if len(values) != len(rows):
        raise _torn(folder, f"{array} has {len(values)} tiles, {table} {len(rows)}")
    return values, rows


def _torn(path: Path, reason: object) -> UserError:
    return UserError(f"{path} is no whole tile store ({' '.join(str(reason).split())}); run `dvc repro prepare`")


@contextmanager
def replacing(*folders: Path) -> Iterator[list[Path]]:
    """Empty folders beside `folders` to write into, which take their places when the block ends well.

    On any error the old folders stay and nothing else does; an OSError (such as a full disk) becomes a
    UserError.
    """
    partial = [folder.with_name(f".{folder.name}.partial") for folder in folders]
    try:
        for path in partial:
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
        yield partial
        _swap(partial, folders)
    except OSError as error:
        where = error.filename or " and ".join(map(str, folders))
        raise UserError(
            f"cannot write {where} ({error.strerror or error}), expected room and permission to write; "
            "free space or mend the folder, and run it again"
        ) from error
    finally:
        for path in partial:
            shutil.rmtree(path, ignore_errors=True)


def _swap(new: Sequence[Path], folders: Sequence[Path]) -> None:
    """Rename new folders into the places of old ones; if one cannot be, put all old ones back."""
    old = [folder.with_name(f".{folder.name}.old") for folder in folders]
    done: list[tuple[Path, Path]] = []
    try:
        for fresh, folder, aside in zip(new, folders, old, strict=True):
            shutil.rmtree(aside, ignore_errors=True)
            for source, target in ((folder, aside), (fresh, folder)):
                if source.exists():
                    source.rename(target)
                    done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        raise
    for aside in old:
        shutil.rmtree(aside, ignore_errors=True)


class ArrayFile:
    """A .npy file that grows along its first axis by plain writes.

    Not a memory map: a full disk then raises OSError, where a map would kill the process, and written tiles
    take no resident memory. Room on the disk is reserved ahead, which makes writing several times as fast.
    """

    def __init__(self, path: Path, shape: Sequence[int], dtype: DTypeLike):
        self._file = path.open("w+b")
        self._shape, self._dtype, self._length = tuple(shape), np.dtype(dtype), 0
        self._size = self._dtype.itemsize * math.prod(self._shape)
        self._start = self._reserved = self._header(0)

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows (n, *shape) of the file's dtype."""
        content = np.ascontiguousarray(rows, self._dtype)
        end = self._start + self._length * self._size + content.nbytes
        if end > self._reserved:
            self._reserve(end + RESERVE)
        self._file.write(content.data)
        self._length += len(rows)

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Drop all rows but these (ascending), in place."""
        room = memoryview(bytearray(max(MOVE_BYTES, self._size)))
        most, kept = len(room) // self._size, 0
        for stretch in np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1):
            for part in range(0, len(stretch), most):
                first, number = int(stretch[part]), min(most, len(stretch) - part)
                if first != kept:
                    self._move(first, kept, room[: number * self._size])
                kept += number
        self._length = kept
        self._file.seek(self._start + kept * self._size)

    def _move(self, source: int, target: int, room: memoryview) -> None:
        self._file.seek(self._start + source * self._size)
        self._file.readinto(room)
        self._file.seek(self._start + target * self._size)
        self._file.write(room)

    def _reserve(self, end: int) -> None:
        """Ask for room; if there is none, or no way to ask, it is the writing that fails."""
        with suppress(OSError, AttributeError):
            os.posix_fallocate(self._file.fileno(), self._start, end - self._start)
        self._reserved = end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        with self._file:
            if kind is None:
                self._header(self._length)
                self._file.truncate(self._start + self._length * self._size)

    def _header(self, length: int) -> int:
        """Write the header, whose size does not depend on the length; where the rows begin."""
        self._file.seek(0)
        descr = {
            "descr": npy.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (length, *self._shape),
        }
        npy.write_array_header_1_0(self._file, descr)
        return self._file.tell()


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with Unix line ends."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
