"""Tables as people read them, in the page and in the terminal: head and rows of text."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cdal.comparing.comparison import Comparison
from cdal.figures import duration

DASH = "–"
Shown = tuple[list[str], list[list[str]]]


def shown(found: Comparison, table: Mapping[str, pd.DataFrame]) -> dict[str, Shown]:
    """groups, pairs, needed, compared, left: (head, rows of text)."""
    return {
        "groups": _groups(table["groups"]),
        "pairs": _pairs(table["pairs"]),
        "needed": _needed(table["needed"]),
        "compared": _compared(found),
        "left": (["run", "why"], [[entry.experiment.title, entry.why] for entry in found.left]),
    }


def text(shown: Shown) -> str:
    """Head and rows as aligned columns, the first one to the left."""
    head, rows = shown
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    )  # fmt: skip


def _groups(table: pd.DataFrame) -> Shown:
    head = ["group", "seeds", "area", "at the end", "change acquired (pool)", "review 80/90/95 %", "a round"]
    rows = [
        [row["group"], str(row["seeds"]), _interval(row, "area"), _interval(row, "at_end"),
         f"{_percent(row['change_share'])} ({_percent(row['pool_share'])})",
         "/".join(_percent(row.get(f"review_{recall}")) for recall in (80, 90, 95)),
         duration(row["seconds_a_round"]) if _known(row["seconds_a_round"]) else DASH]
        for row in _rows(table)
    ]  # fmt: skip
    return head, rows


def _pairs(table: pd.DataFrame) -> Shown:
    shares = [name.removeprefix("labels_ratio_") for name in table.columns if name.endswith("_bound")]
    shares = [share.removesuffix("_bound") for share in shares]
    head = ["pair", "seeds", "labels", "area difference", "higher in", *(f"labels for {s} %" for s in shares)]
    rows = [
        [f"{row['group']} – {row['against']}", str(row["seeds"]), _range(row), _interval(row, "area_difference", "+"),
         _higher(row), *(_ratio(row, f"labels_ratio_{share}") for share in shares)]
        for row in _rows(table)
    ]  # fmt: skip
    return head, rows


def _needed(table: pd.DataFrame) -> Shown:
    head = ["group", "of full supervision", "level", "labels", "still there at the end", "review then"]
    rows = []
    for row in _rows(table):
        if row["reached"] < row["seeds"]:
            some = f" by {row['seeds'] - row['reached']} of {row['seeds']} seeds" if row["reached"] else ""
            labels = f"not reached{some}"
        else:
            labels = ("at most " if row["at_most"] else "") + _interval(row, "labels", digits=0)
        rows.append(
            [
                row["group"],
                f"{100 * row['share']:.0f} %",
                f"{row['level']:.3f}",
                labels,
                f"{row['held']} of {row['reached']} seeds" if row["reached"] else DASH,
                _percent(row["review_90"]),
            ]
        )
    return head, rows


def _compared(found: Comparison) -> Shown:
    rows = []
    longest = max(curve.span[1] for curves in found.curves.values() for curve in curves.values())
    for group in found.groups:
        for seed, run in group.runs.items():
            curve = found.curves[group.label][seed]
            end = f"{curve.span[1]:,.0f}" + (" (ends early)" if curve.span[1] < longest else "")
            rows.append([run.name, group.label, str(seed), str(curve.x.size), end, f"{curve.y[-1]:.3f}"])
    return ["run", "group", "seed", "rounds", "labels", "last value"], rows


def _interval(row: Mapping[str, float], name: str, sign: str = "", digits: int = 3) -> str:
    value, low, high = (row.get(key, math.nan) for key in (name, f"{name}_low", f"{name}_high"))
    if not _known(value):
        return DASH
    form = f"{sign}.{digits}f"
    return f"{value:{form}} [{low:{form}}, {high:{form}}]" if _known(low) else f"{value:{form}}"


def _ratio(row: Mapping[str, Any], name: str) -> str:
    if not _known(row[name]):
        return DASH
    text = f"{row[f'{name}_bound']} {100 * row[name]:.0f} %".lstrip()
    if not _known(row[f"{name}_low"]):
        return text
    return f"{text} [{100 * row[f'{name}_low']:.0f}, {100 * row[f'{name}_high']:.0f}]"


def _higher(row: Mapping[str, Any]) -> str:
    equal = f", equal in {row['equal_in']}" if row["equal_in"] else ""
    return f"{row['higher_in']} of {row['seeds']}{equal}"


def _range(row: Mapping[str, float]) -> str:
    return f"{row['from_labels']:.0f}–{row['to_labels']:.0f}" if _known(row["from_labels"]) else DASH


def _percent(value: float | None) -> str:
    return f"{100 * value:.0f} %" if value is not None and _known(value) else DASH


def _known(value: float) -> bool:
    return not math.isnan(value)


def _rows(table: pd.DataFrame) -> Sequence[dict[str, Any]]:
    return table.to_dict("records")  # type: ignore[return-value]
