"""The comparison as tables: one CSV each, and the source of the page and the terminal."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cdal.comparing import acquired, areas, bootstrap, needed
from cdal.comparing.bootstrap import Estimate
from cdal.comparing.comparison import Comparison
from cdal.comparing.experiments import Experiment, Points, points

REVIEW = ("review_80", "review_90", "review_95")


def tables(found: Comparison) -> dict[str, pd.DataFrame]:
    """Name of the table -> table, in the order in which one reads them; a number and its interval are three columns."""
    return {
        "groups": groups(found),
        "pairs": pairs(found),
        "needed": needs(found),
        "means": means(found.curves),
        "rounds": acquired.rounds(found.groups),
        "overlap": acquired.overlap(found.groups),
        "curves": curves(found),
        "runs": runs(found),
    }


def groups(found: Comparison) -> pd.DataFrame:
    """A row a group: area over the labels that all share, metric and review effort at their end, share of change among
    what was acquired and in the pool, seconds a round (median)."""
    rows = []
    for group in found.groups:
        row: dict[str, Any] = {"group": group.label, "seeds": len(group.runs)}
        if found.over is not None:
            curves, end = found.curves[group.label].values(), found.over[1]
            row |= _columns("area", bootstrap.mean(np.array([areas.area(curve, found.over) for curve in curves])))
            row |= _columns("at_end", bootstrap.mean(np.array([curve.at(end) for curve in curves])))
            row |= {name: _mean_at(group.runs, name, dict.fromkeys(group.runs, end), found) for name in REVIEW}
        row["change_share"], row["pool_share"] = acquired.shares(group)
        row["seconds_a_round"] = acquired.seconds(group)
        rows.append(row)
    return pd.DataFrame(rows)


def pairs(found: Comparison) -> pd.DataFrame:
    """A row a pair: difference of areas over paired seeds, and ratios of labels for shares of full supervision, with
    `at most` or `at least` beside those that are a bound."""
    rows = []
    for pair in found.pairs:
        low, high = pair.difference.over or (np.nan, np.nan)
        row = {
            "group": pair.one,
            "against": pair.other,
            "seeds": len(pair.difference.seeds),
            "from_labels": low,
            "to_labels": high,
            **_columns("area_difference", pair.difference.estimate),
            "higher_in": int((pair.difference.values > 0).sum()),
            "equal_in": int((pair.difference.values == 0).sum()),
        }
        for share, ratio in pair.ratios.items():
            name = f"labels_ratio_{100 * share:.0f}"
            row |= _columns(name, ratio.estimate if ratio else None)
            row[f"{name}_bound"] = ratio.bound if ratio else ""
        rows.append(row)
    return pd.DataFrame(rows)


def needs(found: Comparison) -> pd.DataFrame:
    """A row a group and share of full supervision: labels to reach it, and the review effort of the model then.

    Labels are empty unless all seeds reach it; held: seeds that are there at their end as well; at_most: some seeds had
    it from the start.
    """
    rows = []
    for label, of in found.needs.items():
        runs = next(group.runs for group in found.groups if group.label == label)
        for share, by_seed in of.items():
            there = {seed: need.labels for seed, need in by_seed.items() if need.how != "never"}
            rows.append({
                "group": label,
                "share": share,
                "level": share * (found.full.level if found.full else np.nan),
                "seeds": len(by_seed),
                "reached": len(there),
                "held": sum(need.held for need in by_seed.values()),
                **_columns("labels", needed.pooled(list(by_seed.values()))),
                "at_most": any(need.how == "start" for need in by_seed.values()),
                **{name: _mean_at(runs, name, there, found) if len(there) == len(by_seed) else np.nan
                   for name in REVIEW},
            })  # fmt: skip
    return pd.DataFrame(rows)


def means(of: Mapping[str, Mapping[int, Points]]) -> pd.DataFrame:
    """Mean and standard deviation over seeds at every measured number of labels that all seeds of the group span."""
    parts = []
    for label, curves in of.items():
        low, high = max(c.span[0] for c in curves.values()), min(c.span[1] for c in curves.values())
        grid = np.unique(np.concatenate([curve.x for curve in curves.values()]))
        grid = grid[(grid >= low) & (grid <= high)]
        values = np.array([np.interp(grid, curve.x, curve.y) for curve in curves.values()])
        deviation = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(len(grid), np.nan)
        found = {"group": label, "labels": grid, "mean": values.mean(axis=0), "sd": deviation, "seeds": len(values)}
        parts.append(pd.DataFrame(found))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["group", "labels", "mean", "sd"])


def curves(found: Comparison) -> pd.DataFrame:
    """Every measured round of every compared run."""
    parts = []
    for group in found.groups:
        for seed, run in group.runs.items():
            named = {"group": group.label, "seed": seed, "run": run.name, "round": range(len(run.curve))}
            parts.append(pd.concat([pd.DataFrame(named), run.curve], axis=1))
    return pd.concat(parts, ignore_index=True)


def runs(found: Comparison) -> pd.DataFrame:
    """Every run that was found: compared, or left out and why."""
    rows = [
        {"run": run.name, "source": run.source, "seed": run.seed, "group": group.label, "rounds": len(run.curve),
         "left_out": ""}
        for group in found.groups for run in group.runs.values()
    ]  # fmt: skip
    for entry in found.left:
        run = entry.experiment
        rows.append({"run": run.name, "source": run.source, "seed": run.seed, "group": "", "rounds": len(run.curve),
                     "left_out": entry.why})  # fmt: skip
    return pd.DataFrame(rows)


def _columns(name: str, estimate: Estimate | None) -> dict[str, float]:
    if estimate is None:
        return {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
    low, high = (np.nan if end is None else end for end in (estimate.low, estimate.high))
    return {name: estimate.value, f"{name}_low": low, f"{name}_high": high}


def _mean_at(runs: Mapping[int, Experiment], column: str, labels: Mapping[int, float], found: Comparison) -> float:
    """Mean over seeds of a column, each at its own number of labels; nan where one does not have it."""
    values = []
    for seed, x in labels.items():
        curve = points(runs[seed], column, found.question.axis)
        inside = curve.x.size and curve.span[0] <= x <= curve.span[1]
        values.append(curve.at(x) if inside else np.nan)
    return float(np.mean(values)) if values else np.nan
