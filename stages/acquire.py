"""Pick the tiles to label next; reveal their stored masks, or ask people. Starts without TensorFlow."""

import sys
from pathlib import Path

from cdal import acquire, stage, tracking
from cdal.params import Params


def main(params: Params) -> None:
    store, previous, out, batch = map(Path, sys.argv[1:])
    picked = acquire.pick(store, out, params)
    picked.write(out / "acquired.csv")
    picked.write_footprints(out / "queried.gpkg", store)
    acquire.draw(store, out, picked, previous / "gallery", out / "gallery", params)
    with tracking.stage(params, "acquire", round=out.name) as run:
        run.metrics(picked.summary())
        run.artifact(out / "acquired.csv")
        run.parent_artifact(out / "gallery" / f"{out.name}.png", "gallery")
    if params.al.oracle == "human":
        print(acquire.ask(store, out, picked, previous / "metrics.json", batch))
    else:
        acquire.reveal(picked, previous / "labelled.csv", batch, round=out.name)


if __name__ == "__main__":
    stage.run(main)
