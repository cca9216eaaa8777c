"""The learning curve: one row a round, as the cumulative curve.csv."""

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdal.errors import UserError
from cdal.ledger import Entry

Row = dict[str, Any]
METRICS = ("precision", "recall", "f1", "accuracy", "iou", "roc_auc", "average_precision", "ece")


def labels(ledger: list[Entry], classes: Mapping[str, str], *, pool: int, validation: int) -> Row:
    """What has been spent on labels, and the balance of the labelled set.

    classes: tile_id to change, no_change or ambiguous. pool, validation: numbers of tiles. Validation labels cost as
    much as any and are counted in `spent`.
    """
    count = Counter(classes[entry.tile_id] for entry in ledger)
    origin = Counter(entry.origin for entry in ledger)
    return {
        "pool": pool,
        "labelled": len(ledger),
        "initial": origin["initial"],
        "acquired": origin["acquired"],
        "human": sum(entry.labeller != "oracle" for entry in ledger),
        "validation": validation,
        "spent": len(ledger) + validation,
        "change": count["change"],
        "no_change": count["no_change"],
        "ambiguous": count["ambiguous"],
    }


def row(round: str, ledger: list[Entry], classes: Mapping[str, str], metrics: Mapping[str, Any]) -> Row:
    """The round's row: labels, what this round acquired, and the test metrics.

    metrics: what metrics.json holds. Undefined values are None and become empty fields.
    """
    spent, test = metrics["labels"], metrics["test"]
    acquired = [entry for entry in ledger if entry.round == round and entry.origin == "acquired"]
    found = {
        "round": round,
        **{key: spent[key] for key in ("labelled", "validation", "spent")},
        **{f"{name}_tiles": spent[name] for name in ("change", "no_change", "ambiguous")},
        "acquired_tiles": len(acquired),
        "acquired_change_tiles": sum(classes[entry.tile_id] == "change" for entry in acquired),
    }
    for unit in ("pixel", "tile"):
        found |= {f"test_{unit}_{name}": test[unit][name] for name in METRICS}
        found[f"threshold_{unit}"] = metrics["threshold"][unit]
    return found


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a curve.csv as text. Raises UserError if there is none."""
    if not path.is_file():
        raise UserError(f"{path} not found, expected a curve.csv; run `dvc repro` first")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[Row]) -> None:
    """Write a curve.csv; all rows have the first one's columns."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
