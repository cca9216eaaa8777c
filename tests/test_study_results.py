"""What a study keeps in git: what counts as done on another machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from cdal.comparing import records
from cdal.tracking import processor, provenance
from study import plan, results
from tests.compared import experiment, settings

PLAN = plan.read(Path(__file__).parent.parent / "study/plans.yaml")["smoke"]


def test_only_finished_experiments_of_the_same_code_are_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(provenance, "code", lambda commit: "now")
    jobs = [job("done"), job("of-other-code"), job("stopped"), job("not-begun")]
    assert results.finished(PLAN, jobs) == set()
    run = experiment(settings("Random", 1), [0.0, 0.5], code="now")
    kept = [
        replace(run, dvc="done", source="1"),
        replace(run, dvc="of-other-code", source="2", code="before"),
        replace(run, dvc="stopped", source="3", status="RUNNING"),
        replace(run, dvc="of-another-plan", source="4"),
    ]
    records.write(results.path(PLAN), kept)
    assert results.finished(PLAN, jobs) == {"done"}


def test_an_experiment_with_other_settings_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan was edited since: `train.steps` of what is kept is no longer what the plan sets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(provenance, "code", lambda commit: "c")
    run = replace(experiment(settings("Random", 1, train_steps=120, al_random_share=0.0), [0.0, 0.5]), dvc="it")
    records.write(results.path(PLAN), [run])
    assert results.finished(PLAN, [job("it", "preset=smoke", "train.steps=120", "al.random_share=0")]) == {"it"}
    assert results.finished(PLAN, [job("it", "preset=smoke", "train.steps=240")]) == set()


def job(name: str, *overrides: str) -> plan.Job:
    return plan.Job(name, "arm", 1, overrides)


def test_without_a_store_what_is_kept_stays_as_it_is(own_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own_store)
    records.write(results.path(PLAN), [experiment(settings("Random", 1), [0.0, 0.5])])
    before = results.path(PLAN).read_bytes()
    results.update(PLAN)
    assert results.path(PLAN).read_bytes() == before


def test_processors_of_another_kind_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert results.elsewhere(PLAN) == []
    run = experiment(settings("Random", 1), [0.0, 0.5])
    kinds = ("", processor.kind(), "vax", "cray", "vax")
    records.write(results.path(PLAN), [replace(run, source=str(i), processor=kind) for i, kind in enumerate(kinds)])
    assert results.elsewhere(PLAN) == ["cray", "vax"]
