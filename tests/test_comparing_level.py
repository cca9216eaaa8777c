"""Full supervision: which runs make the level that labels needed are measured by."""

import pytest

from cdal.comparing import selecting
from cdal.comparing.comparison import Question, compare
from cdal.comparing.experiments import Experiment
from cdal.comparing.sentences import sentences
from cdal.errors import UserError
from tests.compared import experiment, full, settings

SEEDS = (1, 2)


def runs() -> list[Experiment]:
    found = [experiment(settings("Random", seed), [0.0, 0.4]) for seed in SEEDS]
    return found + [experiment(settings("MCBN", seed), [0.0, 0.5]) for seed in SEEDS]


def levels(steps: int, height: float, seeds: tuple[int, ...] = (1,)) -> list[Experiment]:
    return [experiment(full(seed, train_steps=steps), [height], source=f"full{steps}-{seed}") for seed in seeds]


def test_the_level_is_the_mean_over_its_seeds() -> None:
    found = compare([*runs(), *levels(4000, 0.7), *levels(4000, 0.9, (2,))], Question())
    assert found.full is not None and found.full.seeds == (1, 2)
    assert found.full.level == pytest.approx(0.8) and found.full.labels == 1010
    assert sentences(found)[0].endswith("0.800; 2 seeds, too few to be sure of that level.")


def test_levels_of_other_budgets_are_not_mixed() -> None:
    mixed = [*runs(), *levels(4000, 0.9), *levels(120, 0.3, (2,))]
    with pytest.raises(
        UserError, match=r"fully supervised runs differ in train\.steps: 120, 4000; choose some of them"
    ):
        compare(mixed, Question())
    chosen = compare(selecting.full(mixed, ["train.steps=4000"]), Question()).full
    assert chosen is not None and (chosen.level, chosen.seeds) == (0.9, (1,))
    forced = compare(mixed, Question(force=True))
    assert forced.full is not None and forced.full.level == pytest.approx(0.6)
    assert forced.notes[0] == "Pooled by force: fully supervised runs differ in train.steps: 120, 4000."


def test_a_condition_that_no_level_meets_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"no fully supervised run meets --full train\.steps=9: train\.steps is 120 there"
    ):
        selecting.full([*runs(), *levels(120, 0.9)], ["train.steps=9"])
    with pytest.raises(UserError, match="there is none"):
        selecting.full(runs(), ["seed=1"])


def test_a_repeated_level_is_listed() -> None:
    again = experiment(full(1, train_steps=120), [0.5], source="again")
    found = compare([*runs(), *levels(120, 0.9), again], Question())
    assert [entry.why for entry in found.left] == ["full supervision of seed 1 is there already"]


@pytest.mark.parametrize("change", [{"model_backbone": "resnet34"}, {"model_weights": "imagenet"}])
def test_the_level_of_another_network_is_none(change: dict[str, str]) -> None:
    other = experiment(full(1, **change), [0.9])
    found = compare([*runs(), other], Question())
    assert found.full is None
    assert [entry.why for entry in found.left] == ["full supervision of another network than the compared runs have"]


def test_what_else_the_level_has_is_told() -> None:
    """A longer training is what full supervision is; another loss is a reason of its own."""
    assert compare([*runs(), *levels(4000, 0.9)], Question()).notes == []
    loss = experiment(full(1, train_loss="focal"), [0.9])
    assert compare([*runs(), loss], Question()).notes == [
        "Full supervision differs from the compared runs in train.loss (focal)."
    ]
