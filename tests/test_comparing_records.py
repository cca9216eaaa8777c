"""Experiments in a file: what is written is what is read, and of two machines' files the finished run counts."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from cdal.comparing import records
from cdal.comparing.comparison import Question, compare
from cdal.comparing.experiments import Experiment, frame
from cdal.comparing.sentences import sentences
from cdal.errors import UserError
from tests.compared import experiment, full, settings
from tests.test_comparing import LABELLED, MCBN, level, runs


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    acquired = {"r01": frozenset({"a scene_r0_c0", "b_r0_c64"}), "r02": frozenset[str]()}
    wanted = [
        experiment(settings("MCBN", 1), MCBN, acquired=acquired, dvc="mcbn-1", processor="x86_64 avx2"),
        experiment(settings("Random", 2, al_batch=8), [0.1, 1 / 3], acquired=None),
        experiment(settings("Random", 3), [], status="FAILED", curve=pd.DataFrame()),
        experiment(full(1), [0.8], source="full"),
    ]
    records.write(tmp_path / "new" / "kept.json", reversed(wanted))
    found = {run.source: run for run in records.read(tmp_path / "new" / "kept.json")}
    assert len(found) == 4 and [path.name for path in (tmp_path / "new").iterdir()] == ["kept.json"]
    for run in wanted:
        other = found[run.source]
        assert (run.name, run.dvc, run.status, run.params) == (other.name, other.dvc, other.status, other.params)
        assert run.processor == other.processor
        assert (run.acquired, run.data, run.split, run.code) == (other.acquired, other.data, other.split, other.code)
        pd.testing.assert_frame_equal(run.curve, other.curve, atol=1e-6, check_dtype=False)
    assert "test_pixel_roc_auc" in found["MCBN1"].logged


def test_undefined_numbers_stay_undefined(tmp_path: Path) -> None:
    table = frame([{"labelled": 8, "test_pixel_f1": ""}, {"labelled": 16, "test_pixel_f1": 0.5}])
    records.write(tmp_path / "kept.json", [experiment(settings("MCBN", 1), [], curve=table)])
    assert "NaN" not in (tmp_path / "kept.json").read_text()
    (found,) = records.read(tmp_path / "kept.json")
    assert found.curve["test_pixel_f1"].isna().tolist() == [True, False]


def test_the_same_experiments_are_the_same_bytes_and_a_line_each(tmp_path: Path) -> None:
    for name, found in (("one", runs()), ("other", runs()[::-1])):
        records.write(tmp_path / name, found)
    text = (tmp_path / "one").read_text()
    assert text == (tmp_path / "other").read_text()
    assert len([line for line in text.splitlines() if line.startswith('{"name"')]) == len(runs())
    assert "al.selector" in json.loads(text)["params"] and "seed" not in json.loads(text)["params"]


def test_a_comparison_of_the_file_says_the_same(tmp_path: Path) -> None:
    records.write(tmp_path / "kept.json", [*runs(), level()])
    again = compare(records.read(tmp_path / "kept.json"), LABELLED)
    assert sentences(again) == sentences(compare([*runs(), level()], LABELLED))


def named(name: str, status: str, height: float) -> Experiment:
    return replace(experiment(settings("MCBN", 1), [0.0, height], status=status, source=f"run{height}"), dvc=name)


@pytest.mark.parametrize(
    ("known", "new", "height"),
    [
        ("RUNNING", "FINISHED", 0.2),
        ("FINISHED", "RUNNING", 0.1),
        ("FINISHED", "FINISHED", 0.2),
        ("FAILED", "FAILED", 0.2),
    ],
)
def test_of_two_with_one_name_the_finished_then_the_new_counts(known: str, new: str, height: float) -> None:
    other = experiment(settings("Random", 1), [0.0, 0.5])
    found = records.merge([named("a", known, 0.1), other], [named("a", new, 0.2), named("b", new, 0.3)])
    assert [(run.dvc, run.curve["test_pixel_average_precision"].iloc[-1]) for run in found] == [
        ("a", height), ("", 0.5), ("b", 0.3),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"params": {}, "experiments": [{}]}', "\x00\x01"])
def test_another_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text(text)
    with pytest.raises(UserError, match=r"kept.json is no file of experiments \(.*\), expected what `python -m cdal"):
        records.read(tmp_path / "kept.json")


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none.json not found, .*compare --export .*none.json` writes one"):
        records.read(tmp_path / "none.json")


def test_pairs_against_some_groups_alone() -> None:
    found = [*runs(), *(experiment(settings("Ensemble", seed), MCBN) for seed in (1, 2)), level()]
    pairs = compare(found, Question(axis="labelled", against=("MCBN-BALD",))).pairs
    assert [(pair.one, pair.other) for pair in pairs] == [("Random", "MCBN-BALD"), ("Ensemble-BALD", "MCBN-BALD")]
    pairs = compare(found, Question(axis="labelled", against=("MCBN-BALD", "Ensemble-BALD"))).pairs
    assert [(pair.one, pair.other) for pair in pairs] == [
        ("Ensemble-BALD", "MCBN-BALD"), ("Random", "MCBN-BALD"), ("Random", "Ensemble-BALD"),
    ]  # fmt: skip
    assert len(compare(found, LABELLED).pairs) == 3
    some = compare(found, Question(axis="labelled", against=("Random", "None-Such")))
    assert len(some.pairs) == 2 and "No group is called None-Such." in some.notes
    with pytest.raises(UserError, match="no group is called None-Such, expected one of Random, Ensemble-BALD, MCBN"):
        compare(found, Question(axis="labelled", against=("None-Such",)))
