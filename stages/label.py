"""Take what people drew for a round: merge their masks, and write the ledger and the masks so far."""

import shutil
import sys
from pathlib import Path

from cdal import answers, stage, tracking
from cdal.annotations import storage
from cdal.params import Params
from cdal.queries import asked


def main(params: Params) -> None:
    store, queries, annotations, before, ledger, out = map(Path, sys.argv[1:])
    drawn = storage.read(annotations)
    found = answers.collect(before if before.is_dir() else None, drawn, store / "labels", round=annotations.name)
    found.write(out, change_above=params.split.change_above, unchanged_below=params.split.unchanged_below)
    shutil.copyfile(out / answers.LEDGER, ledger)
    added = [entry.tile_id for entry in found.entries if entry.round == annotations.name]
    print(asked.compared(asked.read(queries), added, annotations.name))
    with tracking.stage(params, "label", round=annotations.name) as run:
        run.metrics({"labelled_tiles": float(len(added)), **found.agreement})
        run.artifact(annotations / storage.TABLE)
        run.artifact(ledger)


if __name__ == "__main__":
    stage.run(main)
