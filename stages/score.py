"""Score every unlabelled pool tile with the model of the round before; masks are never read."""

import sys
from pathlib import Path

from cdal import ledger, pool, stage, tracking
from cdal.params import Params


def main(params: Params) -> None:
    store, previous, out = map(Path, sys.argv[1:])
    with tracking.stage(params, "score", round=out.name) as run:
        labelled = [entry.tile_id for entry in ledger.read(previous / "labelled.csv")]
        scores = pool.score_pool(
            store / "images", previous / "model", labelled, params, out, round=out.name, timed=run.timed
        )
        scores.write(out)
        run.metrics(scores.summary())


if __name__ == "__main__":
    stage.run(main)
