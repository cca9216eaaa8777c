"""Output files that are written whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from cdal.errors import UserError

TIFF = (".tif", ".tiff")


def check_targets(out: Path, polygons: Path | None) -> None:
    """Raise UserError for a file name that says nothing we write, before an hour is spent on it."""
    if out.suffix.lower() not in (*TIFF, ".png"):
        raise UserError(f"--out {out} ends in {out.suffix or 'nothing'}, expected .tif or .png; rename it")
    if polygons is not None and polygons.suffix.lower() != ".gpkg":
        raise UserError(f"--polygons {polygons} ends in {polygons.suffix or 'nothing'}, expected .gpkg; rename it")


@contextmanager
def staged(*targets: Path) -> Iterator[list[Path]]:
    """Paths to write instead of `targets`, which they replace when the block ends well.

    They lie in hidden folders beside the targets, which may hold scratch files too and are gone in the end. On any
    error the old files stay; one in writing becomes a UserError.
    """
    folders: list[Path] = []
    try:
        with writing(*targets):
            for target in targets:
                target.parent.mkdir(parents=True, exist_ok=True)
                if target.is_dir():
                    raise IsADirectoryError(f"{target} is a folder")
                folders.append(Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent)))
            paths = [folder / target.name for folder, target in zip(folders, targets, strict=True)]
            yield paths
            for path, target in zip(paths, targets, strict=True):
                path.replace(target)
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def writing(*targets: Path) -> Iterator[None]:
    """Turn what the system or GDAL raises on writing into one line that names the files."""
    try:
        yield
    except (OSError, RasterioError, CPLE_BaseError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error.__cause__ or error).split())
        raise UserError(
            f"cannot write {' and '.join(map(str, targets))} ({reason}), expected room and permission to write; "
            "free space or choose another place"
        ) from error
