"""Findings in plain words, no stronger than the seeds allow."""

import math

from cdal.comparing.bootstrap import MISSED, Estimate
from cdal.comparing.comparison import Comparison, Pair
from cdal.comparing.needed import SHARES, Need

ENOUGH = 5
"""Seeds from which on a difference is stated; with fewer it is only suggested."""
SHARE = 0.95
"""Share of full supervision that sentences speak of first; where nothing is shown of it, of the next lower one."""
MANY = 4
"""Pairs from which on those without a shown difference share a sentence, and chance is spoken of."""


def metric_name(metric: str) -> str:
    """`test_pixel_average_precision` as `pixel average precision`."""
    return metric.removeprefix("test_").replace("roc_auc", "ROC AUC").replace("_", " ")


def sentences(found: Comparison) -> list[str]:
    """What the level is; for each pair the areas, and the labels needed where they are shown to differ.

    Last, in one sentence each: many pairs without a shown difference, how many of so many pairs chance alone would
    tell apart, and who reached the level, if labels of some pairs are not shown to differ.
    """
    metric = metric_name(found.question.metric)
    alike = [pair for pair in found.pairs if _is_alike(pair)]
    said, silent = [_level(found)], 0
    for pair in found.pairs:
        if len(alike) < MANY or not _is_alike(pair):
            said.append(area(pair, metric))
        if found.full is not None and len(pair.difference.seeds) > 1:
            told = {share: labels(found, pair, share) for share in sorted(SHARES, reverse=True)}
            silent += told[SHARE] is None
            said += [text for text in told.values() if text][:1]
    if len(alike) >= MANY:
        said.append(_alike(alike, len(found.pairs), metric))
    concluded = [pair for pair in found.pairs if pair.difference.estimate and pair.difference.estimate.n >= ENOUGH]
    if len(concluded) >= MANY:
        said.append(_chance(concluded, metric))
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
    better, equal = int((difference.values > 0).sum()), int((difference.values == 0).sum())
    ties = f", equal in {equal}" if equal else ""
    return (
        f"{_verdict(difference.estimate, one, other)}: {_signed(difference.estimate)} {where}; "
        f"{number} seeds, {one} higher in {better}{ties}."
    )


def labels(found: Comparison, pair: Pair, share: float) -> str | None:
    """How many of the other's labels the one needs for a share of full supervision; pairs of two seeds or more. None if
    no ratio is known, or if its interval holds equal labels and it is a bound, or not of SHARE."""
    ratio, number = pair.ratios[share], len(pair.difference.seeds)
    if ratio is None or (not ratio.is_shown and (ratio.bound or share != SHARE)):
        return None
    low, high = ratio.estimate.low, ratio.estimate.high
    assert low is not None and high is not None
    part = f"{100 * ratio.estimate.value:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
    needs = " ".join(["needs", *([ratio.bound] if ratio.bound else []), part])
    told = [_reached(name, found.needs[name][share], pair.difference.seeds) for name in (pair.one, pair.other)]
    parts = f" ({'; '.join(told)})" if ratio.bound or any("at the end" in part for part in told) else ""
    return f"{pair.one} {needs} of {pair.other}'s labels for {_goal(share)}{parts}; {_seeds(number)}."


def _goal(share: float) -> str:
    return f"{100 * share:.0f} % of full supervision"


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


def _chance(pairs: list[Pair], metric: str) -> str:
    """What so many comparisons would find if there was nothing to find."""
    apart = sum(not _is_alike(pair) for pair in pairs)
    return (
        f"{apart} of {len(pairs)} pairs are shown to differ in mean {metric}; "
        f"if all groups were alike, {MISSED * len(pairs):.1f} would be expected to by chance."
    )


def _unreached(found: Comparison, pairs: int) -> str:
    parts = "; ".join(_reached(name, needs[SHARE], tuple(needs[SHARE])) for name, needs in found.needs.items())
    return f"Labels for {_goal(SHARE)} can't be told apart in {pairs} of {len(found.pairs)} pairs: {parts}."


def _level(found: Comparison) -> str:
    if found.full is None:
        return (
            "No fully supervised run is among them, so labels needed are not given; "
            "`dvc exp run -S preset=full` makes one."
        )
    number = len(found.full.seeds)
    return (
        f"Full supervision ({found.full.labels:,.0f} labels) has {metric_name(found.question.metric)} "
        f"{found.full.level:.3f}; {number} seed{'s' if number > 1 else ''}"
        f"{', too few to be sure of that level' if number < ENOUGH else ''}."
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
    held = sum(need.held for need in there)
    lost = f", {held} of them at the end too" if held < len(there) else ""
    return f"{name} reaches it with {len(there)} of {len(chosen)} seeds{lost}"


def interval(estimate: Estimate | None, digits: int = 3) -> str:
    """`0.412 [0.380, 0.450]`; without an interval where there is one seed, a dash for None."""
    if estimate is None or math.isnan(estimate.value):
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.{digits}f}"
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
