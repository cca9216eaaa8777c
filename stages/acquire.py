"""Pick the tiles to label next, and let the oracle label them. Starts without TensorFlow."""

import sys
from pathlib import Path

from cdal import acquire, ledger, stage, tracking
from cdal.params import Params


def main(params: Params) -> None:
    store, previous, out = map(Path, sys.argv[1:])
    picked = acquire.pick(store, out, params)
    entries = ledger.read(previous / "labelled.csv")
    ledger.write(
        out / "labelled.csv",
        ledger.extend(entries, picked.tile_ids, round=out.name, origin="acquired", labeller="oracle"),
    )
    picked.write(out / "acquired.csv")
    picked.write_footprints(out / "queried.gpkg", store)
    acquire.draw(store, out, picked, previous / "gallery", out / "gallery", shown=params.al.acquisition)
    with tracking.stage(params, "acquire", round=out.name) as run:
        run.metrics(picked.summary())
        run.artifact(out / "acquired.csv")
        run.parent_artifact(out / "gallery" / f"{out.name}.png", "gallery")


if __name__ == "__main__":
    stage.run(main)
