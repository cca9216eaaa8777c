"""Full supervision as the level to compare with, and how many labels each experiment needed for 95 % of it."""

from statistics import fmean
from typing import TYPE_CHECKING

from cdal import learning
from cdal.tracking import log, store

if TYPE_CHECKING:
    from mlflow.entities import Run

NEEDED = "labels_to_95_percent"
LEVEL = "full_supervision_level"
SAME = ("cdal.data", "cdal.split")


def log_labels_needed(parent: "Run") -> None:
    """Log labels_to_95_percent on the parent; if it is itself full supervision, on all that it is a level for.

    A level is a finished parent with `al.initial: all` on the same tiles, split and backbone; several seeds are
    averaged. Without one nothing is logged, nor where 95 % is not reached: an experiment's own best is no ceiling.
    """
    alike = _alike(parent)
    levels = [run for run in alike if _is_full(run) and run.info.status == "FINISHED"]
    heights = [run.data.metrics[learning.METRIC] for run in levels if learning.METRIC in run.data.metrics]
    if not heights:
        return
    others = alike if _is_full(parent) else [parent]
    for run in others:
        if not _is_full(run):
            _log(run, fmean(heights))


def _alike(parent: "Run") -> list["Run"]:
    """Parents of the same MLflow experiment on the same tiles, split and backbone, this one included."""
    tags = parent.data.tags
    if not all(tags.get(key) for key in SAME):
        return []
    same = "".join(f" and tags.`{key}` = '{tags[key]}'" for key in SAME)
    backbone = parent.data.params["model.backbone"]
    return list(
        store.client().search_runs(
            [parent.info.experiment_id],
            f"tags.`cdal.kind` = 'parent' and params.`model.backbone` = '{backbone}'{same}",
            max_results=1000,
        )
    )


def _is_full(run: "Run") -> bool:
    return bool(run.data.params.get("al.initial") == "all")


def _log(run: "Run", level: float) -> None:
    from mlflow.entities import Metric

    known = run.data.metrics
    history = store.client().get_metric_history(run.info.run_id, learning.METRIC)
    needed = learning.labels_to(sorted({(point.step, point.value) for point in history}), level)
    found = {LEVEL: level, NEEDED: float("nan") if needed is None else float(needed)}
    if needed is None and NEEDED not in known:
        del found[NEEDED]  # MLflow deletes no metric: nan is for one that a higher level has made untrue
    now = log.milliseconds()
    log.points(run.info.run_id, [Metric(key, value, now, 0) for key, value in found.items() if known.get(key) != value])
