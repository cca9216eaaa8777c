"""The smallest things that are still whole: a labelled set, parameters and a network."""

from pathlib import Path

import numpy as np

from cdal import batchnorm, checkpoint, network, params, posterior
from cdal.batches import Normalisation
from cdal.params import Params
from cdal.training import Labelled

ROOT = Path(__file__).parent.parent
NORMALISE = Normalisation(np.full((2, 3), 127, np.float32), np.full((2, 3), 60, np.float32))


def settings(**train: object) -> Params:
    """The default parameters with a tiny network, three steps, and the given changes to `train`."""
    raw = params.load(ROOT / "params.yaml").model_dump()
    raw["model"] |= {"backbone": "mobilenet", "decoder": [8] * 5}
    raw["train"] |= {"steps": 3, "batch": 4, **train}
    return Params.model_validate(raw)


def labelled(tiles: int = 8, seed: int = 0) -> Labelled:
    """Random tiles of 32 px with a square of change in every other one."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 255, (tiles, 2, 32, 32, 3), dtype=np.uint8)
    masks = np.zeros((tiles, 32, 32), np.uint8)
    masks[::2, 8:20, 8:20] = 1
    return Labelled(images, masks, np.arange(tiles), NORMALISE)


def model_folder(folder: Path, *, members: int = 1, bands: int = 3, dtype: str = "uint8", passes: int = 3) -> Path:
    """A model on disk: networks of random weights, but batch norms that fit noise; passes: of MCBN, 0 for none."""
    rng = np.random.default_rng(0)
    top = np.iinfo(dtype).max
    images = rng.integers(0, top, (8, 2, 32, 32, bands), dtype=dtype)
    normalise = Normalisation(np.full((2, bands), top / 2, np.float32), np.full((2, bands), top / 4, np.float32))
    model = network.build("mobilenet", bands=bands, decoder=[8] * 5, weights=None, seed=3)
    weights, statistics = [], []
    for member in range(members):
        network.reinitialise(model, member, encoder=True)
        batchnorm.recalibrate(model, images, np.arange(8), normalise, batch=8)
        weights.append(model.get_weights())
    if passes:
        statistics = posterior.draw_statistics(
            model, images, np.arange(8), normalise, passes=passes, batch=4, rng=np.random.default_rng(1)
        )
    description = checkpoint.Description(
        backbone="mobilenet", decoder=[8] * 5, bands=bands, dtype=dtype, members=members,
        mean=normalise.mean.tolist(), std=normalise.std.tolist(), threshold={"pixel": 0.5, "tile": 0.5},
    )  # fmt: skip
    checkpoint.save(folder, model, weights, description, statistics)
    return folder
