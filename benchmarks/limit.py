"""The machine's own limit: the fastest 3x3 convolution among those of the network, alone and again and again."""

from collections.abc import Callable

from benchmarks.measured import Figure, figure, seconds, turns
from benchmarks.workload import convolutions, siamese
from cdal.backend import keras, tf

PIXELS = 2**18
"""Pixels in a batch."""
FINALISTS = 3
DTYPES = {"float32": tf.float32, "bfloat16": tf.bfloat16}


class Limit:
    """The fastest convolutions of a network at one size: candidates measured once, the best few again at each turn."""

    def __init__(self, model: keras.Model, size: int, precision: str) -> None:
        self._tasks = _tasks(model, size, precision)
        taken = turns({name: task for name, (task, _) in self._tasks.items()}, 3)
        rates = {name: self._tasks[name][1] / min(times) for name, times in taken.items()}
        self.names = sorted(rates, key=lambda name: -rates[name])[:FINALISTS]

    def measure(self) -> float:
        """GFLOP/s now: the best of the finalists, each over several runs."""
        return max(self._rate(*self._tasks[name]) for name in self.names) / 1e9

    def _rate(self, task: Callable[[], object], flop: int, runs: int = 5) -> float:
        return flop * runs / seconds(lambda: [task() for _ in range(runs)])


def _tasks(model: keras.Model, size: int, precision: str) -> dict[str, tuple[Callable[[], object], int]]:
    """Every different 3x3 convolution of stride 1, as (run it, its work)."""
    made = {}
    for given, kernel, result, flop in convolutions(model, max(1, PIXELS // size**2), size):
        if kernel[:2] == (3, 3) and result[1] > given[1] // 2 and result[-1] == kernel[-1]:
            made[f"{given} {kernel}"] = (_convolve(given, kernel, precision), flop)
    return made


def _convolve(given: tuple[int, ...], kernel: tuple[int, ...], precision: str) -> Callable[[], object]:
    x = tf.cast(tf.random.normal(given), DTYPES[precision])
    weights = tf.cast(tf.random.normal(kernel), DTYPES[precision])
    # the encoder's pictures come with their border, and convolving them with one more costs what it should
    padding = "SAME" if given[1] % 2 == 0 and given[1] & (given[1] - 1) == 0 else "VALID"
    return tf.function(lambda: tf.nn.conv2d(x, weights, 1, padding))


def figures(quick: bool = False) -> list[Figure]:
    """Of each precision, over all sizes."""
    sizes = (32,) if quick else (64, 128, 256)
    entries = []
    for precision in DTYPES:
        model = siamese("mobilenet" if quick else "resnet34")
        best = max(max(limit.measure() for _ in range(5)) for limit in (Limit(model, s, precision) for s in sizes))
        entries.append(figure(f"limit: best 3x3 convolution of the network, {precision}, GFLOP/s", best))
    return entries
