"""What a study keeps in git: what counts as done on another machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from cdal.comparing import records
from cdal.tracking import provenance
from study import plan, results
from tests.compared import experiment, settings

PLAN = plan.read(Path(__file__).parent.parent / "study/plans.yaml")["smoke"]


def test_only_finished_experiments_of_the_same_code_are_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(provenance, "code", lambda commit: "now")
    assert results.finished(PLAN) == set()
    run = experiment(settings("Random", 1), [0.0, 0.5], code="now")
    kept = [
        replace(run, dvc="done", source="1"),
        replace(run, dvc="of-other-code", source="2", code="before"),
        replace(run, dvc="stopped", source="3", status="RUNNING"),
    ]
    records.write(results.path(PLAN), kept)
    assert results.finished(PLAN) == {"done"}


def test_without_a_store_what_is_kept_stays_as_it_is(own_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(own_store)
    records.write(results.path(PLAN), [experiment(settings("Random", 1), [0.0, 0.5])])
    before = results.path(PLAN).read_bytes()
    results.update(PLAN)
    assert results.path(PLAN).read_bytes() == before
