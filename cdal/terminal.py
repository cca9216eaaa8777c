"""Live progress in the terminal: one line a member or a pool, with rate and remaining time."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def training_progress() -> "TrainingProgress":
    """A fresh progress line for each member that is trained."""
    return TrainingProgress()


class TrainingProgress:
    """Told of every step; shows member, steps, steps a second and the current loss, of several at a time."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm] = {}

    def __call__(self, label: str, step: int, steps: int, loss: float) -> None:
        if step == 1:
            self._bars[label] = tqdm(total=steps, desc=f"training {label}", unit="step", mininterval=1)
        bar = self._bars[label]
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
        bar.update()
        if step == steps:
            bar.close()


def tile_progress(chunks: Iterable[tuple[int, T]], total: int, what: str) -> Iterator[T]:
    """Pass on the items of (tiles done, item) pairs while showing tiles a second and the remaining time."""
    with tqdm(total=total, desc=what, unit="tile", mininterval=1) as bar:
        for count, item in chunks:
            yield item
            bar.update(count)
