"""Settings of all tests, and an MLflow store of a test's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import browser

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests that need a browser where there is none; CI installs one, so there they fail."""
    if browser.CHROMIUM is None and "CI" not in os.environ:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="needs a browser: apt-get install chromium"))


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An MLflow store in tmp_path, as if that were the main checkout; the folder."""
    import mlflow

    from cdal.tracking import store

    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
        monkeypatch.delenv(name, raising=False)
    _forget(store)
    yield tmp_path
    _forget(store)
    mlflow.set_tracking_uri(None)


def _forget(store: object) -> None:
    store.uri.cache_clear()  # type: ignore[attr-defined]
    store.client.cache_clear()  # type: ignore[attr-defined]
