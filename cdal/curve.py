"""The learning curve: one row a round, as the cumulative curve.csv."""

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from cdal.errors import UserError
from cdal.ledger import Entry

Row = dict[str, Any]
CLASSES = ("change", "no_change", "ambiguous")
METRICS = ("precision", "recall", "f1", "accuracy", "iou", "roc_auc", "average_precision", "ece")


def labels(
    ledger: list[Entry], classes: Mapping[str, str], *, pool: int, validation: int, pool_change: int | None = None
) -> Row:
    """What has been spent on labels, and the balance of the labelled set.

    classes: tile_id to change, no_change or ambiguous. pool, validation: numbers of tiles. pool_change: as
    `count_change` gives it. Validation labels cost as much as any and are counted in `spent`.
    """
    count = Counter(classes[entry.tile_id] for entry in ledger)
    origin = Counter(entry.origin for entry in ledger)
    return {
        "pool": pool,
        "pool_change": pool_change,
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


def count_change(classes: Collection[str]) -> int | None:
    """Change tiles among the given classes; None if some are not known, as in a pool that a person labels."""
    return sum(name == "change" for name in classes) if set(classes) <= set(CLASSES) else None


def row(round: str, ledger: list[Entry], classes: Mapping[str, str], metrics: Mapping[str, Any]) -> Row:
    """The round's row: labels, what this round acquired, the test metrics, and the review effort.

    metrics: what metrics.json holds. review_80: share of test tiles that a person looks at to find 80 % of the change
    tiles, by the threshold from validation. Undefined values are None and become empty fields.
    """
    spent, test = metrics["labels"], metrics["test"]
    acquired = [entry for entry in ledger if entry.round == round and entry.origin == "acquired"]
    found = {
        "round": round,
        **{key: spent[key] for key in ("labelled", "validation", "spent")},
        **{f"{name}_tiles": spent[name] for name in CLASSES},
        "acquired_tiles": len(acquired),
        "acquired_change_tiles": sum(classes[entry.tile_id] == "change" for entry in acquired),
        "pool_tiles": spent["pool"],
        "pool_change_tiles": spent.get("pool_change"),
    }
    for unit in ("pixel", "tile"):
        found |= {f"test_{unit}_{name}": test[unit][name] for name in METRICS}
        found[f"threshold_{unit}"] = metrics["threshold"][unit]
    for effort in metrics["effort"]:
        found[f"review_{100 * effort['recall_wanted']:.0f}"] = effort["reviewed"]
    return found


def with_seconds(rows: list[dict[str, str]], timings: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The rows with a column `seconds`: what the round's stages took, empty where none of them ran (DVC's cache).

    timings: [{"stage", "round", "seconds", ...}, ...] from the tracker.
    """
    spent: Counter[str] = Counter()
    for timing in timings:
        spent[timing["round"]] += timing["seconds"]
    return [{**row, "seconds": str(spent.get(row["round"], ""))} for row in rows]


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a curve.csv as text. Raises UserError if there is none."""
    if not path.is_file():
        raise UserError(f"{path} not found, expected a curve.csv; run `dvc repro` first")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[Row]) -> None:
    """Write a curve.csv with the columns of all rows; what a row lacks is an empty field."""
    with path.open("w", newline="") as file:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        writer = csv.DictWriter(file, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
