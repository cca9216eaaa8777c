"""A model folder as a posterior to predict with: a round's checkpoint, or the SavedModels that MLflow keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cdal import checkpoint, posterior
from cdal.backend import tf
from cdal.checkpoint import Description
from cdal.errors import UserError
from cdal.posterior import Posterior, Weights

POSTERIORS = ("Ensemble", "MCBN", "Single")


@dataclass(frozen=True)
class Networks:
    """A model's networks, however they are stored. statistics: of MCBN's draws, empty if the model has none."""

    description: Description
    members: list[Weights]
    statistics: list[Weights]
    ensemble: Callable[[list[Weights]], Posterior]
    mcbn: Callable[[list[Weights]], Posterior]

    def posterior(self, kind: str | None) -> Posterior:
        """The posterior of a kind; None is the model's own: its ensemble, else MCBN if it has statistics, else single.

        Raises UserError if the model has not got what it takes.
        """
        own = "Ensemble" if len(self.members) > 1 else "MCBN" if self.statistics else "Single"
        kind = kind or own
        lacks = {"Ensemble": len(self.members) < 2, "MCBN": not self.statistics, "Single": False}
        if lacks[kind]:
            raise UserError(
                f"the model has {len(self.members)} network(s) and {len(self.statistics)} MCBN statistics, "
                f"too few for {kind}, expected 2 or more of what it uses; choose --posterior {own}"
            )
        return (
            self.mcbn(self.statistics)
            if kind == "MCBN"
            else self.ensemble(self.members if kind == "Ensemble" else self.members[:1])
        )


def load(folder: Path, *, precision: str = "float32") -> Networks:
    """Load a folder of model.json and member_0.weights.h5, ... (a round's), or member_0/, ... (SavedModels).

    precision: float32 or bfloat16; SavedModels have their own. Raises UserError for a folder that is not whole.
    """
    description = checkpoint.describe(folder)
    return _saved(folder, description) if (folder / "member_0").is_dir() else _checkpoint(folder, precision)


def _checkpoint(folder: Path, precision: str) -> Networks:
    model, members, description = checkpoint.load(folder, precision=precision)
    shapes = [tuple(variable.shape) for variable in posterior.network.moving_statistics(model)]
    return Networks(
        description, members, checkpoint.load_statistics(folder, shapes),
        lambda chosen: posterior.ensemble(model, chosen), lambda chosen: posterior.with_statistics(model, chosen),
    )  # fmt: skip


def _saved(folder: Path, description: Description) -> Networks:
    members = [_saved_model(folder / f"member_{index}") for index in range(description.members)]
    first = members[0]
    moving = list(getattr(first, "statistics", []))
    shapes = [tuple(variable.shape) for variable in moving]
    return Networks(
        description, [[np.array(v) for v in member.weights] for member in members],
        checkpoint.load_statistics(folder, shapes) if moving else [],
        lambda chosen: Posterior(_saved_predictor(first), list(first.weights), chosen),
        lambda chosen: Posterior(_saved_predictor(first), moving, chosen),
    )  # fmt: skip


def _saved_model(folder: Path) -> tf.Module:
    try:
        return tf.saved_model.load(str(folder))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"{folder} cannot be read ({reason}), expected a SavedModel of cdal; fetch or log the model again"
        ) from None


def _saved_predictor(module: tf.Module) -> posterior.Predict:
    return lambda pairs: module.predict(tf.constant(pairs)).numpy()
