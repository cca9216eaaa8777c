"""Cut tiles and split them into pool, validation and test."""

import sys
from pathlib import Path

from cdal import stage, tiles, tracking
from cdal.params import Params


def main(params: Params) -> None:
    root, out = map(Path, sys.argv[1:])
    with tracking.stage(params, "prepare") as run, run.timed("tiling"):
        counts = tiles.prepare(
            root, out / "images", out / "labels", data=params.data, split=params.split,
            people=params.al.oracle == "human",
        )  # fmt: skip
        run.metrics(counts)


if __name__ == "__main__":
    stage.run(main)
