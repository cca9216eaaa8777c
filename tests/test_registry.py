"""tracking.register: versions of a registered model, and the alias `best`, by validation."""

import json
from pathlib import Path

import pytest

from cdal import tracking
from cdal.errors import UserError
from cdal.params import Params
from cdal.tracking import registry, store
from tests import sweep

pytestmark = pytest.mark.usefixtures("own_store")
MODEL = {"members": 1, "bands": 3, "dtype": "uint8", "mean": [[0.0] * 3] * 2, "std": [[1.0] * 3] * 2}


def settings(seed: int) -> Params:
    raw = sweep.settings("MCBN", seed).model_dump()
    raw["tracking"]["register"] = "change"
    return Params.model_validate(raw)


def export(folder: Path) -> None:
    """A model folder that can be logged: the SavedModel in it is never loaded here."""
    (folder / "model.json").write_text(json.dumps(MODEL))


def register(folder: Path, seed: int, ap: float | None, tags: dict[str, str] = sweep.DATA) -> str:
    """Register the model of seed `seed`, whose validation average precision is `ap`."""
    last = folder / "r03"
    last.mkdir(exist_ok=True)
    (last / "metrics.json").write_text(json.dumps({"val": {"pixel": {"average_precision": ap}}}))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(registry.provenance, "data", lambda: tags)
        return tracking.register(settings(seed), last, export)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log the folder as it is: test_serving logs and loads real networks."""

    def log(run: str, folder: Path, name: str) -> str:
        model = store.client().create_logged_model(
            store.client().get_run(run).info.experiment_id, name=name, source_run_id=run
        )
        store.client().log_model_artifacts(model.model_id, str(folder))
        store.client().finalize_logged_model(model.model_id, "READY")
        from mlflow.entities import LoggedModelOutput

        store.client().log_outputs(run, [LoggedModelOutput(model.model_id, 0)])
        return str(model.model_id)

    monkeypatch.setattr(registry, "log_model", log)


def best() -> str:
    return str(store.client().get_model_version_by_alias("change", "best").version)


def test_the_alias_follows_the_best_validation_metric(tmp_path: Path) -> None:
    assert "version 1: is `best` now with val_pixel_average_precision 0.5000" in register(tmp_path, 1, 0.5)
    assert "does not beat `best`, version 1 with 0.5000" in register(tmp_path, 2, 0.5)
    assert "version 3: is `best` now" in register(tmp_path, 3, 0.6)
    assert best() == "3"
    assert store.client().get_model_version("change", "3").tags["val_pixel_average_precision"] == "0.6"


def test_registering_twice_changes_nothing(tmp_path: Path) -> None:
    register(tmp_path, 1, 0.5)
    assert "version 1: is `best` with" in register(tmp_path, 1, 0.5)
    assert len(store.client().search_model_versions("name = 'change'")) == 1


def test_other_tiles_are_not_compared(tmp_path: Path) -> None:
    register(tmp_path, 1, 0.5)
    assert "version 1 is `best`, but on other tiles" in register(
        tmp_path, 2, 0.9, {"cdal.data": "x", "cdal.split": "y"}
    )
    assert best() == "1"


def test_an_undefined_metric_is_never_best(tmp_path: Path) -> None:
    assert "undefined" in register(tmp_path, 1, None)
    assert store.client().get_registered_model("change").aliases == {}
    assert "version 2: is `best` now" in register(tmp_path, 2, 0.1)


def test_a_name_that_mlflow_refuses_is_told(tmp_path: Path) -> None:
    from cdal import params

    text = (Path(__file__).parent.parent / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("register: null", "register: a/b"))
    with pytest.raises(UserError, match=r"tracking\.register"):
        params.load(tmp_path / "params.yaml")
