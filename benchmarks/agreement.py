"""How far rankings of a pool agree: bfloat16 with float32, one MCBN draw with another, few passes with few others.

`python -m benchmarks.agreement`, after an experiment: with the trained model and the tiles of the workspace.
"""

import argparse
from itertools import product
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from cdal import checkpoint, ledger, params, posterior, scoring, store, streams
from cdal.acquisition import ACQUISITIONS
from cdal.posterior import Weights

Scores = dict[str, np.ndarray]
PASSES = (2, 5, 10, 20)
COMPARED = ("Variance", "BALD", "Entropy")


class Pool:
    """The unlabelled tiles of the workspace, or evenly `most` of them, and a round's first network."""

    def __init__(self, tiles: Path, last: Path, most: int) -> None:
        self.images, index = store.load_images(tiles / "images")
        self.ids = list(index["tile_id"])
        known = index["tile_id"].isin([entry.tile_id for entry in ledger.read(last / "labelled.csv")]).to_numpy()
        self.labelled, free = np.flatnonzero(known), np.flatnonzero((index["split"] == "pool").to_numpy() & ~known)
        self.rows = free[np.unique(np.linspace(0, len(free) - 1, most).astype(int))]
        self.normalise = checkpoint.describe(last / "model").normalisation
        self.models = {name: checkpoint.load(last / "model", precision=name)[0] for name in ("float32", "bfloat16")}

    def draw(self, passes: int, seed: int) -> list[Weights]:
        """Statistics of one MCBN draw, independent of those of other seeds."""
        return posterior.draw_statistics(
            self.models["float32"], self.images, self.labelled, self.normalise, passes=passes,
            batch=params.load().al.mcbn.batch, rng=streams.stream(seed, "agreement", passes),
        )  # fmt: skip

    def score(self, settings: list[Weights], precision: str = "float32") -> Scores:
        """Scores of every acquisition function, reduced as params.yaml says."""
        drawn = posterior.with_statistics(self.models[precision], settings)
        parts = list(scoring.score(
            drawn, self.images, self.rows, self.normalise, batch=64, al=params.load().al, tile_ids=self.ids
        ))  # fmt: skip
        return {name: np.concatenate([part.values[name] for part in parts]) for name in ACQUISITIONS}


def agreement(one: np.ndarray, other: np.ndarray, batch: int) -> tuple[float, float]:
    """Spearman's rank correlation of two scores (N,) of the same tiles, and the share that their top batches share."""
    tops = [set(np.argsort(-scores, kind="stable")[:batch].tolist()) for scores in (one, other)]
    return float(spearmanr(one, other).statistic), len(tops[0] & tops[1]) / batch


def row(what: str, one: Scores, other: Scores, batch: int) -> str:
    """A line of the table."""
    cells = [agreement(one[name], other[name], batch) for name in COMPARED]
    return f"| {what} | " + " | ".join(f"{rank:.3f}, {share:.0%}" for rank, share in cells) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement", description=__doc__)
    parser.add_argument("--tiles", type=Path, default=Path("data/tiles"), help="the tile store (%(default)s)")
    parser.add_argument("--round", type=Path, help="folder with model/ and labelled.csv (the last round)")
    parser.add_argument("--most", type=int, default=10**9, help="score so many tiles of the pool (all)")
    parser.add_argument("--batch", type=int, help="tiles in a batch (al.batch)")
    options = parser.parse_args()
    settings = params.load()
    pool = Pool(options.tiles, options.round or Path("rounds") / settings.last, options.most)
    batch = options.batch or settings.al.batch
    draws = {(passes, seed): pool.draw(passes, seed) for passes, seed in product(PASSES, (1, 2))}
    scores = {key: pool.score(draw) for key, draw in draws.items()}
    print(f"{len(pool.rows)} tiles, batches of {batch}: Spearman's rank correlation, share of the batch in common\n")
    print("| compared | " + " | ".join(COMPARED) + " |\n" + "|---" * (len(COMPARED) + 1) + "|")
    half = pool.score(draws[5, 1], "bfloat16")
    print(row("bfloat16 and float32, the same draw of T = 5", half, scores[5, 1], batch))
    for passes in PASSES:
        print(row(f"two draws of T = {passes}, float32", scores[passes, 1], scores[passes, 2], batch))


if __name__ == "__main__":
    main()
