"""A round's model on disk: member_0.weights.h5, ..., model.json (architecture, normalisation, thresholds), and for a
single network mcbn.npy (T, P): the batch-norm statistics of T draws of labelled tiles, so that MCBN needs no tiles."""

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


STATISTICS = "mcbn.npy"


def save(
    folder: Path, model: keras.Model, members: list[Weights], description: Description, statistics: list[Weights]
) -> None:
    """Write every member's weights, model.json and statistics (if any) into `folder`, which is made.

    Leaves the last member in `model`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_statistics(folder, statistics)
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


def save_statistics(folder: Path, settings: list[Weights]) -> None:
    """Write mcbn.npy, one row a pass; nothing without passes."""
    if settings:
        np.save(folder / STATISTICS, np.stack([np.concatenate(setting) for setting in settings]))


def load_statistics(folder: Path, shapes: list[tuple[int, ...]]) -> list[Weights]:
    """Read mcbn.npy as the values of variables of `shapes`, pass by pass; empty if the model has none.

    Raises UserError if the file does not belong to such a network.
    """
    path = folder / STATISTICS
    if not path.exists():
        return []
    sizes = [int(np.prod(shape)) for shape in shapes]
    try:
        rows = np.load(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}), expected batch-norm statistics; retrain the model") from None
    if rows.ndim != 2 or rows.shape[1] != sum(sizes):
        raise UserError(f"{path} has shape {rows.shape}, expected (passes, {sum(sizes)}); it is of another network")
    return [
        [part.reshape(shape) for part, shape in zip(np.split(row, np.cumsum(sizes)[:-1]), shapes, strict=True)]
        for row in rows
    ]


def load(folder: Path, *, precision: str) -> tuple[keras.Model, list[Weights], Description]:
    """The network, every member's weights and the description; the network holds the first member.

    precision: arithmetic, float32 or bfloat16. Raises UserError for a folder without a whole model.
    """
    description = describe(folder)
    network.set_precision(precision)
    model = network.build(
        description.backbone, bands=description.bands, decoder=description.decoder, weights=None, seed=0
    )
    members = []
    for index in reversed(range(description.members)):
        _load_weights(model, folder / f"member_{index}.weights.h5")
        members.append(model.get_weights())
    return model, members[::-1], description


def export(folder: Path, out: Path) -> None:
    """Write every member as a SavedModel, member_0, ..., with model.json and the statistics, into `out`, for MLflow."""
    model, members, _ = load(folder, precision="float32")
    for index, weights in enumerate(members):
        model.set_weights(weights)
        network.export(model, out / f"member_{index}")
    for name in ("model.json", STATISTICS):
        if (folder / name).exists():
            shutil.copy(folder / name, out)


def _load_weights(model: keras.Model, path: Path) -> None:
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:160] if path.exists() else "not there"
        raise UserError(
            f"{path} cannot be read ({reason}), expected the weights that model.json tells of; "
            "bring the folder back with `dvc checkout`, or retrain"
        ) from None
