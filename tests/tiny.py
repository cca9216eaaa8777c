"""The smallest things that are still whole: a labelled set, parameters and a network."""

from pathlib import Path

import numpy as np

from cdal import params
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
