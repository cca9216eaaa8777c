"""The report of an experiment: one HTML file that opens offline; and the learning curve for the terminal."""

import io
import math
import shlex
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from cdal.figures import Rows, by_stage, column, duration

LIMIT = 4_800_000
"""Characters of the page; pictures are made smaller, then left out, until it is below."""
LARGE = 300_000
"""Bytes above which a PNG goes in as JPEG."""
SIZES = ((85, 1.0), (78, 0.75), (72, 0.5))
"""JPEG quality and scale of gallery pictures, tried in this order until all of them fit."""
DASH = "\u2013"

CAPTIONS = {
    "learning_curve": (
        "Lines: test AP, F1 and IoU against the number of labelled tiles, for pixels and for tiles",
        "How good the model is on the test set after each round; the sooner the curve flattens, the fewer "
        "labels were needed. AP (thick) needs no threshold; F1 and IoU use the one chosen on validation.",
    ),
    "balance": (
        "Bars: labelled tiles by class in each round; lines: share of change tiles among them",
        "What was labelled in all, and new in each round. Where the share of change tiles lies above the "
        "pool's, the acquisition finds change more often than drawing at random would.",
    ),
    "roc_pr": (
        "ROC and precision-recall curves of the test set, for pixels and for tiles",
        "How well the model ranks: a curve closer to the upper corner is better. Where change is rare, "
        "trust the precision-recall curve; the ROC curve flatters.",
    ),
    "thresholds": (
        "Lines: precision, recall and F1 on validation by threshold, with the chosen threshold marked",
        "What another threshold would have given on validation: lower ones find more change (recall), "
        "higher ones raise fewer false alarms (precision). The dashed line is the one in force, with the "
        "best F1.",
    ),
    "effort": (
        "Line: changed tiles found against tiles looked at; bars: tiles to look at by wanted recall",
        "Left: changed test tiles found when a person looks at tiles in the model's order; the dots are "
        "the thresholds chosen on validation. Right: the work that each of them costs, and what it really "
        "finds.",
    ),
    "reliability": (
        "Points: observed share of change by predicted probability; line: how often each is predicted",
        "Of all pixels (or tiles) predicted with probability p, a share p should be changed: points below "
        "the dashed line mean that the model predicts too much change, points above it too little.",
    ),
    "timing": (
        "Bars: time of each stage, split into training, scoring, evaluation and other",
        "Where the time went, summed over all rounds; a stage that DVC took from its cache took none.",
    ),
    "split": (
        "Maps of the scenes: tiles of pool, validation and test",
        "Where the model may learn (pool), where thresholds are chosen (val) and where it is tested. White ground "
        "is in no split, such as tiles that would touch another split's. Test tiles that touch pool tiles mean that "
        "the numbers leak.",
    ),
    "samples": (
        "Tiles before and after, and their labels",
        "Some pairs of the data set: before, after, and label.",
    ),
}
"""Alternative text of each figure, and how to read it, by its name in `figures`."""

PARAMETERS = {
    "method": "al.method",
    "acquisition": "al.acquisition",
    "iterations": "al.iterations",
    "batch": "al.batch",
    "initial": "al.initial",
    "initial_size": "al.initial_size",
    "random_share": "al.random_share",
    "seed": "seed",
}
"""Facts that are parameters, and their names in params.yaml; a fact with a dot in its name is one too."""


def table(curve: Rows) -> str:
    """The learning curve as aligned text: test metrics of pixels by round, `-` where undefined."""
    head = ("round", "labelled", "change tiles", "AP", "F1", "IoU", "AUC")
    counts = [[_count(value, "-") for value in column(curve, name)] for name in ("labelled", "change_tiles")]
    names = ("average_precision", "f1", "iou", "roc_auc")
    metrics = [[_metric(value, "-") for value in column(curve, f"test_pixel_{name}")] for name in names]
    lines = [head, *zip([str(row["round"]) for row in curve], *counts, *metrics, strict=True)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    validation = column(curve, "validation")
    if validation.size and math.isfinite(validation[-1]):
        text.append(f"test pixels; {_count(validation[-1], '-')} validation tiles are labelled on top")
    return "\n".join(text)


def build(
    path: Path,
    *,
    facts: Mapping[str, Any],
    curve: Rows,
    metrics: Mapping[str, Any],
    figures: Mapping[str, Path],
    timings: Sequence[Mapping[str, Any]],
    galleries: Sequence[tuple[str, Path]],
) -> None:
    """Write the report to `path`: a single file below 5 MB with every picture in it and nothing to fetch.

    facts: method, acquisition, seed, ... (shown, and used for the command that reproduces the run).
    curve: rows of curve.csv. metrics: metrics.json of the last round, with an optional list `notes`.
    figures: PNG by name, explained by CAPTIONS. timings: rows as in `figures.by_stage`, or none.
    galleries: (round, PNG), which become JPEG; those that would make the page too large are left out, and the
    page says so.
    """
    labels = metrics.get("labels") or {}
    pictures = {name: _inline(file) for name, file in figures.items()}
    room = LIMIT - 200_000 - sum(map(len, pictures.values()))
    shown = _galleries(galleries, room * 3 // 4)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters.update(metric=_metric, count=_count, percent=_percent, duration=duration)
    html = environment.get_template("report.html.j2").render(
        facts=facts,
        command=reproduce(facts),
        curve=curve,
        last=curve[-1],
        metrics=metrics,
        labels=labels,
        pool=(metrics.get("pool") or {}).get("tiles", labels.get("pool")),
        levels={level: (metrics.get("test") or {}).get(level) or {} for level in ("pixel", "tile")},
        validation={level: (metrics.get("val") or {}).get(level) or {} for level in ("pixel", "tile")},
        chosen=metrics.get("threshold") or {},
        effort=[effort_sentence(row) for row in metrics.get("effort") or []],
        captions={name: CAPTIONS.get(name, (name.replace("_", " "), "")) for name in figures},
        pictures=pictures,
        stages=by_stage(timings),
        galleries=shown,
        missing=[name for name, _ in galleries if name not in dict(shown)],
    )
    path.write_text(html, encoding="utf-8")


def effort_sentence(row: Mapping[str, Any]) -> str:
    """One row of the review effort in words. Shares in 0 to 1; None where no threshold reaches the recall."""
    wanted = _percent(row.get("recall_wanted"))
    if row.get("reviewed") is None:
        return f"To find {wanted} of the changed tiles, no threshold is known: none reaches it on validation."
    return (
        f"To find {wanted} of the changed tiles, a person looks at {_percent(row['reviewed'])} of the tiles "
        f"(threshold {_metric(row.get('threshold'))}; on test it finds {_percent(row.get('recall'))})."
    )


def reproduce(facts: Mapping[str, Any]) -> str:
    """The command that runs the experiment again, with the facts that are parameters."""
    named = {PARAMETERS.get(name, name): value for name, value in facts.items() if value is not None}
    known = {name: value for name, value in named.items() if "." in name or name in PARAMETERS.values()}
    return " ".join(["dvc exp run", *(f"-S {shlex.quote(f'{name}={value}')}" for name, value in known.items())])


def _galleries(galleries: Sequence[tuple[str, Path]], room: int) -> list[tuple[str, str]]:
    if not galleries:
        return []
    for quality, scale in SIZES:
        if len(galleries) * len(_jpeg(galleries[0][1], quality, scale)) <= room:
            break
    encoded = [_jpeg(file, quality, scale) for _, file in galleries]
    for number in range(len(galleries), 0, -1):
        kept = sorted({round(i) for i in np.linspace(len(galleries) - 1, 0, number)})
        if sum(len(encoded[i]) for i in kept) <= room:
            return [(galleries[i][0], _uri(encoded[i], "jpeg")) for i in kept]
    return []


def _inline(file: Path) -> str:
    data = file.read_bytes()
    return _uri(data, "png") if len(data) <= LARGE else _uri(_jpeg(file, *SIZES[0]), "jpeg")


def _jpeg(file: Path, quality: int, scale: float) -> bytes:
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    if scale < 1:
        size = round(scale * picture.width), round(scale * picture.height)
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{b64encode(data).decode('ascii')}"


def _number(value: Any) -> float:
    return math.nan if value is None or value == "" else float(value)


def _metric(value: Any, undefined: str = DASH) -> str:
    number = _number(value)
    return f"{number:.3f}" if math.isfinite(number) else undefined


def _count(value: Any, undefined: str = DASH) -> str:
    number = _number(value)
    return f"{number:,.0f}" if math.isfinite(number) else undefined


def _percent(value: Any) -> str:
    number = 100 * _number(value)
    if not math.isfinite(number):
        return DASH
    return f"{number:.1f} %" if 0 < number < 10 else f"{number:.0f} %"
