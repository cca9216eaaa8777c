"""Experiments of one DVC cache share equal work, and a fresh clone reproduces them from it; smoke preset."""

import shutil
from pathlib import Path

import pytest

from tests.test_end_to_end import clone, ran, run

pytestmark = pytest.mark.slow

PRESET = ("-S", "preset=smoke", "-S", "al.iterations=1")
METRICS = ("rounds/r01/metrics.json", "rounds/r01/curve.csv", "rounds/r01/labelled.csv")
ROUND = ["score@r01", "acquire@r01", "retrain@r01"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """A project with experiments, each from a fresh checkout as in a queue, and the stages that each executed.

    A fresh checkout has no dvc.lock: all that they share comes through the run cache.
    """
    folder = clone(tmp_path_factory.mktemp("shared"))
    executed = {}
    for name, changes in {
        "Random": ("al.method=Random",),
        "MCBN": ("al.method=MCBN", "al.acquisition=BALD"),
    }.items():
        words = [word for change in changes for word in ("-S", change)]
        executed[name] = ran(run(folder, "dvc", "exp", "run", "--temp", "-n", name, *PRESET, *words))
    return folder, executed


def test_methods_of_one_seed_share_tiles_initial_set_and_seed_model(shared: tuple[Path, dict[str, list[str]]]) -> None:
    _, executed = shared
    assert executed["Random"] == ["simulate@synthetic", "prepare", "train_seed", *ROUND, "report"]
    assert executed["MCBN"] == [*ROUND, "report"]


def test_a_fresh_clone_with_the_cache_reproduces_an_experiment_bit_for_bit(
    shared: tuple[Path, dict[str, list[str]]], tmp_path: Path
) -> None:
    folder, _ = shared
    run(tmp_path, "git", "clone", "-q", str(folder), "fresh")
    fresh = tmp_path / "fresh"
    run(fresh, "dvc", "cache", "dir", "--local", str(folder / ".dvc" / "cache"))
    run(fresh, "git", "fetch", "-q", "origin", "refs/exps/*:refs/exps/*")
    run(fresh, "dvc", "exp", "apply", "MCBN")
    assert ran(run(fresh, "dvc", "repro")) == ["report"]  # which always runs
    first = {name: (fresh / name).read_bytes() for name in METRICS}
    report = (fresh / "report/metrics.json").read_bytes()
    shutil.rmtree(fresh / "rounds")
    again = run(fresh, "dvc", "repro", "--force", "--no-run-cache")
    assert ran(again) == ["simulate@synthetic", "prepare", "train_seed", *ROUND, "report"]
    assert {name: (fresh / name).read_bytes() for name in METRICS} == first
    assert (fresh / "report/metrics.json").read_bytes() == report
