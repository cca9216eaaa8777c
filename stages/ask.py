"""Ask people for the first labels, before there is any model. Starts without TensorFlow."""

import sys
from pathlib import Path

import numpy as np

from cdal import initial, stage, store, tracking
from cdal.params import Params
from cdal.queries import folder
from cdal.streams import stream


def main(params: Params) -> None:
    tiles, out = map(Path, sys.argv[1:])
    images, index = store.load_images(tiles / "images")
    rows = np.flatnonzero(index["split"] == "pool")
    positions = initial.first(images, rows, [""] * len(rows), params.al, stream(params.seed, "initial"))
    chosen = list(index["tile_id"].iloc[rows[positions]])
    asked = folder.write(out, tiles / "images", chosen)
    with tracking.stage(params, "ask", round=out.name) as run:
        run.artifact(out / "tiles.csv")
    print(folder.next_steps(out, asked))


if __name__ == "__main__":
    stage.run(main)
