"""Train anew on the labelled set of a round, evaluate, and append a row to the learning curve."""

import sys
from pathlib import Path

from cdal import curve, ledger, rounds, stage, tracking
from cdal.opened import open_tiles
from cdal.params import Params
from cdal.terminal import training_progress


def main(params: Params) -> None:
    store, previous, out, masks = map(Path, sys.argv[1:])
    with tracking.stage(params, "retrain", round=out.name) as run:
        tiles = open_tiles(store, masks.parent)
        entries = ledger.read(out / "labelled.csv")
        labelled = [entry.tile_id for entry in entries]
        trained = rounds.train(tiles, labelled, params, timed=run.timed, progress=training_progress())
        rounds.write(out, trained, tiles, entries, curve.read(previous / "curve.csv"), params)
        with run.timed("logging"):
            run.trained(
                out,
                [member.history for member in trained.members],
                rounds.exporter(trained, out.name, params),
            )


if __name__ == "__main__":
    stage.run(main)
