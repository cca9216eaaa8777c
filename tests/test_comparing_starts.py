"""Experiments of a seed that should begin with the same network, and do not."""

from dataclasses import replace
from typing import Any

from cdal.comparing.comparison import Question, compare
from cdal.comparing.experiments import Experiment
from tests.compared import experiment, settings

ALONE = "Begin with unlike networks, though nothing differs that these depend on"


def notes(*runs: Experiment) -> str:
    return "\n".join(compare(runs, Question(axis="labelled")).notes)


def run(method: str, seed: int, start: float, **changes: Any) -> Experiment:
    return experiment(settings(method, seed, **changes), [start, 0.5, 0.6])


def test_methods_of_one_network_that_begin_apart_are_told_by_seed() -> None:
    told = notes(
        run("Random", 1, 0.25), run("MCBN", 1, 0.17), run("Random", 2, 0.5), run("MCBN", 2, 0.4),
        run("Random", 3, 0.3), run("MCBN", 3, 0.3),
    )  # fmt: skip
    assert f"{ALONE} (seed 1, 2): Random | MCBN-BALD. " in told and told.count(ALONE) == 1


def test_the_same_start_needs_no_words() -> None:
    assert ALONE not in notes(run("Random", 1, 0.25), run("MCBN", 1, 0.25 + 1e-9))


def test_another_network_may_begin_elsewhere() -> None:
    """Two members, another budget of training, another initial set: no wonder; and seeds differ anyway."""
    assert ALONE not in notes(run("Random", 1, 0.25), run("Ensemble", 1, 0.4))
    assert ALONE not in notes(run("Random", 1, 0.25), run("MCBN", 2, 0.4))
    assert ALONE not in notes(run("Random", 1, 0.25), run("MCBN", 1, 0.4, al_initial="random"))
    assert ALONE not in notes(run("Random", 1, 0.25), run("MCBN", 1, 0.4, train_steps=7))


def test_what_acts_after_the_first_network_is_no_excuse() -> None:
    told = notes(run("Random", 1, 0.25), run("MCBN", 1, 0.4, al_batch=4, al_selector="power", al_iterations=3))
    assert ALONE in told


def test_two_ensembles_that_begin_apart_are_told() -> None:
    told = notes(run("Ensemble", 1, 0.25), run("Ensemble", 1, 0.4, al_acquisition="Entropy"), run("Random", 1, 0.2))
    assert f"{ALONE} (seed 1): Ensemble-BALD | Ensemble-Entropy. " in told


def test_processors_are_named_where_they_are_known() -> None:
    here, there = run("Random", 1, 0.25), run("MCBN", 1, 0.4)
    told = notes(replace(here, processor="x86_64 avx2"), replace(there, processor="x86_64 amx_bf16"))
    assert "(seed 1): on x86_64 avx2: Random | on x86_64 amx_bf16: MCBN-BALD. " in told
    there = replace(there, processor="x86_64 amx_bf16")
    assert "(seed 1): Random | on x86_64 amx_bf16: MCBN-BALD. " in notes(here, there)
