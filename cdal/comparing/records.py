"""Experiments in one small file, to be kept in git beside what was concluded from them, and compared again anywhere."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cdal.comparing.experiments import Experiment, frame
from cdal.errors import UserError

METRICS = tuple(
    f"test_{unit}_{name}" for unit in ("pixel", "tile") for name in ("average_precision", "roc_auc", "f1", "iou")
)
"""What is kept of the learning curve, beside the counts that every comparison reads."""
DIGITS = 6


def write(path: Path, experiments: Iterable[Experiment]) -> None:
    """Write experiments, one a line, by name and seed; what all of them have in their parameters stands apart."""
    runs = sorted(experiments, key=lambda run: (run.dvc or run.name, run.source))
    shared = set.intersection(*(set(run.params.items()) for run in runs)) if runs else set()
    lines = ",\n".join(json.dumps(_entry(run, shared), allow_nan=False) for run in runs)
    head = json.dumps(dict(sorted(shared)), indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}")
    scratch.write_text(f'{{"params": {head},\n"experiments": [\n{lines}\n]}}\n', encoding="utf-8")
    scratch.replace(path)


def read(path: Path) -> list[Experiment]:
    """Experiments of a file that `write` made. Raises UserError if it is no such file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [_experiment(entry, found["params"]) for entry in found["experiments"]]
    except FileNotFoundError:
        raise UserError(
            f"{path} not found, expected a file of experiments; `python -m cdal compare --export {path}` writes one"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(f"{type(error).__name__} {error}".split())[:120]
        raise UserError(
            f"{path} is no file of experiments ({reason}), expected what `python -m cdal compare --export` writes"
        ) from None


def merge(known: Sequence[Experiment], new: Sequence[Experiment]) -> list[Experiment]:
    """Both, the finished run and then the new one counting of those with the same name in DVC (or the same source)."""
    found: dict[str, Experiment] = {}
    for run in (*known, *new):
        name = run.dvc or run.source
        if name not in found or run.status == "FINISHED" or found[name].status != "FINISHED":
            found[name] = run
    return list(found.values())


def _entry(run: Experiment, shared: set[tuple[str, str]]) -> dict[str, Any]:
    curve = {name: [_rounded(value) for value in run.curve[name]] for name in run.curve}
    acquired = None if run.acquired is None else {round: sorted(tiles) for round, tiles in run.acquired.items()}
    return {
        "name": run.name, "dvc": run.dvc, "source": run.source, "status": run.status,
        "data": run.data, "split": run.split, "code": run.code, "processor": run.processor,
        "params": dict(sorted(set(run.params.items()) - shared)), "curve": curve, "acquired": acquired,
    }  # fmt: skip


def _experiment(entry: Mapping[str, Any], shared: Mapping[str, str]) -> Experiment:
    curve = entry["curve"]
    rows = [dict(zip(curve, values, strict=True)) for values in zip(*curve.values(), strict=True)]
    acquired = entry["acquired"]
    return Experiment(
        **{key: entry[key] for key in ("name", "dvc", "source", "status", "data", "split", "code")},
        params={**shared, **entry["params"]},
        curve=frame(rows),
        acquired=acquired and {round: frozenset(tiles) for round, tiles in acquired.items()},
        logged=tuple(key for key in curve if key.startswith("test_")),
        processor=entry.get("processor", ""),
    )


def _rounded(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else round(float(value), DIGITS)
