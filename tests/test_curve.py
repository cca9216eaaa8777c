"""Rows of the learning curve: what a comparison needs beside the metrics."""

from pathlib import Path

from cdal import curve
from cdal.ledger import Entry

CLASSES = {"a": "change", "b": "no_change", "c": "change", "d": "ambiguous"}
LEDGER = [Entry("a", "r00", "initial", "oracle"), Entry("b", "r01", "acquired", "oracle")]
EFFORT = [{"recall_wanted": 0.8, "reviewed": 0.25}, {"recall_wanted": 0.95, "reviewed": None}]


def row(pool_change: int | None = 2) -> curve.Row:
    labels = curve.labels(LEDGER, CLASSES, pool=4, validation=3, pool_change=pool_change)
    test = dict.fromkeys(curve.METRICS, 0.5)
    metrics = {
        "labels": labels, "test": {"pixel": test, "tile": test}, "threshold": {"pixel": 0.5, "tile": 0.5},
        "effort": EFFORT,
    }  # fmt: skip
    return curve.row("r01", LEDGER, CLASSES, metrics)


def test_a_row_counts_acquired_and_pool_and_holds_the_review_effort() -> None:
    found = row()
    assert (found["labelled"], found["spent"], found["acquired_tiles"], found["acquired_change_tiles"]) == (2, 5, 1, 0)
    assert (found["pool_tiles"], found["pool_change_tiles"]) == (4, 2)
    assert (found["review_80"], found["review_95"]) == (0.25, None)


def test_change_tiles_are_counted_only_where_all_classes_are_known() -> None:
    assert curve.count_change(list(CLASSES.values())) == 2
    assert curve.count_change(["change", "unlabelled"]) is None


def test_rows_of_an_older_version_are_kept(tmp_path: Path) -> None:
    curve.write(tmp_path / "curve.csv", [{"round": "r00", "labelled": 1}, row(None)])
    first, second = curve.read(tmp_path / "curve.csv")
    assert first["review_80"] == "" and second["review_80"] == "0.25" and second["pool_change_tiles"] == ""


def test_seconds_of_a_round_are_those_of_its_stages() -> None:
    timings = [
        {"stage": "score", "round": "r01", "seconds": 2.0},
        {"stage": "retrain", "round": "r01", "seconds": 3.5},
        {"stage": "prepare", "round": "", "seconds": 9.0},
    ]
    rows = [{"round": "r00"}, {"round": "r01"}]
    assert [found["seconds"] for found in curve.with_seconds(rows, timings)] == ["", "5.5"]
