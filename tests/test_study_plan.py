"""Which experiments of a plan are meant."""

from pathlib import Path

import pytest

from cdal.errors import UserError
from study import plan

PLANS = plan.read(Path(__file__).parent.parent / "study/plans.yaml")


def chosen(*arms: str) -> list[str]:
    return [job.arm for job in PLANS["city"].jobs(arms, [1])]


def test_an_arm_is_meant_by_its_name_and_several_by_what_they_begin_with() -> None:
    assert chosen("Random") == ["Random"]  # and not Random-of-Ensemble
    assert chosen("MCBN-BALD", "full") == ["MCBN-BALD-top", "MCBN-BALD-power", "MCBN-BALD-cluster", "full"]
    assert chosen("Single-Change") == ["Single-Change"]
    assert len(chosen()) == len(PLANS["city"].arms) == 26


def test_an_unknown_arm_is_refused() -> None:
    with pytest.raises(UserError, match=r"no arm is called Ran, expected some of Random, "):
        chosen("Ran")


def test_seeds_take_turns_by_twos() -> None:
    jobs = PLANS["smoke"].jobs(["Random", "MCBN"], [1, 2, 3])
    assert [(job.arm, job.seed) for job in jobs] == [
        ("Random", 1), ("Random", 2), ("MCBN", 1), ("MCBN", 2), ("Random", 3), ("MCBN", 3),
    ]  # fmt: skip
