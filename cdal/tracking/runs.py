"""Parent and child runs: one parent an experiment, one nested child a stage that really ran."""

import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdal import STARTED
from cdal.params import Params
from cdal.tracking import store
from cdal.tracking.models import log_model

if TYPE_CHECKING:
    from mlflow.entities import Run

Values = Mapping[str, float | None]


class Child:
    """A stage's run; what is logged here is seen under its parent."""

    def __init__(self, parent: str, run: str) -> None:
        self.parent, self.run = parent, run
        self._seconds: dict[str, float] = {}

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Count the seconds of a part of the stage: training, scoring, evaluation, loading, ..."""
        start = time.perf_counter()
        yield
        self._seconds[part] = self._seconds.get(part, 0.0) + time.perf_counter() - start

    def metrics(self, values: Values, step: int = 0) -> None:
        """Log numbers on the stage; undefined ones (None, nan) are left out."""
        log(self.run, values, step)

    def history(self, values: Mapping[str, list[float]]) -> None:
        """Log curves, one value a step, counted from 1."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        points = [Metric(k, v, now, i) for k, vs in values.items() for i, v in enumerate(vs, 1) if math.isfinite(v)]
        _log_points(self.run, points)

    def artifact(self, path: Path, folder: str = "") -> None:
        """Log a file or folder on the stage."""
        log_artifact(self.run, path, folder)

    def parent_artifact(self, path: Path, folder: str = "") -> None:
        """Log a file on the experiment."""
        log_artifact(self.parent, path, folder)

    def trained(self, out: Path, histories: list[list[float]], export: Callable[[Path], None] | None) -> None:
        """Log a round: its metrics.json, the training loss of every member and epoch, and its model.

        out: the round's folder. export: writes SavedModels of the members into a folder; None logs no model.
        """
        found = json.loads((out / "metrics.json").read_text())
        shown = {key: found[key] for key in ("labels", "threshold", "val", "test")}
        self.metrics({key.replace(".", "_"): value for key, value in flatten(shown).items()})
        self.history({f"loss_member_{index}": losses for index, losses in enumerate(histories)})
        for name in ("metrics.json", "evaluation.json", "labelled.csv"):
            self.artifact(out / name)
        if export is not None:
            with tempfile.TemporaryDirectory() as scratch:
                shutil.copy(out / "model" / "model.json", scratch)
                export(Path(scratch))
                log_model(self.run, Path(scratch), f"change_{out.name}")

    def finish(self, status: str, seconds: float) -> None:
        """End the run."""
        parts = {f"seconds/{part}": value for part, value in self._seconds.items()}
        self.metrics({"seconds": seconds, **parts})
        store.client().set_terminated(self.run, status)


@contextmanager
def stage(params: Params, name: str, round: str | None = None) -> Iterator[Child]:
    """A child run for the stage `name` (of a round such as r01) under the experiment's parent.

    It ends FINISHED, FAILED (with the message as tag cdal.error) or KILLED; errors pass through.
    """
    parent = find_or_create_parent(params)
    child = Child(parent.info.run_id, _create_child(params, parent, name, round))
    try:
        yield child
    except KeyboardInterrupt:
        child.finish("KILLED", time.perf_counter() - STARTED)
        raise
    except (Exception, SystemExit) as error:
        store.client().set_tag(child.run, "cdal.error", str(error)[:500])
        child.finish("FAILED", time.perf_counter() - STARTED)
        raise
    child.finish("FINISHED", time.perf_counter() - STARTED)


def find_or_create_parent(params: Params) -> "Run":
    """The experiment's parent run; made, with all parameters, by whoever comes first."""
    from mlflow.entities import Param

    with store.lock():
        found = store.find_parent(params)
        if found is None:
            experiment = store.experiment_id(params.tracking.experiment)
            tags = {"cdal.kind": "parent", "cdal.experiment": store.experiment_key(params), **_origin()}
            found = store.client().create_run(experiment, tags=tags, run_name=parent_name(params))
            flat = [Param(key, str(value)) for key, value in flatten(params.model_dump(exclude={"flow"})).items()]
            store.client().log_batch(found.info.run_id, params=flat)
    return found


def parent_name(params: Params) -> str:
    """A name that tells runs apart, such as `MCBN-BALD seed 3`."""
    if params.tracking.name:
        return params.tracking.name
    al = params.al
    if al.iterations == 0:
        return f"supervised seed {params.seed}"
    selector = "" if al.selector == "top" else f" {al.selector}"
    method = al.method if al.method == "Random" else f"{al.method}-{al.acquisition}{selector}"
    return f"{method} seed {params.seed}"


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def log(run: str, values: Values, step: int) -> None:
    """Log numbers at a step; undefined ones are left out."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    _log_points(run, [Metric(k, float(v), now, step) for k, v in values.items() if v is not None and math.isfinite(v)])


def log_artifact(run: str, path: Path, folder: str = "") -> None:
    """Log a file, or what is in a folder."""
    if path.is_dir():
        store.client().log_artifacts(run, str(path), folder or None)
    else:
        store.client().log_artifact(run, str(path), folder or None)


def _log_points(run: str, points: list[Any]) -> None:
    for start in range(0, len(points), 1000):
        store.client().log_batch(run, metrics=points[start : start + 1000])


def _create_child(params: Params, parent: "Run", name: str, round: str | None) -> str:
    from mlflow.entities import Param
    from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

    tags = {
        MLFLOW_PARENT_RUN_ID: parent.info.run_id,
        "cdal.kind": "stage",
        "cdal.stage": name,
        "cdal.round": round or "",
        "cdal.experiment": store.experiment_key(params),
        **_origin(),
    }
    label = f"{name} {round}" if round else name
    run = store.client().create_run(parent.info.experiment_id, tags=tags, run_name=label)
    shared = {
        "al.method": params.al.method,
        "al.acquisition": params.al.acquisition,
        "seed": params.seed,
        "round": round,
    }
    store.client().log_batch(run.info.run_id, params=[Param(k, str(v)) for k, v in shared.items()])
    return str(run.info.run_id)


def _origin() -> dict[str, str]:
    tags = {
        "dvc.stage": os.environ.get("DVC_STAGE", ""),
        "dvc.exp_name": os.environ.get("DVC_EXP_NAME", ""),
        "git.commit": store.baseline(),
    }
    return {key: value for key, value in tags.items() if value}
