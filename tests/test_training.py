"""Training on a tiny network: repeatable, with members, retries and failures."""

import numpy as np
import pytest

from cdal.errors import UserError
from cdal.training import Trainer
from tests.tiny import labelled, settings


def quiet(*_: object) -> None:
    """No progress."""


def trainer(**train: object) -> Trainer:
    chosen = settings(**train)
    return Trainer(chosen.model, chosen.train, labelled(), seed=chosen.seed)


def test_the_same_seed_gives_the_same_bits_and_members_differ() -> None:
    first, second = trainer(), trainer()
    same = [made.member(0, lambda _: 0.0, quiet).weights for made in (first, second)]
    assert all(np.array_equal(a, b) for a, b in zip(*same, strict=True))
    other = first.member(1, lambda _: 0.0, quiet).weights
    assert not np.array_equal(other[-2], same[0][-2])
    again = first.member(0, lambda _: 0.0, quiet).weights
    assert all(np.array_equal(a, b) for a, b in zip(again, same[0], strict=True))


def test_a_failed_training_starts_again_from_another_initialisation() -> None:
    losses = iter([9.0, float("nan"), 0.5])
    seen = []

    def validate(model: object) -> float:
        seen.append(np.array(model.get_weights()[-2]))
        return next(losses)

    member = trainer().member(0, validate, quiet)
    assert member.failures == 2 and len(seen) == 3
    assert not np.array_equal(seen[0], seen[1])


def test_it_gives_up_after_the_tries_and_says_what_it_saw() -> None:
    made = trainer(failsafe={"loss": 1.5, "tries": 2})
    with pytest.raises(UserError, match=r"failed 2 times: validation losses 7, 7, expected at most 1\.5"):
        made.member(0, lambda _: 7.0, quiet)


def test_a_loss_that_is_not_finite_is_a_failure() -> None:
    made = trainer(learning_rate=1e30, schedule="constant", steps=6, failsafe={"loss": 1.5, "tries": 1})
    with pytest.raises(UserError, match="failed 1 times: validation losses nan"):
        made.member(0, lambda _: float("nan"), quiet)


def test_recalibration_replaces_the_moving_statistics() -> None:
    with_it, without = (trainer(recalibrate=flag).member(0, lambda _: 0.0, quiet).weights for flag in (True, False))
    names = [v.path for v in trainer().network.weights]
    differ = {n for n, a, b in zip(names, with_it, without, strict=True) if not np.array_equal(a, b)}
    assert differ and all("moving" in name for name in differ)


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
def test_both_precisions_train(precision: str) -> None:
    member = trainer(precision=precision).member(0, lambda _: 0.0, quiet)
    assert np.isfinite(member.history).all()
    assert all(weights.dtype in (np.float32, np.uint32) for weights in member.weights)
