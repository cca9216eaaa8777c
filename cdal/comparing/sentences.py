"""All findings of a comparison as sentences."""

from cdal.comparing.bootstrap import MISSED
from cdal.comparing.comparison import Comparison, Pair
from cdal.comparing.needed import SHARES
from cdal.comparing.verdicts import ENOUGH, SHARE, area, goal, is_alike, labels, reached, signed

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
    alike = [pair for pair in found.pairs if is_alike(pair)]
    said, silent = [_level(found)], 0
    for pair in found.pairs:
        if len(alike) < MANY or not is_alike(pair):
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


def _alike(pairs: list[Pair], total: int, metric: str) -> str:
    """Pairs whose intervals hold 0."""
    told = [
        f"{pair.one} – {pair.other} {signed(pair.difference.estimate)}"
        for pair in pairs
        if pair.difference.estimate is not None
    ]
    return f"No difference in mean {metric} is shown in {len(pairs)} of {total} pairs: {'; '.join(told)}."


def _chance(pairs: list[Pair], metric: str) -> str:
    """What so many comparisons would find if there was nothing to find."""
    apart = sum(not is_alike(pair) for pair in pairs)
    return (
        f"{apart} of {len(pairs)} pairs are shown to differ in mean {metric}; "
        f"if all groups were alike, {MISSED * len(pairs):.1f} would be expected to by chance."
    )


def _unreached(found: Comparison, pairs: int) -> str:
    parts = "; ".join(reached(name, needs[SHARE], tuple(needs[SHARE])) for name, needs in found.needs.items())
    return f"Labels for {goal(SHARE)} can't be told apart in {pairs} of {len(found.pairs)} pairs: {parts}."


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
