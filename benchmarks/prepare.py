"""`prepare` against reading the same windows alone, and its memory on a large pair: `python -m benchmarks.prepare`."""

import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

from cdal import params, rasters, tiles
from cdal.params import Data, Split
from cdal.rasters import Scene
from cdal.splits import Frame
from cdal.tiles.lattice import runs

SIDE, LARGE, TILE, REPEATS = 8192, 20_000, 256, 5
PLAIN: dict[str, Any] = {}
TILED: dict[str, Any] = {"tiled": True, "blockxsize": 512, "blockysize": 512}
KINDS: dict[str, dict[str, Any]] = {
    "deflated GeoTIFF": {**TILED, "compress": "deflate", "predictor": 2},
    "uncompressed GeoTIFF": PLAIN,
}


def figures() -> list[dict[str, Any]]:
    """Each measured number with its target, and whether it holds."""
    with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
        found = [_speed(Path(scratch), kind, options) for kind, options in KINDS.items()]
        return [*found, _memory(Path(scratch))]


def write_pair(root: Path, side: int, options: dict[str, Any], *, sparse: bool = False) -> None:
    """A pair of `side` x `side` x 4 bytes and its mask; sparse: files whose blocks are not there."""
    rng = np.random.default_rng(1)
    for name, bands in (("A", 4), ("B", 4), ("label", 1)):
        (root / name).mkdir(parents=True)
        grid = {"crs": "EPSG:32632", "transform": from_origin(5e5, 5e6, 0.5, 0.5)}
        shape = {"count": bands, "width": side, "height": side, "dtype": "uint8"}
        empty = sparse and name != "label"
        more = {**TILED, "sparse_ok": True} if empty else {**options, "compress": "deflate"} if bands == 1 else options
        with rasterio.open(root / name / "scene.tif", "w", driver="GTiff", **shape, **grid, **more) as file:
            for row in range(0, 0 if empty else side, 512):
                height = min(512, side - row)
                file.write(_content(bands, height, side, rng), window=Window(0, row, side, height))


def _content(bands: int, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Noise on a slope, which shrinks to about half, as aerial imagery does; or stripes of change."""
    columns = np.arange(width)
    if bands == 1:
        return np.broadcast_to((columns % 500 < 20).astype(np.uint8) * 255, (1, height, width))
    noise = rng.integers(0, 12, (bands, height, width), dtype=np.uint8)
    return noise + (100 + 80 * np.sin(columns / 300)).astype(np.uint8)


def settings(root: Path) -> tuple[Data, Split]:
    """Data and split of params.yaml, but for the folder and tiles of the published size."""
    found = params.load()
    data = found.data.model_copy(update={"path": str(root), "generators": [], "tile": TILE, "stride": TILE})
    return data, found.split.model_copy(update={"by": "block", "block": 1024})


def prepare(root: Path, out: Path) -> None:
    """Tile a folder of scenes."""
    data, split = settings(root)
    tiles.prepare(root, out / "images", out / "labels", data=data, split=split)


def read_alone(root: Path) -> None:
    """Read the windows that `prepare` reads, by rasterio with the same settings."""
    data, _ = settings(root)
    (triple,), _ = rasters.find(root, data, "block")
    with rasters.session():
        files = [rasterio.open(path) for path in (triple.before, triple.after, triple.label)]
        frame = Frame("scene", files[0].height, files[0].width)
        for row, cols in runs(Scene(triple, frame, files[0].indexes, "uint8", np.zeros(256, np.uint8)), data):
            window = Window(cols[0], row, cols[-1] - cols[0] + TILE, TILE)
            for file in files:
                file.read(window=window)


def _speed(scratch: Path, kind: str, options: dict[str, Any]) -> dict[str, Any]:
    root = scratch / "pair"
    write_pair(root, SIDE, options)
    read_alone(root)  # into the cache of the operating system
    ratios = [_seconds(read_alone, root) / _seconds(prepare, root, scratch / "tiles") for _ in range(REPEATS)]
    shutil.rmtree(root)
    shutil.rmtree(scratch / "tiles")
    return _figure(f"prepare: speed against reading alone, {kind}", round(statistics.median(ratios), 2), 0.6, False)


def _memory(scratch: Path) -> dict[str, Any]:
    write_pair(scratch / "large", LARGE, PLAIN, sparse=True)
    command = [sys.executable, "-m", "benchmarks.prepare", str(scratch / "large"), str(scratch / "out")]
    peak = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return _figure(f"prepare: MiB resident, a sparse pair of {LARGE} x {LARGE} x 4", peak, 1024, True)


def _figure(name: str, value: float, target: float, below: bool) -> dict[str, Any]:
    holds = value < target if below else value >= target
    return {"figure": name, "value": value, "target": target, "holds": holds}


def _seconds(task: Any, *arguments: Path) -> float:
    start = time.perf_counter()
    task(*arguments)
    return time.perf_counter() - start


def main() -> None:
    """Print the figures; given a folder and where to write, tile it and print the peak memory in MiB."""
    if len(sys.argv) == 3:
        prepare(Path(sys.argv[1]), Path(sys.argv[2]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        return
    for found in figures():
        verdict = "holds" if found["holds"] else "MISSED"
        print(f"{found['value']:>8}  target {found['target']:>6}  {verdict:<6}  {found['figure']}")


if __name__ == "__main__":
    main()
