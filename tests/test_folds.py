"""Cross-validation: mean and deviation over folds, by hand; what is refused; the command on a real store."""

import math
from pathlib import Path
from typing import Any

import pytest

from cdal.__main__ import main
from cdal.comparing import folds
from cdal.comparing.experiments import Experiment
from cdal.errors import UserError
from cdal.tracking import provenance
from tests import compared

METRIC = compared.METRIC


def fold(number: int, height: float, seed: int = 1, **fields: Any) -> Experiment:
    changes = {"split_folds": 3, "split_fold": number, "train_steps": 120} | fields.pop("changes", {})
    return compared.experiment(compared.full(seed, **changes), [height], source=f"f{number}s{seed}", **fields)


def test_mean_and_deviation_over_folds_after_the_mean_over_seeds() -> None:
    runs = [fold(0, 0.5), fold(0, 0.7, seed=2), fold(1, 0.5), fold(2, 0.7)]
    found = folds.cross_validate(runs, [METRIC])
    assert list(found.table[METRIC]) == pytest.approx([0.6, 0.5, 0.7])
    assert found.summary[METRIC]["mean"] == pytest.approx(0.6)
    assert found.summary[METRIC]["sd"] == pytest.approx(0.1)  # ((0 + 0.01 + 0.01) / 2) ** 0.5
    assert folds.lines(found)[-1] == ["mean ± sd", "0.600 ± 0.100"]
    assert found.missing == [] and found.left == []


def test_missing_and_unfinished_folds_are_told() -> None:
    found = folds.cross_validate([fold(0, 0.5), fold(2, 0.7), fold(1, 0.6, status="FAILED")], [METRIC])
    assert found.missing == [1]
    assert [(entry.experiment.source, entry.why) for entry in found.left] == [("f1s1", "failed")]


def test_an_undefined_value_is_never_left_out_of_the_mean() -> None:
    runs = [fold(0, math.nan), fold(0, 0.5, seed=2), fold(1, 0.5)]
    found = folds.cross_validate(runs, [METRIC])
    assert folds.lines(found) == [["0", "–"], ["1", "0.500"], ["mean ± sd", "–"]]


def test_other_experiments_take_no_part() -> None:
    others = [compared.experiment(compared.settings("MCBN", 1, split_folds=3, split_fold=1), [0.1, 0.2]),
              compared.experiment(compared.full(1), [0.9])]  # fmt: skip
    assert list(folds.cross_validate([fold(0, 0.5), fold(1, 0.7), *others], [METRIC]).table.index) == [0, 1]


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([fold(0, 0.5), fold(0, 0.6, seed=2)], r"2 finished experiments .* expected those of two folds or more; make"),
        (
            [fold(0, 0.5), fold(1, 0.6, changes={"train_steps": 9})],
            r"differ in train.steps \(120, 9\), .* choose with --where train.steps=120",
        ),
        ([fold(0, 0.5), fold(1, 0.6, changes={"split_folds": 4})], r"differ in split.folds \(3, 4\)"),
        ([fold(0, 0.5), fold(1, 0.6, code="other")], r"differ in code version \(c, other\); choose one with --tag"),
        ([fold(0, 0.5, logged=()), fold(1, 0.6, logged=())], r"no experiment logged test_pixel_average_precision"),
    ],
)
def test_what_can_not_be_pooled_is_refused(runs: list[Experiment], message: str) -> None:
    with pytest.raises(UserError, match=message):
        folds.cross_validate(runs, [METRIC])


def test_conditions_choose_experiments() -> None:
    runs = [fold(0, 0.5), fold(1, 0.6, changes={"train_steps": 9}), fold(1, 0.7)]
    assert list(folds.cross_validate(runs, [METRIC], ["train.steps=120"]).table[METRIC]) == [0.5, 0.7]


def test_the_command_reads_mlflow(
    own_store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(provenance, "changes", lambda: "")
    for number, height in enumerate((0.5, 0.7)):
        compared.mirror(compared.full(1, split_folds=3, split_fold=number), [height], own_store / f"f{number}")
    capsys.readouterr()
    main(["folds", "--metric", METRIC, "--metric", "test_pixel_roc_auc"])
    assert capsys.readouterr().out.splitlines() == [
        "fold       pixel average precision  pixel ROC AUC",
        "0                            0.500          0.950",
        "1                            0.700          0.970",
        "mean ± sd            0.600 ± 0.141  0.960 ± 0.014",
        "2 of 3 folds; missing: [2]",
    ]
