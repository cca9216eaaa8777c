"""An experiment in a folder: figures, report.html and the few numbers that `dvc exp show` compares. No TensorFlow."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cdal import curve, figures, report, store
from cdal.params import Params

FIGURES = "figures"


def write(last: Path, tiles: Path, out: Path, params: Params, timings: Sequence[Mapping[str, Any]]) -> None:
    """Write the report of the experiment whose last round is in `last` into `out`, replacing what was there.

    tiles: the folder of images, whose index says where the splits lie. timings: seconds by stage, from the tracker.
    Makes figures/*.png, report.html, curve.csv and metrics.json.
    """
    rows = curve.read(last / "curve.csv")
    metrics = {**_json(last / "metrics.json"), "notes": notes(params)}
    points = _json(last / "evaluation.json")
    pictures = out / FIGURES
    shutil.rmtree(out, ignore_errors=True)  # never write into a file that DVC may have linked to its cache
    pictures.mkdir(parents=True)
    drawn = {
        "learning_curve": figures.learning_curve(rows),
        "balance": figures.balance(rows),
        "split": figures.split_map(places(tiles), params.data.tile),
        "roc_pr": figures.roc_pr(points, metrics["test"]),
        "thresholds": figures.thresholds(points, metrics["threshold"]),
        "reliability": figures.reliability(points),
        "effort": figures.effort(points, metrics["effort"]),
        **({"timing": figures.timing(timings)} if timings else {}),
    }
    for name, figure in drawn.items():
        figures.save(figure, pictures / f"{name}.png")
    galleries = [(path.stem, path) for path in sorted((last / "gallery").glob("*.png"))]
    report.build(
        out / "report.html", facts=facts(params), curve=rows, metrics=metrics,
        figures={name: pictures / f"{name}.png" for name in drawn}, timings=timings, galleries=galleries,
    )  # fmt: skip
    shutil.copyfile(last / "curve.csv", out / "curve.csv")
    (out / "metrics.json").write_text(json.dumps(headline(metrics), indent=1) + "\n")


def places(tiles: Path) -> dict[str, list[tuple[int, int, str]]]:
    """Row, column and split of every tile, by scene."""
    index = store.load_index(tiles)
    return {
        str(scene): list(zip(rows["row"], rows["col"], rows["split"], strict=True))
        for scene, rows in index.groupby("scene")
    }


def artifacts(last: Path, out: Path) -> list[tuple[Path, str]]:
    """(file, folder in MLflow) of everything that a finished experiment shows there."""
    return [
        (out / "report.html", ""),
        (last / "curve.csv", "data"),
        (last / "labelled.csv", "data"),
        *((path, "figures") for path in sorted((out / FIGURES).glob("*.png"))),
        *((path, "gallery") for path in sorted((last / "gallery").glob("*.png"))),
    ]


def headline(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers to compare experiments by: labels, and test metrics of the last round."""
    labels, test = metrics["labels"], metrics["test"]
    return {
        "labelled": labels["labelled"],
        "spent": labels["spent"],
        "change_tiles": labels["change"],
        **{
            f"{unit}_{short}": test[unit][name]
            for unit in ("pixel", "tile")
            for short, name in (("ap", "average_precision"), ("f1", "f1"), ("iou", "iou"), ("auc", "roc_auc"))
        },
    }


def facts(params: Params) -> dict[str, Any]:
    """What tells this experiment from another, by parameter name."""
    al = params.al
    return {
        "method": al.method,
        "acquisition": al.acquisition,
        "selector": al.selector,
        "seed": params.seed,
        "iterations": al.iterations,
        "batch": al.batch,
        "initial": al.initial,
        "initial_size": al.initial_size,
        "data.path": params.data.path,
        "split.by": params.split.by,
        "model.backbone": params.model.backbone,
    }


def notes(params: Params) -> list[str]:
    """What a reader must know to judge the numbers."""
    found = []
    if params.al.initial == "balanced":
        found.append(
            "The initial set is half change tiles, which takes labels of tiles that are not counted as spent "
            "(al.initial: balanced, as in the paper)."
        )
    if params.al.oracle == "human":
        found.append("The pool was labelled by people; stored masks of the pool, if any, were not looked at.")
    if params.split.by == "random":
        found.append("Tiles were split at random: test tiles touch training tiles, and the numbers flatter (leaky).")
    if params.split.sample == "balanced" and (params.split.val_tiles or params.split.test_tiles):
        found.append("Validation and test are half change tiles, which flatters precision (split.sample: balanced).")
    return found


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def description(params: Params, last: Path) -> str:
    """Markdown for the MLflow run: how it ended, and what a reader must know."""
    found = headline(_json(last / "metrics.json"))
    pixel, tile = (f"AP {_shown(found[f'{unit}_ap'])}, F1 {_shown(found[f'{unit}_f1'])}" for unit in ("pixel", "tile"))
    return (
        f"**{found['labelled']} labelled tiles**, {found['change_tiles']} of them with change "
        f"({found['spent']} spent with validation). Test pixels: {pixel}; test tiles: {tile}.\n\n"
        + "\n".join(f"- {note}" for note in notes(params))
    )


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
