"""How labels reach the rounds: the generated parameter `flow`, from which dvc.yaml is unrolled.

With stored masks, `acquire@r` writes the next ledger itself. With people it writes what to ask instead, and a stage
`label@r` waits for `data/annotations/r`. DVC has no conditions, so the stages that only people need run over lists
and mappings that are empty otherwise, and paths that differ are looked up here.
"""

from itertools import pairwise
from typing import Any

STORED = "data/tiles/labels"
FIRST = "rounds/r00/answered.csv"
"""The ledger of the first labelled tiles; train_seed copies it to labelled.csv, which it writes in both cases."""

Flow = dict[str, Any]


def flow(oracle: str, iterations: int) -> Flow:
    """Who waits for whom in `iterations` rounds labelled by `oracle` (masks or human).

    asks: rounds in which people are asked before there is a model. answers: for each round that waits for people, the
    labels before it (`before`) and the ledger to write. start: ledger and masks of the seed model. rounds: for each
    round the one before, what acquire writes (`batch`), and the masks to train on.
    """
    people = oracle == "human"
    names = [f"r{r:02d}" for r in range(iterations + 1)]
    pairs = list(pairwise(names))
    answers = {"r00": {"before": "data/tiles/images/stats.json", "ledger": FIRST}}
    answers |= {
        name: {"before": f"rounds/{previous}/labels", "ledger": f"rounds/{name}/labelled.csv"}
        for previous, name in pairs
    }
    return {
        "asks": ["r00"] if people else [],
        "answers": answers if people else {},
        "start": {"ledger": FIRST if people else f"{STORED}/tiles.csv", "masks": _masks("r00", people)},
        "rounds": {
            name: {
                "previous": previous,
                "batch": f"queries/{name}" if people else f"rounds/{name}/labelled.csv",
                "masks": _masks(name, people),
            }
            for previous, name in pairs
        },
    }


def _masks(name: str, people: bool) -> str:
    return f"rounds/{name}/labels/masks.npy" if people else f"{STORED}/masks.npy"
