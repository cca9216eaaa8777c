"""Members side by side, in real processes: the same bits however many run at once, one line when one is lost."""

import os
import signal
from functools import partial

import numpy as np
import pytest

from cdal.errors import UserError
from cdal.members import Make, side_by_side
from cdal.training import Trainer, Validate
from tests.tiny import labelled, settings

pytestmark = pytest.mark.slow


def made(loss: float) -> tuple[Trainer, Validate]:
    """A tiny trainer, and a validation that finds `loss` (in every process: hence at the top of a module)."""
    params = settings(failsafe={"loss": 1.5, "tries": 1})
    return Trainer(params.model, params.train, labelled(), seed=1), lambda model: loss


def killed() -> tuple[Trainer, Validate]:
    """What the kernel does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def weightless() -> tuple[Trainer, Validate]:
    """A trainer whose encoder's weights are not there."""
    params = settings()
    model = params.model.model_copy(update={"weights": "nowhere.h5"})
    return Trainer(model, params.train, labelled(), seed=1), lambda model: 0.0


def train(monkeypatch: pytest.MonkeyPatch, workers: int | str, make: Make, count: int = 2) -> tuple[list, set]:
    """Members, and the labels of the progress that was told."""
    monkeypatch.setenv("CDAL_WORKERS", str(workers))
    told = set()
    return side_by_side(make, count, lambda label, *_: told.add(label)), told


def test_the_bits_do_not_depend_on_how_many_train_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    (alone, told), (together, _) = (train(monkeypatch, workers, partial(made, 0.5)) for workers in (1, 2))
    assert len(told) == 2, "each member reports its progress"
    for one, other in zip(alone, together, strict=True):
        assert one.history == other.history and len(one.history) >= 1
        assert all(np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(alone[0].weights, alone[1].weights, strict=True))


def test_a_failed_training_is_told_from_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        UserError, match=r"member . failed 1 times: validation losses nan.*lower train\.learning_rate"
    ) as caught:
        train(monkeypatch, 2, partial(made, float("nan")))
    assert "\n" not in str(caught.value)


def test_a_trainer_that_cannot_be_made_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"nowhere\.h5") as caught:
        train(monkeypatch, 2, weightless)
    assert "\n" not in str(caught.value)


def test_a_killed_process_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"a training process was killed \(2 at a time, .*CDAL_WORKERS=1") as caught:
        train(monkeypatch, 2, killed)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wanted", ["0", "two", "-1", "1.5"])
def test_a_number_of_workers_that_is_none(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    with pytest.raises(UserError, match=f"CDAL_WORKERS is '{wanted}', expected a whole number from 1"):
        train(monkeypatch, wanted, killed)
