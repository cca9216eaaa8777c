"""Numbers and files to a run, in few requests."""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdal.tracking import store

Values = Mapping[str, float | None]
AT_ONCE = 1000
"""Metrics that MLflow takes in one request."""


def values(run: str, found: Values, step: int = 0) -> None:
    """Log numbers at a step; undefined ones (None, nan) are left out."""
    from mlflow.entities import Metric

    now = milliseconds()
    points(run, [Metric(k, float(v), now, step) for k, v in found.items() if v is not None and math.isfinite(v)])


def points(run: str, metrics: list[Any]) -> None:
    """Log MLflow Metric entities."""
    for start in range(0, len(metrics), AT_ONCE):
        store.client().log_batch(run, metrics=metrics[start : start + AT_ONCE])


def params(run: str, found: Mapping[str, Any]) -> None:
    """Log parameters as text."""
    from mlflow.entities import Param

    store.client().log_batch(run, params=[Param(key, str(value)) for key, value in found.items()])


def artifact(run: str, path: Path, folder: str = "") -> None:
    """Log a file, or what is in a folder."""
    if path.is_dir():
        store.client().log_artifacts(run, str(path), folder or None)
    else:
        store.client().log_artifact(run, str(path), folder or None)


def milliseconds() -> int:
    """The time as MLflow counts it."""
    return int(time.time() * 1000)


def flatten(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
