"""Memory of the scoring stage with a pool of 1,000 and of 100,000 tiles: resident set over time, and how it grows."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

import psutil

from benchmarks.measured import Figure, figure

SIZE, BACKBONE, DECODER = 64, "mobilenet", [8] * 5
SAMPLES = (0.25, 0.5, 0.75, 1.0)
"""Shares of the run's time at which the resident set is shown."""


def figures(quick: bool = False) -> list[Figure]:
    """Each pool in a process of its own; the same model and tiles of zeros, which are not on the disk."""
    from benchmarks.stage import write_model, write_store

    small, large = (100, 600) if quick else (1_000, 100_000)
    with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
        write_model(Path(scratch) / "model", BACKBONE, DECODER)
        series = {}
        for count in (small, large):
            write_store(Path(scratch) / f"{count}", count, SIZE, sparse=True)
            command = [sys.executable, "-m", "benchmarks.memory", scratch, str(count)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            series[count] = json.loads(done.stdout.splitlines()[-1])
    what = f"memory: MB resident, {SIZE} px"
    return [
        figure(f"{what}, most, pool of {small}", max(series[small])),
        *(figure(f"{what}, pool of {large}, after {share:.0%} of the time", _at(series[large], share))
          for share in SAMPLES),
        figure(f"{what}, most of {large} less most of {small} tiles", max(series[large]) - max(series[small]),
               at_most=200),
    ]  # fmt: skip


def _at(series: list[float], share: float) -> float:
    return series[round(share * (len(series) - 1))]


def watch(folder: Path, count: str) -> list[float]:
    """Score the pool in this process; its resident set in MB, ten times a second."""
    from benchmarks.stage import run, settings

    found, done, process = [0.0], Event(), psutil.Process()

    def sample() -> None:
        while not done.is_set():
            found.append(process.memory_info().rss / 1e6)
            time.sleep(0.1)

    thread = Thread(target=sample)
    thread.start()
    try:
        run(folder / count, folder / "model", folder / f"out{count}", settings(method="Single"))
    finally:
        done.set()
        thread.join()
    return found


if __name__ == "__main__":
    print(json.dumps(watch(Path(sys.argv[1]), sys.argv[2])))
