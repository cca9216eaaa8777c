"""Round by round: what was acquired, how much of it is change, how long it took, what two methods have in common."""

import itertools
import math
import operator
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cdal.comparing.experiments import Experiment
from cdal.comparing.groups import Group


def rounds(groups: Sequence[Group]) -> pd.DataFrame:
    """A row a group and round: tiles acquired, share of change among them and in the pool, seconds; means over seeds.

    pool_share is that of the whole pool, before anything was labelled. seconds: of all stages of the round, median of
    the seeds where some really ran. nan where unknown.
    """
    rows = []
    for group in groups:
        for number in range(1, max(len(run.curve) for run in group.runs.values())):
            found = [run.curve.iloc[number] for run in group.runs.values() if number < len(run.curve)]
            rows.append({
                "group": group.label,
                "round": number,
                "seeds": len(found),
                "acquired": _mean([row.get("acquired_tiles") for row in found]),
                "change_share": _mean([_share(row, "acquired_change_tiles", "acquired_tiles") for row in found]),
                "pool_share": _mean([_share(row, "pool_change_tiles", "pool_tiles") for row in found]),
                "seconds": _median([row.get("seconds") for row in found]),
            })  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "round", "seeds", "acquired", "change_share", "pool_share", "seconds"])


def shares(group: Group) -> tuple[float, float]:
    """Share of change among all tiles that a group acquired, and in its pool: means over seeds, 0 to 1; nan where
    nothing was acquired or it is not known."""
    tables = [run.curve for run in group.runs.values()]
    totals = [table.reindex(columns=["acquired_tiles", "acquired_change_tiles"]).sum() for table in tables]
    pools = [table.iloc[-1] for table in tables]
    return (
        _mean([_share(total, "acquired_change_tiles", "acquired_tiles") for total in totals]),
        _mean([_share(row, "pool_change_tiles", "pool_tiles") for row in pools]),
    )


def seconds(group: Group) -> float:
    """Median time of a round after the first, of all seeds; nan if all came from DVC's cache."""
    return _median([row.get("seconds") for run in group.runs.values() for _, row in run.curve.iloc[1:].iterrows()])


def overlap(groups: Sequence[Group]) -> pd.DataFrame:
    """A row a pair of groups and round: overlap of what both acquired up to it, mean over the seeds of both.

    overlap: shared tiles over all tiles of both (Jaccard), 0 to 1. by_chance: what two random draws of that size from
    the pool would give. Runs whose acquired tiles are not known are left out.
    """
    rows = []
    for one, other in itertools.combinations(groups, 2):
        pairs = [(one.runs[seed], other.runs[seed]) for seed in one.runs if seed in other.runs]
        known = [_overlaps(a, b) for a, b in pairs if a.acquired is not None and b.acquired is not None]
        for number, found in enumerate(zip(*known, strict=False), start=1):  # rounds that all of them have
            rows.append({
                "group": one.label,
                "other": other.label,
                "round": number,
                "seeds": len(found),
                "overlap": _mean([value for value, _ in found]),
                "by_chance": _mean([chance for _, chance in found]),
            })  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "other", "round", "seeds", "overlap", "by_chance"])


def _overlaps(one: Experiment, other: Experiment) -> list[tuple[float, float]]:
    """(overlap, overlap by chance) after each round that both have, from the first on."""
    pool = one.curve["pool_tiles"].max() - one.curve["labelled"].iloc[0] if "pool_tiles" in one.curve else math.nan
    return [_overlap(a, b, pool) for a, b in zip(_cumulative(one), _cumulative(other), strict=False)]


def _overlap(a: frozenset[str], b: frozenset[str], pool: float) -> tuple[float, float]:
    if not a | b:
        return math.nan, math.nan
    common = len(a) * len(b) / pool if pool > 0 else math.nan  # as two draws of these sizes would share
    return len(a & b) / len(a | b), common / (len(a) + len(b) - common)


def _cumulative(run: Experiment) -> list[frozenset[str]]:
    """Tiles acquired up to each measured round after the first."""
    assert run.acquired is not None
    rounds = [run.acquired.get(f"r{number:02d}", frozenset()) for number in range(1, len(run.curve))]
    return list(itertools.accumulate(rounds, operator.or_))


def _share(row: "pd.Series[float]", part: str, whole: str) -> float:
    amount = row.get(whole, math.nan)
    return float(row.get(part, math.nan) / amount) if amount > 0 else math.nan


def _mean(values: Sequence[float | None]) -> float:
    defined = _defined(values)
    return float(np.mean(defined)) if defined else math.nan


def _median(values: Sequence[float | None]) -> float:
    defined = _defined(values)
    return float(np.median(defined)) if defined else math.nan


def _defined(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None and not math.isnan(value)]
