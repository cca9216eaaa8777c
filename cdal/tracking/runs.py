"""Child runs: one a stage that really ran, nested in the experiment's parent."""

import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cdal import STARTED
from cdal.params import Params
from cdal.tracking import datasets, log, provenance, store
from cdal.tracking.models import log_model
from cdal.tracking.monitor import monitored
from cdal.tracking.parent import find_or_create_parent, mark, mark_changes

if TYPE_CHECKING:
    from mlflow.entities import Run


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

    def metrics(self, values: log.Values, step: int = 0) -> None:
        """Log numbers on the stage; undefined ones (None, nan) are left out."""
        log.values(self.run, values, step)

    def history(self, values: Mapping[str, list[float]]) -> None:
        """Log curves, one value a step, counted from 1."""
        from mlflow.entities import Metric

        now = log.milliseconds()
        points = [Metric(k, v, now, i) for k, vs in values.items() for i, v in enumerate(vs, 1) if math.isfinite(v)]
        log.points(self.run, points)

    def artifact(self, path: Path, folder: str = "") -> None:
        """Log a file or folder on the stage."""
        log.artifact(self.run, path, folder)

    def parent_artifact(self, path: Path, folder: str = "") -> None:
        """Log a file on the experiment."""
        log.artifact(self.parent, path, folder)

    def trained(self, out: Path, histories: list[list[float]], export: Callable[[Path], None] | None) -> None:
        """Log a round: its metrics.json, the training loss of every member and epoch, and its model.

        out: the round's folder. export: writes SavedModels of the members into a folder; None logs no model.
        """
        found = json.loads((out / "metrics.json").read_text())
        shown = {key: found[key] for key in ("labels", "threshold", "val", "test")}
        self.metrics({key.replace(".", "_"): value for key, value in log.flatten(shown).items()})
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

    It ends FINISHED, FAILED (with the message as tag cdal.error) or KILLED; errors pass through. Raises UserError
    when the MLflow server is gone.
    """
    with store.reachable():
        parent = find_or_create_parent(params)
        child = Child(parent.info.run_id, _create_child(params, parent, name, round))
        status = "FAILED"
        try:
            with monitored(child.run):
                yield child
            status = "FINISHED"
        except KeyboardInterrupt:
            status = "KILLED"
            raise
        except (Exception, SystemExit) as error:
            store.client().set_tag(child.run, "cdal.error", str(error)[:500])
            raise
        finally:
            child.finish(status, time.perf_counter() - STARTED)


def _create_child(params: Params, parent: "Run", name: str, round: str | None) -> str:
    from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

    diff = provenance.changes()
    mark_changes(parent.info.run_id, diff)
    data = provenance.data() if round else {}  # before a round, what is on disk may be another experiment's
    mark(parent.info.run_id, data)
    tags = {
        MLFLOW_PARENT_RUN_ID: parent.info.run_id,
        "cdal.kind": "stage",
        "cdal.stage": name,
        "cdal.round": round or "",
        "dvc.stage": os.environ.get("DVC_STAGE", name),
        "cdal.experiment": store.experiment_key(params),
        **provenance.origin(),
        **data,
        **({"git.dirty": "true"} if diff else {}),
    }
    label = f"{name} {round}" if round else name
    run = str(store.client().create_run(parent.info.experiment_id, tags=tags, run_name=label).info.run_id)
    shared = {"al.method": params.al.method, "al.acquisition": params.al.acquisition, "seed": params.seed}
    log.params(run, {**shared, "round": round})
    if round:
        datasets.log_input(run, params)
    return run
