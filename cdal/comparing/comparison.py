"""The whole comparison: experiments in, tables, notes and sentences out."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from cdal.comparing import areas, needed, selecting, standing, starts, supervised
from cdal.comparing import groups as grouping
from cdal.comparing.experiments import Experiment, Points, points
from cdal.comparing.groups import Group
from cdal.comparing.needed import Need, Ratio
from cdal.comparing.selecting import Left
from cdal.comparing.supervised import Full
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
    empty without full supervision. short: runs that begin later or end earlier than others. left: who took no part,
    and why.
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
    runs, full, off, told = supervised.level(taken, question.metric, question.axis, force=question.force)
    groups, repeated, more = grouping.group(runs, question.by, force=question.force)
    notes += told
    more += [f"No group is called {name}." for name in question.against if name not in {g.label for g in groups}]
    curves = {
        group.label: {seed: points(run, question.metric, question.axis) for seed, run in group.runs.items()}
        for group in groups
    }
    more += starts.unlike(groups, curves)
    needs = _needs(curves, full)
    return Comparison(
        question, groups, curves, areas.shared(curve for found in curves.values() for curve in found.values()), full,
        needs, _pairs(curves, needs, question.against), _short(groups, curves), left + repeated + off, notes + more,
    )  # fmt: skip


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
    """Runs that begin after the first one does, or end before the longest one."""
    spans = [curve.span for found in curves.values() for curve in found.values()]
    first, longest = min(low for low, _ in spans), max(high for _, high in spans)
    told = []
    for group in groups:
        for seed, run in group.runs.items():
            low, high = curves[group.label][seed].span
            told += [f"{run.title} begins at {low:.0f} labels, others at {first:.0f}"] if low > first else []
            told += [f"{run.title} ends at {high:.0f} of {longest:.0f} labels"] if high < longest else []
    return told
