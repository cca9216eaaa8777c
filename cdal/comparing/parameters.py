"""Which parameters make an experiment what it is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cdal.comparing.experiments import Experiment

NEVER = (
    "rounds.", "flow.", "last", "members", "tracking.", "data.generators", "score.batch", "score.maps",
    "al.iterations", "seed",
)  # fmt: skip
"""Generated, of no effect on results, how far a run went, or what is pooled."""
UNUSED = {
    "Random": (
        "al.acquisition",
        "al.reduce",
        "al.top_fraction",
        "al.selector",
        "al.random_share",
        "al.mcbn.",
        "al.ensemble.",
    ),
    "Single": ("al.mcbn.", "al.ensemble."),
    "MCBN": ("al.ensemble.",),
    "Ensemble": ("al.mcbn.",),
}
"""Parameters (or sections, with a dot at the end) that a method does not use."""
SHARE = "al.random_share"


def effective(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters that had an effect, without the seed."""
    without = NEVER + UNUSED.get(params.get("al.method", ""), ())
    return {key: value for key, value in params.items() if not _in(key, without)}


def differing(runs: Sequence[Experiment]) -> dict[str, list[str]]:
    """Effective parameters that are not the same in all runs, with the values that there are, sorted."""
    found = [effective(run.params) for run in runs]
    values: dict[str, set[str]] = {}
    for key in dict.fromkeys(key for params in found for key in params):
        present = {params[key] for params in found if key in params}
        if len(present) > 1:
            values[key] = present
    return {key: sorted(present) for key, present in values.items()}


def telling(runs: Sequence[Experiment], by: Sequence[str]) -> list[str]:
    """Those of `by` that groups are called by: method and acquisition function, and what is not the same in all runs
    that use it."""
    always = ("al.method", "al.acquisition")
    return [key for key in by if key in always or len(_used(runs, key)) > 1] or list(by)


def _used(runs: Sequence[Experiment], key: str) -> set[str]:
    return {run.params.get(key, "unknown") for run in runs if _uses(run, key)}


def _uses(run: Experiment, key: str) -> bool:
    return not _in(key, UNUSED.get(run.params.get("al.method", ""), ()))


def usual(runs: Sequence[Experiment], told: Sequence[str]) -> dict[str, str]:
    """Values that more than half of the kinds of runs have which use the parameter: names need not tell them.

    Without al.method nothing is usual: runs that do not use a parameter could not be told from those that do.
    """
    if "al.method" not in told:
        return {}
    kinds = {tuple((key, run.params.get(key, "unknown")) for key in told if _uses(run, key)) for run in runs}
    counts = Counter(pair for kind in kinds for pair in kind if pair[0] not in ("al.method", "al.acquisition"))
    total = Counter(key for kind in kinds for key, _ in kind)
    found = {key: value for (key, value), count in counts.items() if 2 * count > total[key]}
    return {key: found[key] for key in told if key in found}


def label(params: Mapping[str, str], by: Sequence[str], usual: Mapping[str, str]) -> str:
    """What a group is called: `MCBN-BALD`, `Random`, `MCBN-BALD batch=32`. usual: values that are left out."""
    method, rest = _method(params, by), [key for key in by if key not in ("al.method", "al.acquisition")]
    if "al.acquisition" in by and "al.method" not in by:
        rest.insert(0, "al.acquisition")
    used = [key for key in rest if not _in(key, UNUSED.get(params.get("al.method", ""), ()))]
    told = {key: params.get(key, "unknown") for key in used if key != SHARE or not _is_random(params, by)}
    parts = [f"{_short(key, by)}={value}" for key, value in told.items() if value != usual.get(key)]
    return " ".join([*method, *parts]) or "all"


def _method(params: Mapping[str, str], by: Sequence[str]) -> list[str]:
    if "al.method" not in by:
        return []
    method = params.get("al.method", "unknown")
    if method == "Random" or "al.acquisition" not in by:
        return [method]
    if _is_random(params, by):
        return [f"{method}-Random"]
    return [f"{method}-{params.get('al.acquisition', 'unknown')}"]


def _is_random(params: Mapping[str, str], by: Sequence[str]) -> bool:
    """Whether the whole batch is drawn at random, whatever the acquisition function: a control for the method."""
    return SHARE in by and float(params.get(SHARE, 0)) == 1


def _short(key: str, by: Sequence[str]) -> str:
    last = key.rpartition(".")[2]
    return last if sum(other.rpartition(".")[2] == last for other in by) == 1 else key


def _in(key: str, names: Iterable[str]) -> bool:
    return any(key.startswith(name) if name.endswith(".") else key == name for name in names)
