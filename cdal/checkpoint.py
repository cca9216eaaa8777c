"""A round's model on disk: member_0.weights.h5, ... and model.json (architecture, normalisation, thresholds)."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cdal import network
from cdal.backend import keras
from cdal.batches import Normalisation
from cdal.errors import UserError
from cdal.posterior import Weights


@dataclass(frozen=True)
class Description:
    """What model.json holds. mean and std: (2, bands), row 0 = before; dtype: of the imagery; threshold: of P(change)
    for pixels and of the tile score for tiles, chosen on validation."""

    backbone: str
    decoder: list[int]
    bands: int
    dtype: str
    members: int
    mean: list[list[float]]
    std: list[list[float]]
    threshold: dict[str, float]

    @property
    def normalisation(self) -> Normalisation:
        """The z-score that the network was trained with."""
        return Normalisation(np.array(self.mean, np.float32), np.array(self.std, np.float32))


def save(folder: Path, model: keras.Model, members: list[Weights], description: Description) -> None:
    """Write every member's weights and model.json into `folder`, which is made; leaves the last member in `model`."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, weights in enumerate(members):
        model.set_weights(weights)
        model.save_weights(folder / f"member_{index}.weights.h5")
    (folder / "model.json").write_text(json.dumps(asdict(description), indent=1) + "\n")


def describe(folder: Path) -> Description:
    """Read model.json. Raises UserError if the folder holds no model."""
    try:
        fields: dict[str, Any] = json.loads((folder / "model.json").read_text())
        return Description(**fields)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{folder} holds no model of cdal ({error}); expected model.json and weights") from None


def load(folder: Path, *, precision: str) -> tuple[keras.Model, list[Weights], Description]:
    """The network, every member's weights and the description; the network holds the first member.

    precision: arithmetic, float32 or bfloat16. Raises UserError for a folder without a model.
    """
    description = describe(folder)
    network.set_precision(precision)
    model = network.build(
        description.backbone, bands=description.bands, decoder=description.decoder, weights=None, seed=0
    )
    members = []
    for index in reversed(range(description.members)):
        model.load_weights(folder / f"member_{index}.weights.h5")
        members.append(model.get_weights())
    return model, members[::-1], description


def export(folder: Path, out: Path) -> None:
    """Write every member as a SavedModel, member_0, ..., and model.json into `out`, for MLflow."""
    model, members, _ = load(folder, precision="float32")
    for index, weights in enumerate(members):
        model.set_weights(weights)
        network.export(model, out / f"member_{index}")
    shutil.copy(folder / "model.json", out)
