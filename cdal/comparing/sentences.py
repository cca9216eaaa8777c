"""Findings in plain words, no stronger than the seeds allow."""

import math

from cdal.comparing import needed
from cdal.comparing.bootstrap import MISSED, Estimate
from cdal.comparing.comparison import Comparison, Pair
from cdal.comparing.needed import Need

ENOUGH = 5
"""Seeds from which on a difference is stated; with fewer it is only suggested."""
SHARE = 0.95
"""Share of full supervision that sentences speak of; tables hold the others."""
MANY = 4
"""Pairs from which on those without a shown difference share a sentence, and chance is spoken of."""
GOAL = f"{100 * SHARE:.0f} % of full supervision"


def metric_name(metric: str) -> str:
    """`test_pixel_average_precision` as `pixel average precision`."""
    return metric.removeprefix("test_").replace("roc_auc", "ROC AUC").replace("_", " ")


def sentences(found: Comparison) -> list[str]:
    """What the level is; for each pair the areas, and the labels needed where they can be compared.

    Last, in one sentence each: many pairs without a shown difference, how many of so many pairs chance alone would
    tell apart, and who reached the level if labels of some can't be compared.
    """
    metric = metric_name(found.question.metric)
    alike = [pair for pair in found.pairs if _is_alike(pair)]
    said, silent = [_level(found)], 0
    for pair in found.pairs:
        if len(alike) < MANY or not _is_alike(pair):
            said.append(area(pair, metric))
        if found.full is not None and len(pair.difference.seeds) > 1:
            told = labels(found, pair)
            silent += told is None
            said += [told] if told else []
    if len(alike) >= MANY:
        said.append(_alike(alike, len(found.pairs), metric))
    concluded = [pair for pair in found.pairs if len(pair.difference.seeds) >= ENOUGH]
    if len(concluded) >= MANY:
        said.append(_chance(concluded))
    return [*said, _unreached(found, silent)] if silent else said


def area(pair: Pair, metric: str) -> str:
    """Which learning curve is higher, by how much, over which labels, in how many seeds."""
    one, other, difference = pair.one, pair.other, pair.difference
    number = len(difference.seeds)
    if number == 0:
        return f"{one} and {other} have no seed in common: run both with the same seeds to compare them."
    if difference.estimate is None or difference.over is None:
        return f"{one} and {other} were not measured over the same labels: nothing can be said."
    low, high = difference.over
    where = f"in mean {metric} from {low:.0f} to {high:.0f} labels"
    if number == 1:
        return (
            f"{one} against {other}: {difference.estimate.value:+.3f} {where} with 1 seed; "
            "nothing can be concluded from one seed."
        )
    better = int((difference.values > 0).sum())
    return (
        f"{_verdict(difference.estimate, one, other)}: {_signed(difference.estimate)} {where}; "
        f"{number} seeds, {one} higher in {better}."
    )


def labels(found: Comparison, pair: Pair) -> str | None:
    """How many of the other's labels the one needs for SHARE of full supervision; pairs of two seeds or more. None if
    that can't be said, as one does not get there with all seeds, or the other begins there."""
    one, other, ratio = pair.one, pair.other, pair.ratios[SHARE]
    if ratio is None:  # the other way round something may be known
        one, other, ratio = other, one, needed.ratio(found.needs[other][SHARE], found.needs[one][SHARE])
    if ratio is None:
        return None
    seeds = pair.difference.seeds
    parts = "; ".join(_reached(name, found.needs[name][SHARE], seeds) for name in (pair.one, pair.other))
    share = f"{100 * ratio.estimate.value:.0f} %"
    if ratio.bound:
        return f"{one} needs at most {share} of {other}'s labels for {GOAL} ({parts}); {_seeds(len(seeds))}."
    assert ratio.estimate.low is not None and ratio.estimate.high is not None
    between = f"[{100 * ratio.estimate.low:.0f}, {100 * ratio.estimate.high:.0f}]"
    return f"{one} needs {share} {between} of {other}'s labels for {GOAL}; {_seeds(len(seeds))}."


def _seeds(number: int) -> str:
    return f"{number} seeds" if number >= ENOUGH else f"{number} seeds, too few to conclude"


def _is_alike(pair: Pair) -> bool:
    estimate = pair.difference.estimate
    return estimate is not None and estimate.low is not None and _holds_zero(estimate)


def _holds_zero(estimate: Estimate) -> bool:
    assert estimate.low is not None and estimate.high is not None
    return estimate.low <= 0 <= estimate.high


def _alike(pairs: list[Pair], total: int, metric: str) -> str:
    """Pairs whose intervals hold 0."""
    told = [
        f"{pair.one} – {pair.other} {_signed(pair.difference.estimate)}"
        for pair in pairs
        if pair.difference.estimate is not None
    ]
    return f"No difference in mean {metric} is shown in {len(pairs)} of {total} pairs: {'; '.join(told)}."


def _chance(pairs: list[Pair]) -> str:
    """What so many comparisons would find if there was nothing to find."""
    apart = sum(not _is_alike(pair) for pair in pairs)
    return (
        f"{apart} of {len(pairs)} pairs are shown to differ; "
        f"if all groups were alike, {MISSED * len(pairs):.1f} would be expected to by chance."
    )


def _unreached(found: Comparison, pairs: int) -> str:
    parts = "; ".join(_reached(name, needs[SHARE], tuple(needs[SHARE])) for name, needs in found.needs.items())
    return f"Labels for {GOAL} can't be compared in {pairs} of {len(found.pairs)} pairs: {parts}."


def _level(found: Comparison) -> str:
    if found.full is None:
        return (
            "No fully supervised run is among them, so labels needed are not given; "
            "`dvc exp run -S preset=full` makes one."
        )
    number = len(found.full.seeds)
    return (
        f"Full supervision ({found.full.labels:,.0f} labels) has {metric_name(found.question.metric)} "
        f"{found.full.level:.3f}; {number} seed{'s' if number > 1 else ''}."
    )


def _verdict(estimate: Estimate, one: str, other: str) -> str:
    if _holds_zero(estimate):
        return f"No difference is shown between {one} and {other}"
    word = "higher" if estimate.value > 0 else "lower"
    if estimate.n >= ENOUGH:
        return f"{one} is {word} than {other}"
    return f"{one} seems {word} than {other}, but {estimate.n} seeds are too few to conclude"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def _reached(name: str, needs: dict[int, Need], seeds: tuple[int, ...]) -> str:
    chosen = [needs[seed] for seed in seeds]
    there = [need for need in chosen if need.how != "never"]
    if not there:
        return f"{name} does not reach it within {min(need.labels for need in chosen):.0f} labels"
    if all(need.how == "start" for need in chosen):
        return f"{name} has it from the start"
    return f"{name} reaches it with {len(there)} of {len(chosen)} seeds"


def interval(estimate: Estimate | None, digits: int = 3) -> str:
    """`0.412 [0.380, 0.450]`; without an interval where there is one seed, a dash for None."""
    if estimate is None or math.isnan(estimate.value):
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.{digits}f}"
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
