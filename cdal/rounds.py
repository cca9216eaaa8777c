"""One round's training and evaluation: the same for the seed model and for every round after it."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from cdal import checkpoint, curve, evaluation, network
from cdal.backend import keras
from cdal.evaluation import Evaluation
from cdal.ledger import Entry
from cdal.losses import loss_function
from cdal.members import side_by_side
from cdal.opened import Tiles
from cdal.params import Params
from cdal.posterior import Posterior, Weights, draw_statistics, ensemble, predictor
from cdal.streams import stream
from cdal.training import Labelled, Member, Progress, Trainer, Validate

Timed = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True)
class Trained:
    """A round's networks (every member's weights are in `members`), how good their mean is, and, of a single network,
    the batch-norm statistics that make MCBN of it wherever it is used."""

    model: keras.Model
    members: list[Member]
    evaluation: Evaluation
    statistics: list[Weights]

    def save(self, folder: Path, tiles: Tiles, params: Params) -> None:
        """Write the model as a checkpoint."""
        description = checkpoint.Description(
            backbone=params.model.backbone, decoder=params.model.decoder, bands=int(tiles.images.shape[-1]),
            dtype=str(tiles.images.dtype), members=len(self.members), mean=tiles.normalise.mean.tolist(),
            std=tiles.normalise.std.tolist(), threshold=self.evaluation.thresholds,
        )  # fmt: skip
        checkpoint.save(folder, self.model, [member.weights for member in self.members], description, self.statistics)

    def export(self, folder: Path) -> None:
        """Write every member as a SavedModel, and the statistics, for MLflow."""
        checkpoint.save_statistics(folder, self.statistics)
        for index, member in enumerate(self.members):
            self.model.set_weights(member.weights)
            network.export(self.model, folder / f"member_{index}")


def train(tiles: Tiles, labelled: list[str], params: Params, *, timed: Timed, progress: Progress) -> Trained:
    """Train `params.members` networks on the labelled tiles and evaluate their mean on validation and test.

    labelled: ids of the tiles that may be learned from. Raises UserError when training fails.
    """
    with timed("training"):
        if params.members > 1:
            members = side_by_side(partial(_trainer, tiles, labelled, params), params.members, progress)
            model = _network(tiles, params)
        else:
            trainer, validate = _trainer(tiles, labelled, params)
            members, model = [trainer.member(0, validate, progress)], trainer.network
    with timed("evaluation"):
        found = _evaluate(ensemble(model, [member.weights for member in members]), tiles, params)
        statistics = _statistics(model, tiles, labelled, params)
    return Trained(model, members, found, statistics)


def write(
    out: Path, trained: Trained, tiles: Tiles, ledger: list[Entry], earlier: list[curve.Row], params: Params
) -> None:
    """Write a round's model, metrics.json, evaluation.json and the learning curve so far into `out`.

    earlier: rows of the learning curve before this round.
    """
    pool = [tiles.classes[tiles.tile_ids[row]] for row in tiles.rows("pool")]
    spent = curve.labels(
        ledger, tiles.classes, pool=len(pool), validation=len(tiles.rows("val")), pool_change=curve.count_change(pool)
    )
    metrics = {"round": out.name, "labels": spent, **trained.evaluation.metrics}
    out.mkdir(parents=True, exist_ok=True)
    _write_json(out / "metrics.json", metrics)
    _write_json(out / "evaluation.json", trained.evaluation.curves)
    curve.write(out / "curve.csv", [*earlier, curve.row(out.name, ledger, tiles.classes, metrics)])
    trained.save(out / "model", tiles, params)


def exporter(trained: Trained, round: str, params: Params) -> Callable[[Path], None] | None:
    """What writes the round's model for MLflow, or None where `tracking.models` leaves it out."""
    kept = {"all": True, "last": round == params.last, "none": False}[params.tracking.models]
    return trained.export if kept else None


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n")


def _statistics(model: keras.Model, tiles: Tiles, labelled: list[str], params: Params) -> list[Weights]:
    """MCBN's draws where there is but one network; whatever the method, for Random and MCBN share their seed model."""
    if params.members > 1:
        return []
    return draw_statistics(
        model, tiles.images, tiles.rows_of(labelled), tiles.normalise, passes=params.al.mcbn.passes,
        batch=params.al.mcbn.batch, rng=stream(params.seed, "statistics"),
    )  # fmt: skip


def _evaluate(posterior: Posterior, tiles: Tiles, params: Params) -> Evaluation:
    outcomes = [
        evaluation.outcome(
            posterior,
            tiles.images,
            tiles.masks,
            tiles.rows(split),
            tiles.normalise,
            fractions=tiles.fractions,
            split=params.split,
            batch=params.score.batch,
        )
        for split in ("val", "test")
    ]
    return evaluation.evaluate(*outcomes, step=params.train.threshold_step)


def _network(tiles: Tiles, params: Params) -> keras.Model:
    """The untrained network."""
    network.set_precision(params.train.precision)
    bands = int(tiles.images.shape[-1])
    return network.build(params.model.backbone, bands=bands, decoder=params.model.decoder, weights=None, seed=0)


def _trainer(tiles: Tiles, labelled: list[str], params: Params) -> tuple[Trainer, Validate]:
    known = Labelled(tiles.images, tiles.masks, tiles.rows_of(labelled), tiles.normalise)
    trainer = Trainer(params.model, params.train, known, seed=params.seed)
    return trainer, _validation(trainer.network, tiles, params)


def _validation(model: keras.Model, tiles: Tiles, params: Params) -> Validate:
    predict, rows = predictor(model), tiles.rows("val")
    loss_of = loss_function(params.train.loss, params.train.class_weights)

    def loss(_: keras.Model) -> float:
        total = 0.0
        for start in range(0, len(rows), params.score.batch):
            chosen = rows[start : start + params.score.batch]
            probs = predict(tiles.normalise(tiles.images[chosen]))
            total += float(loss_of(np.asarray(tiles.masks[chosen]), probs[..., np.newaxis])) * len(chosen)
        return total / len(rows)

    return loss
