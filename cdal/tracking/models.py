"""Models in MLflow: any process with TensorFlow can load them, without cdal."""

import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

from cdal.tracking import store

REQUIREMENTS = ("mlflow", "tensorflow", "keras", "numpy")
SCRIPT = Path(__file__).parent.parent / "serving.py"


def log_model(run: str, folder: Path, name: str) -> str:
    """Log a folder of member_0/, ... (SavedModels) and model.json as a pyfunc model of the run; the model's id.

    It maps {"before", "after"}, each (N, H, W, bands) as they are in the imagery, to {"probability": (N, H, W)}.
    Requirements are given, not guessed, which saves half a minute.
    """
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    description = json.loads((folder / "model.json").read_text())
    shape = (-1, -1, -1, description["bands"])
    dtype = np.dtype(description["dtype"])
    signature = ModelSignature(
        Schema([TensorSpec(dtype, shape, "before"), TensorSpec(dtype, shape, "after")]),
        Schema([TensorSpec(np.dtype("float32"), (-1, -1, -1), "probability")]),
    )
    blank = np.zeros((1, 32, 32, description["bands"]), dtype)
    store.client()
    with (
        mlflow.start_run(run_id=run),
        warnings.catch_warnings(record=True),  # MLflow's on type hints; it overrides action="ignore"
    ):
        warnings.simplefilter("always")
        logged = mlflow.pyfunc.log_model(
            name=name,
            python_model=str(SCRIPT),
            artifacts={"model": str(folder)},
            signature=signature,
            input_example={"before": blank, "after": blank},
            pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
        )
    return str(logged.model_id)
