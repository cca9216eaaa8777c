"""The model that MLflow serves. It stands alone: nothing of cdal is imported, for the place where it runs has none."""

import json
from pathlib import Path

import mlflow
import numpy as np
from mlflow.pyfunc import PythonModel, PythonModelContext


class ChangeDetector(PythonModel):
    """Mean P(change) of all members, from raw before and after images."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load every member's SavedModel and the normalisation."""
        import tensorflow as tf

        folder = Path(context.artifacts["model"])
        description = json.loads((folder / "model.json").read_text())
        self.members = [tf.saved_model.load(str(folder / f"member_{index}")) for index in range(description["members"])]
        shape = (2, 1, 1, -1)
        self.mean = np.array(description["mean"], np.float32).reshape(shape)
        self.std = np.array(description["std"], np.float32).reshape(shape)

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # MLflow would read hints
        """{"before", "after"}, each (N, H, W, bands), H and W multiples of 32, to {"probability": (N, H, W)}."""
        pairs = np.stack([model_input["before"], model_input["after"]], axis=1).astype(np.float32)
        normalised = (pairs - self.mean) / self.std
        return {"probability": np.mean([member.predict(normalised).numpy() for member in self.members], axis=0)}


mlflow.models.set_model(ChangeDetector())
