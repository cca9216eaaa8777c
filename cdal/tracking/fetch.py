"""Fetching a model from MLflow."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from cdal.errors import UserError
from cdal.tracking import store

SCHEMES = ("models:/", "runs:/")


def is_uri(model: str) -> bool:
    """Whether `model` names one in MLflow rather than a folder."""
    return model.startswith(SCHEMES)


@contextmanager
def fetched(uri: str) -> Iterator[Path]:
    """The folder of model.json and SavedModels that `cdal.tracking.models.log_model` stored, while the block lasts.

    uri: models:/NAME/VERSION, models:/NAME@ALIAS, models:/m-ID or runs:/RUN/NAME. Raises UserError for a model that is
    not there or not of cdal.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    if store.is_local() and not (store.root() / "mlflow.db").exists():
        raise UserError(
            f"{uri} cannot be fetched: {store.root() / 'mlflow.db'} is not there, expected the store that "
            "it was logged to; run in the project's root, or set MLFLOW_TRACKING_URI"
        )
    with tempfile.TemporaryDirectory() as scratch:
        store.client()
        try:
            with store.reachable():
                folder = Path(download_artifacts(artifact_uri=uri, dst_path=scratch))
        except (MlflowException, OSError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(
                f"{uri} cannot be fetched from {store.uri()} ({reason}), expected models:/NAME/VERSION, "
                "models:/NAME@ALIAS, models:/m-ID or runs:/RUN/NAME; look it up in the MLflow UI"
            ) from None
        yield folder / _artifact(folder, uri)


def _artifact(folder: Path, uri: str) -> str:
    try:
        described = yaml.safe_load((folder / "MLmodel").read_text())
        return str(described["flavors"]["python_function"]["artifacts"]["model"]["path"])
    except (OSError, KeyError, TypeError, yaml.YAMLError):
        raise UserError(f"{uri} is no model of cdal, expected one that its training logged; choose another") from None
