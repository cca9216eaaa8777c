"""Whether experiments of a seed begin with the same network, as they do where nothing that it depends on differs."""

from collections.abc import Mapping, Sequence

from cdal.comparing.experiments import Experiment, Points
from cdal.comparing.groups import Group
from cdal.comparing.parameters import effective

BEFORE = ("al.initial", "al.ensemble.")
"""Those of the al.* parameters that the first network depends on; the others act later."""
ROUNDING = 1e-6
"""Differences of a metric up to here are none, as numbers may have been written as text with fewer digits."""


def unlike(groups: Sequence[Group], curves: Mapping[str, Mapping[int, Points]]) -> list[str]:
    """A sentence for each set of groups whose curves begin at unlike heights though code, data, seed and parameters of
    the first network are the same: it was trained twice, where sums are rounded in another way. Sorted by seed.

    curves: by group and seed.
    """
    starts: dict[tuple[str, ...], dict[str, float]] = {}
    processors: dict[str, set[str]] = {}
    for group in groups:
        processors[group.label] = {run.processor for run in group.runs.values()}
        for seed, run in group.runs.items():
            curve = curves[group.label][seed]
            starts.setdefault((*_first(run), str(curve.x[0])), {})[group.label] = float(curve.y[0])
    found: dict[str, list[str]] = {}
    for (first, *_), heights in sorted(starts.items(), key=lambda item: int(item[0][0])):
        parts = _apart(heights)
        if len(parts) > 1:
            found.setdefault(" | ".join(_part(names, processors) for names in parts), []).append(first)
    return [_sentence(names, seeds) for names, seeds in found.items()]


def _first(run: Experiment) -> tuple[str, ...]:
    """Seed, and all else that the first network depends on."""
    kept = {
        key: value
        for key, value in effective(run.params).items()
        if not key.startswith("al.") or key.startswith(BEFORE)
    }
    settings = (f"{key}={value}" for key, value in sorted(kept.items()))
    return str(run.seed), run.data, run.split, run.code, run.params.get("members", ""), *settings


def _apart(heights: Mapping[str, float]) -> list[list[str]]:
    """Groups by the height that they begin at, in the order of the groups."""
    parts: dict[float, list[str]] = {}
    for name, height in heights.items():
        same = next((known for known in parts if abs(known - height) <= ROUNDING), height)
        parts.setdefault(same, []).append(name)
    return list(parts.values())


def _part(names: Sequence[str], processors: Mapping[str, set[str]]) -> str:
    """Names of the groups, after the processor that they ran on if all ran on one that is known."""
    kinds = set.union(*(processors[name] for name in names))
    known = f"on {kinds.pop()}: " if len(kinds) == 1 and "" not in kinds else ""
    return known + ", ".join(names)


def _sentence(names: str, seeds: Sequence[str]) -> str:
    return (
        f"Begin with unlike networks, though nothing differs that these depend on (seed {', '.join(seeds)}): {names}. "
        "Another processor or library rounds otherwise; pairs across share labels and initial weights only, and their "
        "differences hold that chance too."
    )
