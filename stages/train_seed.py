"""Draw the initial labelled set (or take what people labelled) and train the seed model on it."""

import sys
from pathlib import Path

from cdal import ledger, rounds, stage, start, tracking
from cdal.opened import open_tiles
from cdal.params import Params
from cdal.terminal import training_progress


def main(params: Params) -> None:
    store, out, answered, masks = map(Path, sys.argv[1:])
    with tracking.stage(params, "train_seed", round=out.name) as run:
        tiles = open_tiles(store, masks.parent)
        if params.al.oracle == "human":
            entries = ledger.read(answered)
        else:
            chosen = start.first_labelled(tiles, params)
            entries = ledger.extend([], chosen, round=out.name, origin="initial", labeller="oracle")
        chosen = [entry.tile_id for entry in entries]
        trained = rounds.train(tiles, chosen, params, timed=run.timed, progress=training_progress())
        rounds.write(out, trained, tiles, entries, [], params)
        ledger.write(out / "labelled.csv", entries)
        start.draw_first(tiles, chosen, out / "gallery" / f"{out.name}.png")
        with run.timed("logging"):
            run.trained(
                out,
                [member.history for member in trained.members],
                rounds.exporter(trained, out.name, params),
            )


if __name__ == "__main__":
    stage.run(main)
