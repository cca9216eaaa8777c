"""Scoring the unlabelled pool with a round's model: from folders to scores.csv and maps.npy, in bounded memory."""

import csv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdal import checkpoint, posterior, store
from cdal.acquisition import ACQUISITIONS
from cdal.backend import keras
from cdal.batches import Normalisation, Pairs
from cdal.checkpoint import Description
from cdal.errors import UserError
from cdal.mapping.mosaics import Mosaics
from cdal.mapping.predict import Look
from cdal.params import Params
from cdal.posterior import Posterior, Weights, encode
from cdal.scoring import Scores, Seen, score
from cdal.selectors import NEED_FEATURES
from cdal.streams import stream
from cdal.terminal import tile_progress


@dataclass(frozen=True)
class PoolScores:
    """scores (N,) that the method ranks by, all acquisition functions' values (N,), and encoder features (N + L, D) of
    these tiles and of the L labelled ones, with D = 0 unless the selector needs them."""

    tile_ids: list[str]
    scores: NDArray[np.float64]
    values: dict[str, NDArray[np.float64]]
    features: NDArray[np.float16]

    def write(self, folder: Path) -> None:
        """Write scores.csv and features.npy, in the order of the tile store."""
        with (folder / "scores.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["tile_id", "score", *(name.lower() for name in self.values)])
            for tile_id, *row in zip(self.tile_ids, self.scores, *self.values.values(), strict=True):
                writer.writerow([tile_id, *(f"{value:.9g}" for value in row)])
        np.save(folder / "features.npy", self.features)

    def summary(self) -> dict[str, float]:
        """Number of tiles, and mean and maximum of each acquisition function."""
        found = {"tiles": float(len(self.tile_ids))}
        for name, value in self.values.items():
            found |= {f"{name.lower()}_mean": float(value.mean()), f"{name.lower()}_max": float(value.max())}
        return found


def score_pool(
    images_folder: Path, model_folder: Path, labelled: list[str], params: Params, out: Path, *, round: str,
    timed: Callable[[str], AbstractContextManager[None]],
) -> PoolScores:  # fmt: skip
    """Score the unlabelled pool tiles (or a seeded share of them) by every acquisition function.

    labelled: ids that are labelled already; MCBN draws its batches from them alone. out: a folder, which is made, for
    what would not fit into memory: maps.npy (N, 2, h, w), and maps/ with the layers of the scored tiles, empty unless
    `score.maps` asks for them. Masks are never read.
    """
    images, index = store.load_images(images_folder)
    tile_ids = list(index["tile_id"])
    known = set(labelled)
    rows = np.array([i for i, (tile, split) in enumerate(zip(tile_ids, index["split"], strict=True))
                     if split == "pool" and tile not in known])  # fmt: skip
    if not len(rows):
        raise UserError("the pool has no unlabelled tile left to score; lower al.iterations or al.batch")
    rows = _share(rows, params, round)
    own = np.array([i for i, tile in enumerate(tile_ids) if tile in known])
    with timed("loading"):
        model, members, description = checkpoint.load(model_folder, precision=params.score.precision)
    with timed("scoring"), ExitStack() as stack:
        drawn = _posterior(params, model, members, images, own, description.normalisation, round)
        chunks = score(
            drawn, images, rows, description.normalisation, batch=params.score.batch, al=params.al,
            tile_ids=tile_ids, seen=_layers(stack, out / "maps", index, images.shape[2], description, params),
        )  # fmt: skip
        counted = ((len(chunk.maps), chunk) for chunk in chunks)
        values = _collect(tile_progress(counted, len(rows), f"scoring {round}"), out / "maps.npy")
        looked_at = np.concatenate([rows, own]) if params.al.selector in NEED_FEATURES else rows[:0]
        features = encode(model, images, looked_at, description.normalisation, batch=params.score.batch)
    scores = values[params.al.acquisition]
    if params.al.method == "Random":
        scores = stream(params.seed, "random", int(round[1:])).random(len(rows))
    return PoolScores([tile_ids[row] for row in rows], scores, values, features)


def _posterior(
    params: Params, model: keras.Model, members: list[Weights], images: Pairs, labelled: NDArray[np.int64],
    normalise: Normalisation, round: str,
) -> Posterior:  # fmt: skip
    if params.al.method == "Ensemble":
        return posterior.ensemble(model, members)
    if params.al.method == "MCBN":
        return posterior.mcbn(
            model, images, labelled, normalise, passes=params.al.mcbn.passes, batch=params.al.mcbn.batch,
            rng=stream(params.seed, "mcbn", int(round[1:])),
        )  # fmt: skip
    return posterior.single(model)


def _layers(
    stack: ExitStack, folder: Path, index: pd.DataFrame, size: int, description: Description, params: Params
) -> Seen | None:
    folder.mkdir(parents=True, exist_ok=True)
    if not params.score.maps:
        return None
    look = Look(params.al.acquisition, description.threshold["pixel"])
    return stack.enter_context(Mosaics(folder, index, size, look)).add


def _share(rows: NDArray[np.int64], params: Params, round: str) -> NDArray[np.int64]:
    if params.score.pool_fraction == 1 or not len(rows):
        return rows
    size = max(1, int(params.score.pool_fraction * len(rows)))
    return np.sort(stream(params.seed, "pool", int(round[1:])).choice(rows, size=size, replace=False))


def _collect(chunks: Iterator[Scores], path: Path) -> dict[str, NDArray[np.float64]]:
    """Values of all chunks; their maps go to the file `path` as they come."""
    part = path.with_suffix(".part")
    first = next(chunks)
    with store.ArrayFile(part, first.maps.shape[1:], np.uint8) as file:
        found = []
        for chunk in chain([first], chunks):
            file.append(chunk.maps)
            found.append(chunk.values)
    part.rename(path)
    return {name: np.concatenate([values[name] for values in found]) for name in ACQUISITIONS}
