"""Where the time went."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from cdal.figures.style import INK, PART, TEXT, dress, empty, key, panels


def by_stage(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Seconds of each stage summed over its rounds, in order of first appearance.

    rows: [{"stage", "round", "seconds", "parts": {part: seconds}}, ...]. A value holds `runs`, `seconds`
    (their total), and training, scoring, evaluation and other (what no named part accounts for).
    """
    stages: dict[str, dict[str, float]] = {}
    for row in rows:
        total = stages.setdefault(str(row["stage"]), dict.fromkeys(("runs", "seconds", *PART), 0.0))
        parts = {name: float(seconds) for name, seconds in (row.get("parts") or {}).items() if name in PART}
        parts["other"] = max(0.0, float(row["seconds"]) - sum(s for name, s in parts.items() if name != "other"))
        total["runs"] += 1
        total["seconds"] += float(row["seconds"])
        for name, seconds in parts.items():
            total[name] += seconds
    return stages


def duration(seconds: float) -> str:
    """Seconds for the eye: 0.84 s, 31 s, 4.2 min, 1.5 h."""
    if seconds < 120:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def timing(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Time of each stage over all rounds as a bar, split into training, scoring, evaluation and the rest."""
    stages = by_stage(rows)
    figure, (ax,) = panels(1, 1.7 + 0.42 * max(2, len(stages)))
    longest = max((total["seconds"] for total in stages.values()), default=0.0)
    unit, seconds = ("minutes", 60.0) if longest >= 180 else ("seconds", 1.0)
    y = np.arange(len(stages))
    left = np.zeros(len(stages))
    for name in PART:
        width = np.array([total[name] / seconds for total in stages.values()])
        if width.any():
            ax.barh(y, width, 0.62, left, color=PART[name], label=name, edgecolor="white", linewidth=0.6)
        left += width
    for position, (end, total) in enumerate(zip(left, stages.values(), strict=True)):
        ax.annotate(
            duration(total["seconds"]), (end, position), (5, 0), textcoords="offset points", va="center",
            fontsize=TEXT - 1, color=INK,
        )  # fmt: skip
    if not stages:
        empty(ax, "no timings were found")
    dress(ax, "Time of each stage, all rounds", unit, "")
    ax.set_yticks(y, [f"{name} × {total['runs']:.0f}" if total["runs"] > 1 else name for name, total in stages.items()])
    ax.set_ylim(max(len(stages), 1) - 0.4, -0.6)
    ax.set_xlim(0, 1.1 * longest / seconds if longest else 1)
    ax.grid(visible=False, axis="y")
    key(ax)
    return figure
