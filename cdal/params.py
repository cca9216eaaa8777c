"""Typed, validated view of params.yaml: every knob with its unit, range, default and source.

Defaults here document the published setting (Růžička et al., arXiv 2008.11201) where there is one; the values in
force are those in params.yaml, which must name every key.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cdal.errors import UserError
from cdal.flow import flow

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
PositiveFloat = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A frozen part of params.yaml; unknown, missing and ill-typed keys are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Simulate(Section):
    """The built-in city."""

    seed: int
    """Seed of the city, independent of the experiment's seed."""
    scenes: Positive
    """Number of scenes."""
    size: Annotated[int, Field(ge=128)]
    """Side of a scene in pixels (0.5 m each)."""


class Data(Section):
    """Where the imagery is, and how it is cut into tiles."""

    path: str
    """Folder with before/after/label folders (or {train,val,test}/ with those three in each)."""
    generators: list[Literal["synthetic"]]
    """Generated: [synthetic] if `path` is the built-in city, else empty."""
    before: str
    after: str
    label: str
    """Names of the three folders."""
    bands: list[Positive] | None
    """1-based bands to read, in order; null reads all (1 to 13)."""
    ignore_value: Annotated[int, Field(ge=0, le=255)] | None
    """Mask value that means 'not labelled'; such pixels are never trained on nor evaluated."""
    tile: Annotated[int, Field(ge=32, multiple_of=32)]
    """Side of a tile in pixels; a multiple of 32 (the encoder halves five times). Paper: 256."""
    stride: Positive
    """Step between tiles in pixels; below `tile` they overlap."""
    label_where: str | None
    """Which polygons of vector labels are change: an OGR SQL condition such as `class = 'building'`; null takes all."""
    max_ignored: Share
    """A tile with a larger share of ignored pixels (nodata, no overlap, ignore value) is dropped."""
    resampling: Literal["nearest", "bilinear", "cubic", "average"]
    """How the after image is brought onto the before grid where the grids differ."""


class Split(Section):
    """Pool, validation and test: always apart on the ground, but for `by: random`."""

    by: Literal["auto", "block", "scene", "folder", "list", "random"]
    """auto: lists or folders where the data has them, else blocks. random: the paper's, leaky."""
    seed: int
    """Seed of the split, independent of the experiment's seed."""
    val: Share
    test: Share
    """Share of blocks, scenes or tiles for validation and test."""
    block: Positive
    """Side of a block in pixels."""
    guard: Annotated[int, Field(ge=0)]
    """Least distance in pixels between tiles of different splits; 0 still forbids touching."""
    folds: Annotated[int, Field(ge=2)] | None
    """Number of cross-validation folds; null for none. Original: -KFOLDS."""
    fold: Annotated[int, Field(ge=0)]
    """Which fold is the test set (0 to folds - 1). Original: -FOLD_I."""
    val_tiles: Positive | None
    test_tiles: Positive | None
    """At most this many validation and test tiles; null keeps all. Paper: 200 each."""
    sample: Literal["natural", "balanced"]
    """How those are drawn: at random, or half change and half no change (paper; flatters precision)."""
    change_above: Share
    """A tile with a larger share of changed pixels is a 'change' tile. Paper: 3 %."""
    unchanged_below: Share
    """A tile with at most this share is 'no change'; between the two it counts for neither. Paper: 1 %."""


class Model(Section):
    """The Siamese U-Net."""

    backbone: str
    """An encoder of segmentation_models. Paper: resnet34."""
    weights: str | None
    """Encoder weights: null (from scratch), `imagenet` (paper), or the path of a local .h5 file."""
    decoder: Annotated[list[Positive], Field(min_length=5, max_length=5)]
    """Filters of the five decoder blocks, from the bottleneck up."""


class Failsafe(Section):
    """Start again from a new initialisation when training failed."""

    loss: PositiveFloat
    """Final validation loss above which (or non-finite) training counts as failed. Original: 1.5."""
    tries: Positive
    """Initialisations to try before giving up. Original: 10."""


class Train(Section):
    """One training, of the seed model and of every round."""

    epochs: Positive
    """Passes over the labelled set; unused where `steps` is set. Paper: 100."""
    steps: Positive | None
    """Optimiser steps, however many tiles are labelled; null trains `epochs`."""
    batch: Positive
    """Tiles in a training batch. Paper: 16."""
    learning_rate: PositiveFloat
    """Of Adam. Paper: 1e-5."""
    schedule: Literal["constant", "cosine"]
    """Learning rate: constant (paper), or warmed up and then lowered to 0 along a cosine, for short trainings."""
    loss: Literal["weighted_bce", "bce_dice", "focal", "jaccard"]
    """Paper: weighted cross-entropy."""
    class_weights: Annotated[list[PositiveFloat], Field(min_length=2, max_length=2)]
    """Weights of no change and change in weighted_bce. Paper: [1, 3]."""
    augmentation: Literal["none", "doubled", "random"]
    """Flips and quarter turns: none; one more copy of each tile, turned in one of the seven ways (paper); or
    every tile turned at random in each epoch."""
    change_share: Share | None
    """Part of every training batch that holds changed tiles, drawn again and again if they are few; null (paper):
    tiles as they come."""
    precision: Literal["float32", "bfloat16"]
    """Arithmetic of the network in training; weights and losses stay float32."""
    recalibrate: bool
    """Recompute batch-norm statistics from the labelled set after training (needed with few steps)."""
    failsafe: Failsafe
    threshold_step: Annotated[float, Field(ge=0.0001, le=0.5)]
    """Step of the thresholds tried on validation. Paper: 0.05."""


class Ensemble(Section):
    members: Annotated[int, Field(ge=2)]
    """Networks in the ensemble. Paper: 5."""


class MCBN(Section):
    passes: Annotated[int, Field(ge=2)]
    """Stochastic passes T. Paper: 5."""
    batch: Annotated[int, Field(ge=2)]
    """Labelled training tiles M whose batch statistics make one pass."""


class AL(Section):
    """Which tiles to label next."""

    method: Literal["Random", "Ensemble", "MCBN", "Single"]
    """Source of predictions; Random ranks by chance, Single by one deterministic pass. Original: -AL_method."""
    acquisition: Literal["Variance", "Entropy", "BALD", "Change", "Margin"]
    """The score that ranks tiles (cdal/acquisition.py). Original: -AL_AcquisitionFunction, the first three."""
    reduce: Literal["mean", "top_fraction"]
    """From pixel scores to a tile's: the mean over all its pixels (paper), or over the most uncertain share of them."""
    top_fraction: Annotated[float, Field(gt=0, le=1)]
    """That share; changes are small."""
    selector: Literal["top", "power", "softmax", "clasp", "coreset", "cluster"]
    """From scores to a batch (cdal/selectors.py). Paper: top."""
    min_distance: Annotated[float, Field(ge=0)]
    """Least distance in pixels between the centres of two picks of a round in one scene; 0 for none."""
    iterations: Annotated[int, Field(ge=0, le=999)]
    """Rounds after the seed model. Paper: 10."""
    batch: Positive
    """Tiles labelled in a round. Paper: 100."""
    initial: Literal["balanced", "random", "typical", "all"]
    """The first labelled set: half change and half no change (paper; uses labels), random, one tile of each visual
    cluster (a cold start without labels), or the whole pool."""
    initial_size: Positive
    """Tiles in it. Paper: 50."""
    random_share: Share
    """Share of every batch drawn at random instead of by score."""
    oracle: Literal["masks", "human"]
    """Who labels the pool: the stored masks, or people, for whom DVC waits (docs/human-in-the-loop.md)."""
    ensemble: Ensemble
    mcbn: MCBN


class Score(Section):
    """Scoring the pool."""

    batch: Positive
    """Tiles in an inference batch: speed and memory only, scores do not depend on it."""
    precision: Literal["float32", "bfloat16"]
    """Arithmetic of the network in scoring and evaluation."""
    pool_fraction: Annotated[float, Field(gt=0, le=1)]
    """Seeded random share of the unlabelled pool that is scored in a round. Original: 10 %."""
    maps: bool
    """Leave each round's layers as GeoTIFFs in rounds/rNN/maps: probability, change and uncertainty of the pool."""


class Tracking(Section):
    """MLflow."""

    model_config = ConfigDict(serialize_by_alias=True)

    experiment: str
    """Name of the MLflow experiment."""
    name: str | None
    """Run name of the parent; null makes one from method, acquisition and seed. Original: -name."""
    models: Literal["all", "last", "none"]
    """Which rounds log their model."""
    registered: Annotated[str, Field(pattern=r"^[^/:]+$")] | None = Field(None, alias="register")  # pydantic's own word
    """`register`: the registered model that gets a version from the last round; its alias `best` goes by validation.
    Null for none."""


class Params(Section):
    """The whole of params.yaml."""

    seed: int
    """Seed of the experiment: initial labelled set, initial weights, data order, draws. Original: -seed."""
    simulate: Simulate
    data: Data
    split: Split
    model: Model
    train: Train
    al: AL
    score: Score
    tracking: Tracking
    rounds: dict[str, str]
    """Generated from al.iterations: {r01: r00, r02: r01, ...}."""
    last: str
    """Generated: the last round."""
    members: Positive
    """Generated: networks to train; al.ensemble.members for Ensemble, else 1."""
    flow: dict[str, Any]
    """Generated from al.oracle and al.iterations: how labels reach the rounds (cdal/flow.py)."""

    @model_validator(mode="after")
    def _consistent(self) -> "Params":
        if self.split.unchanged_below > self.split.change_above:
            raise ValueError("split.unchanged_below is above split.change_above; lower it")
        if self.data.stride > self.data.tile:
            raise ValueError("data.stride is above data.tile and would skip pixels; lower it")
        if self.split.val + self.split.test >= 1:
            raise ValueError("split.val + split.test leave nothing for the pool; lower them")
        if self.split.folds is not None and self.split.fold >= self.split.folds:
            raise ValueError(f"split.fold is {self.split.fold}, expected 0 to {self.split.folds - 1}")
        if self.al.oracle == "human" and self.al.initial == "balanced":
            raise ValueError(
                "al.initial is balanced, which needs labels, but people have labelled nothing yet (al.oracle: human); "
                "set al.initial to typical or random"
            )
        return self


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and check params.yaml.

    Raises UserError (one line) for a missing file, broken YAML, an unknown, missing or ill-typed key, and for
    generated keys that do not follow from the others.
    """
    try:
        raw = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise UserError(f"{path} not found; run in the project's root") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    try:
        params = Params.model_validate(raw)
    except ValidationError as error:
        raise UserError(f"{path}: {_one_line(error)}") from None
    _check_generated(params)
    return params


def unroll(iterations: int) -> dict[str, str]:
    """The rounds as DVC needs them: each round's name and that of the round before it."""
    return {f"r{r:02d}": f"r{r - 1:02d}" for r in range(1, iterations + 1)}


def last_round(iterations: int) -> str:
    """Name of the last of `iterations` rounds (r00, the seed model's, if there are none)."""
    return f"r{iterations:02d}"


def network_count(method: str, ensemble_members: int) -> int:
    """Networks that `method` trains."""
    return ensemble_members if method == "Ensemble" else 1


def generators(path: str) -> list[str]:
    """Simulators that must run to make the imagery in `path`."""
    return ["synthetic"] if path == "data/raw/synthetic" else []


def _check_generated(params: Params) -> None:
    al = params.al
    expected: dict[str, tuple[Any, Any]] = {
        "rounds": (params.rounds, unroll(al.iterations)),
        "last": (params.last, last_round(al.iterations)),
        "members": (params.members, network_count(al.method, al.ensemble.members)),
        "flow": (params.flow, flow(al.oracle, al.iterations)),
        "data.generators": (params.data.generators, generators(params.data.path)),
    }
    for key, (found, wanted) in expected.items():
        if found != wanted:
            raise UserError(
                f"params.yaml: {_brief(key, found)}, but the other parameters ask for {_brief(key, wanted)}; "
                "after an edit by hand run `dvc exp run` once, which recomputes the generated keys"
            )


def _brief(key: str, value: Any) -> str:
    if key == "rounds":
        return f"{len(value)} rounds"
    if key == "flow":
        return f"stages for al.oracle: {'human' if value.get('asks') else 'masks'}"
    return f"{key} = {value}"


def _one_line(error: ValidationError) -> str:
    found = error.errors()[0]
    where = ".".join(str(part) for part in found["loc"])
    what = found["msg"].removeprefix("Value error, ")
    if found["type"] == "missing":
        return f"{where} is missing; add it (see cdal/params.py)"
    if found["type"] == "extra_forbidden":
        return f"{where} is not a parameter; check its spelling (see cdal/params.py)"
    shown = f" (found {found['input']!r})" if where else ""
    return f"{where}: {what}{shown}".removeprefix(": ")
