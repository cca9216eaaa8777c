"""A measured figure, and fair timing: what is compared takes turns, and the median of each turn's ratio counts."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

Figure = dict[str, Any]


def figure(name: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> Figure:
    """One entry of the results; without a bound it is there to be read, and holds."""
    target = at_most if at_least is None else at_least
    holds = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    return {"figure": name, "value": float(f"{value:.4g}"), "target": target, "holds": holds}


def seconds(task: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def turns(tasks: dict[str, Callable[[], object]], count: int) -> dict[str, list[float]]:
    """Seconds of `count` calls of each task, in turns; one more call before is not counted (it compiles)."""
    for task in tasks.values():
        task()
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(count):
        for name, task in tasks.items():
            taken[name].append(seconds(task))
    return taken


def ratio(upper: list[float], lower: list[float]) -> float:
    """Median of upper / lower over the turns: drifts of the machine's speed cancel."""
    return median(a / b for a, b in zip(upper, lower, strict=True))
