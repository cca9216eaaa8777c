"""The tile store as an MLflow data set: which imagery, which cut, which split."""

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np

from cdal.params import Params
from cdal.tracking import provenance, store


def log_input(run: str, params: Params, folder: Path = provenance.TILES) -> None:
    """Log the tile store on a run; does nothing before there is one. Doing it twice changes nothing."""
    from mlflow.entities import Dataset, DatasetInput, InputTag
    from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

    digest = provenance.tiles()
    if not digest or not (folder / "images" / "index.csv").is_file():
        return
    dataset = Dataset(
        name=Path(params.data.path).name,
        digest=digest,
        source_type="local",
        source=json.dumps({"uri": params.data.path}),
        schema=_schema(folder),
        profile=json.dumps(_profile(folder)),
    )
    context = InputTag(MLFLOW_DATASET_CONTEXT, f"{params.data.tile} px tiles, split by {params.split.by}")
    store.client().log_inputs(run, [DatasetInput(dataset, [context])])


def _schema(folder: Path) -> str | None:
    from mlflow.data.schema import TensorDatasetSchema
    from mlflow.types import Schema, TensorSpec

    if not (folder / "images" / "images.npy").is_file():
        return None  # an experiment that is read from DVC's cache without its imagery
    images = np.load(folder / "images" / "images.npy", mmap_mode="r")
    height, width, bands = images.shape[2:]
    pair = [TensorSpec(images.dtype, (-1, height, width, bands), date) for date in ("before", "after")]
    mask = TensorSpec(np.dtype("uint8"), (-1, height, width), "change")
    return json.dumps(TensorDatasetSchema(features=Schema(pair), targets=Schema([mask])).to_dict())


def _profile(folder: Path) -> dict[str, int]:
    """Numbers of tiles in all, in each split and of each class."""
    with (folder / "images" / "index.csv").open(newline="") as file:
        splits = Counter(row["split"] for row in csv.DictReader(file))
    with (folder / "labels" / "tiles.csv").open(newline="") as file:
        classes = Counter(row["class"] for row in csv.DictReader(file))
    counts = {**splits, **{f"{name}_tiles": number for name, number in classes.items() if name}}
    return {"num_rows": splits.total(), **dict(sorted(counts.items()))}
