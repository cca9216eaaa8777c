"""The whole comparison: experiments in, tables, notes and sentences out."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cdal.comparing import areas, needed, selecting, standing
from cdal.comparing import groups as grouping
from cdal.comparing.experiments import Experiment, Points, points
from cdal.comparing.groups import Group
from cdal.comparing.needed import Need, Ratio
from cdal.comparing.selecting import Left
from cdal.errors import UserError


@dataclass(frozen=True)
class Question:
    """What is asked: by which parameters to group, which metric decides, on which label axis; against: groups of
    which one is in every pair, none for all pairs."""

    by: tuple[str, ...] = ("al.method", "al.acquisition")
    metric: str = "test_pixel_average_precision"
    axis: str = "spent"
    force: bool = False
    against: tuple[str, ...] = ()


@dataclass(frozen=True)
class Full:
    """Full supervision: its level (mean over seeds of the metric), its labels, and from which seeds."""

    level: float
    labels: float
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Pair:
    """How `one` differs from `other`; ratios of labels by share of full supervision, None where undefined."""

    one: str
    other: str
    difference: areas.Difference
    ratios: dict[float, Ratio | None]


@dataclass(frozen=True)
class Comparison:
    """Everything that tables, figures and sentences are made of.

    curves: by group and seed. over: labels that all curves share. needs: by group, share of full supervision and seed;
    empty without full supervision. short: runs that were measured further than `over` reaches, or not as far as
    others. left: who took no part, and why.
    """

    question: Question
    groups: list[Group]
    curves: dict[str, dict[int, Points]]
    over: areas.Range | None
    full: Full | None
    needs: dict[str, dict[float, dict[int, Need]]]
    pairs: list[Pair]
    short: list[str]
    left: list[Left]
    notes: list[str]


def compare(experiments: Sequence[Experiment], question: Question) -> Comparison:
    """Compare experiments, newest first. Raises UserError for what can't be compared; see `selecting`, `standing`."""
    taken, left = selecting.take(experiments, question.metric, question.axis)
    selecting.sizes_agree(taken)
    notes = standing.check(taken, force=question.force)
    runs, full, off = _full(taken, question)
    groups, repeated, more = grouping.group(runs, question.by, force=question.force)
    more += [f"No group is called {name}." for name in question.against if name not in {g.label for g in groups}]
    curves = {
        group.label: {seed: points(run, question.metric, question.axis) for seed, run in group.runs.items()}
        for group in groups
    }
    needs = _needs(curves, full)
    return Comparison(
        question, groups, curves, areas.shared(curve for found in curves.values() for curve in found.values()), full,
        needs, _pairs(curves, needs, question.against), _short(groups, curves), left + repeated + off, notes + more,
    )  # fmt: skip


def _full(runs: Sequence[Experiment], question: Question) -> tuple[list[Experiment], Full | None, list[Left]]:
    """The runs to compare, the level of the fully supervised ones of the same network, and those left out."""
    compared = [run for run in runs if not run.is_full]
    if not compared:
        raise UserError(f"all {len(runs)} runs are fully supervised; add runs of two methods to compare with them")
    networks = {run.params.get("model.backbone") for run in compared}
    full: dict[int, Experiment] = {}
    off = []
    for run in (run for run in runs if run.is_full):
        if {run.params.get("model.backbone")} != networks:
            off.append(Left(run, "full supervision of another network than the compared runs have"))
        elif full.setdefault(run.seed, run) is not run:
            off.append(Left(run, f"full supervision of seed {run.seed} is there already"))
    ends = [points(run, question.metric, question.axis) for run in full.values()]
    if not ends:
        return compared, None, off
    level, labels = (float(np.mean(values)) for values in zip(*((end.y[-1], end.x[-1]) for end in ends), strict=True))
    return compared, Full(level, labels, tuple(sorted(full))), off


def _needs(curves: dict[str, dict[int, Points]], full: Full | None) -> dict[str, dict[float, dict[int, Need]]]:
    if full is None:
        return {}
    return {
        label: {
            share: {seed: needed.needed(curve, share * full.level) for seed, curve in found.items()}
            for share in needed.SHARES
        }
        for label, found in curves.items()
    }


def _pairs(
    curves: dict[str, dict[int, Points]], needs: dict[str, dict[float, dict[int, Need]]], against: Sequence[str]
) -> list[Pair]:
    """All pairs, or those with one of some groups, which is the other one then, as Random is among all pairs."""
    known = [name for name in against if name in curves]
    if against and not known:
        raise UserError(f"no group is called {against[0]}, expected one of {', '.join(curves)}; change --against")
    order = [*known, *(label for label in curves if label not in known)]
    return [
        Pair(
            one, other, areas.paired(curves[one], curves[other]),
            {share: needed.ratio(needs[one][share], needs[other][share]) for share in needs.get(one, {})},
        )
        for other, one in itertools.combinations(order, 2)
        if not against or other in against
    ]  # fmt: skip


def _short(groups: Sequence[Group], curves: dict[str, dict[int, Points]]) -> list[str]:
    """Runs that end before the longest one does."""
    longest = max(curve.span[1] for found in curves.values() for curve in found.values())
    return [
        f"{run.title} ends at {curves[group.label][seed].span[1]:.0f} of {longest:.0f} labels"
        for group in groups
        for seed, run in group.runs.items()
        if curves[group.label][seed].span[1] < longest
    ]
