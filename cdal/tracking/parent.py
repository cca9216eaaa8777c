"""The parent run: one an experiment, made by whichever stage comes first."""

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cdal.params import Params
from cdal.tracking import log, provenance, store, view

if TYPE_CHECKING:
    from mlflow.entities import Run

COLOURS = {
    "Ensemble": ("#d55e00", "#8c3d00", "#f5a05a"),
    "MCBN": ("#0072b2", "#003f63", "#56b4e9"),
    "Single": ("#009e73", "#00563f", "#66c9ab"),
}
"""Shades of a method, in the order of ACQUISITIONS; the colours are told apart by the colour-blind too."""
ACQUISITIONS = ("Variance", "Entropy", "BALD", "Change", "Margin")


def find_or_create_parent(params: Params) -> "Run":
    """The experiment's parent run; made, with all parameters and versions, by whoever comes first."""
    with store.lock():
        found = store.find_parent(params)
        if found is None:
            experiment = store.experiment_id(params.tracking.experiment)
            view.install(experiment)
            tags = {
                "cdal.kind": "parent",
                "cdal.experiment": store.experiment_key(params),
                "mlflow.runColor": colour(params),
                **provenance.origin(),
                **provenance.versions(),
            }
            found = store.client().create_run(experiment, tags=tags, run_name=name(params))
            log.params(found.info.run_id, log.flatten(params.model_dump(exclude={"flow"})))
            text(found.info.run_id, provenance.requirements(), "requirements.txt", "code")
    return found


def name(params: Params) -> str:
    """A name that tells runs apart, such as `MCBN-BALD seed 3` or `MCBN-BALD cluster 10 % random seed 3`.

    `MCBN-Random seed 3` draws the whole batch at random.
    """
    if params.tracking.name:
        return params.tracking.name
    al = params.al
    if al.initial == "all":
        return f"full supervision seed {params.seed}"
    if al.iterations == 0:
        return f"supervised seed {params.seed}"
    if al.method == "Random":
        return f"Random seed {params.seed}"
    if al.random_share == 1:
        return f"{al.method}-Random seed {params.seed}"
    how = "".join(f" {value}" for value in (al.selector, al.reduce) if value not in ("top", "mean"))
    share = f" {100 * al.random_share:.0f} % random" if al.random_share else ""
    return f"{al.method}-{al.acquisition}{how}{share} seed {params.seed}"


def colour(params: Params) -> str:
    """One colour for all seeds of a method and acquisition function, so that charts of a sweep can be read."""
    if params.al.initial == "all":
        return "#000000"
    if params.al.method == "Random":
        return "#7f7f7f"
    if params.al.random_share == 1:
        return "#c4b5a5"
    shades = COLOURS[params.al.method]
    return shades[ACQUISITIONS.index(params.al.acquisition) % len(shades)]


def mark(run: str, tags: dict[str, str]) -> None:
    """Set those tags of a run that differ; tags only grow, so a run is never unmarked."""
    known = store.client().get_run(run).data.tags
    for key, value in tags.items():
        if known.get(key) != value:
            store.client().set_tag(run, key, value)


def mark_changes(run: str, diff: str) -> None:
    """Tag a run whose work tree was not clean, and keep the diff as an artifact; an empty diff does nothing."""
    if not diff:
        return
    digest = hashlib.sha256(diff.encode()).hexdigest()[:16]
    if store.client().get_run(run).data.tags.get("git.diff") != digest:
        text(run, diff, "git.diff", "code")
        mark(run, {"git.dirty": "true", "git.diff": digest})


def text(run: str, content: str, file: str, folder: str) -> None:
    """Log text as a file of the run."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / file
        path.write_text(content)
        log.artifact(run, path, folder)
