"""What may be said of two groups, in plain words, no stronger than the seeds allow."""

from cdal.comparing.bootstrap import Estimate
from cdal.comparing.comparison import Comparison, Pair
from cdal.comparing.needed import Need

ENOUGH = 5
"""Seeds from which on a difference is stated; with fewer it is only suggested."""
SHARE = 0.95
"""Share of full supervision that is spoken of first; where nothing is shown of it, the next lower one."""


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
        f"{_verdict(difference.estimate, one, other)}: {signed(difference.estimate)} {where}; "
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
    told = [reached(name, found.needs[name][share], pair.difference.seeds) for name in (pair.one, pair.other)]
    parts = f" ({'; '.join(told)})" if ratio.bound or any("at the end" in part for part in told) else ""
    return f"{pair.one} {needs} of {pair.other}'s labels for {goal(share)}{parts}; {_seeds(number)}."


def goal(share: float) -> str:
    """`95 % of full supervision`."""
    return f"{100 * share:.0f} % of full supervision"


def _seeds(number: int) -> str:
    return f"{number} seeds" if number >= ENOUGH else f"{number} seeds, too few to conclude"


def is_alike(pair: Pair) -> bool:
    """Whether the interval of the difference holds 0; not where there is none."""
    estimate = pair.difference.estimate
    return estimate is not None and estimate.low is not None and _holds_zero(estimate)


def _holds_zero(estimate: Estimate) -> bool:
    assert estimate.low is not None and estimate.high is not None
    return estimate.low <= 0 <= estimate.high


def _verdict(estimate: Estimate, one: str, other: str) -> str:
    if _holds_zero(estimate):
        return f"No difference is shown between {one} and {other}"
    word = "higher" if estimate.value > 0 else "lower"
    if estimate.n >= ENOUGH:
        return f"{one} is {word} than {other}"
    return f"{one} seems {word} than {other}, but {estimate.n} seeds are too few to conclude"


def signed(estimate: Estimate) -> str:
    """`+0.105 [+0.073, +0.179]`."""
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def reached(name: str, needs: dict[int, Need], seeds: tuple[int, ...]) -> str:
    """With how many of these seeds a group gets to a level, and how many are there at the end."""
    chosen = [needs[seed] for seed in seeds]
    there = [need for need in chosen if need.how != "never"]
    if not there:
        return f"{name} does not reach it within {min(need.labels for need in chosen):.0f} labels"
    if all(need.how == "start" for need in chosen):
        return f"{name} has it from the start"
    held = sum(need.held for need in there)
    lost = f", {held} of them at the end too" if held < len(there) else ""
    return f"{name} reaches it with {len(there)} of {len(chosen)} seeds{lost}"
