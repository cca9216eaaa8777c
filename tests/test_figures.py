"""Plots: they exist, are deterministic and of a sensible size, also where there is little to draw."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from cdal import figures
from cdal.figures.style import CLASS

METRICS = ("precision", "recall", "f1", "accuracy", "iou", "roc_auc", "average_precision", "ece")


def make_curve(rounds: int, *, undefined: bool = False, acquired_change: int = 4) -> list[dict[str, Any]]:
    """A learning curve of `rounds` rows as csv.DictReader gives it: all text."""
    rows = []
    for i in range(rounds):
        found = acquired_change * i
        row: dict[str, Any] = {
            "round": f"r{i:02d}", "labelled": 20 + 10 * i, "validation": 30, "spent": 50 + 10 * i,
            "change_tiles": 10 + found, "no_change_tiles": 10 + 9 * i - found, "ambiguous_tiles": i,
            "acquired_tiles": 10 if i else 0, "acquired_change_tiles": acquired_change if i else 0,
        }  # fmt: skip
        for level in ("pixel", "tile"):
            value = "" if undefined else round(1 - 1 / (2 + i), 4)
            row |= {f"test_{level}_{name}": value for name in METRICS} | {f"threshold_{level}": value}
        rows.append({name: str(value) for name, value in row.items()})
    return rows


def make_evaluation() -> dict[str, Any]:
    """evaluation.json, with undefined points."""
    x = np.linspace(0, 1, 11).tolist()
    return {
        "roc": {level: [[v, v**0.5] for v in x] for level in ("pixel", "tile")},
        "pr": {"pixel": [[v, 1 - 0.8 * v] for v in x], "tile": [[0.0, None], *([v, 1 - 0.5 * v] for v in x)]},
        "reliability": {"pixel": [[0.1, 0.05, 900], [0.5, 0.6, 90], [None, None, 0], [0.9, 0.8, 10]]},
        "thresholds": {level: [[v, 0.5, 1 - v, None] for v in x] for level in ("pixel", "tile")},
        "effort": [[v, v**0.3] for v in x],
    }


def make_effort() -> list[dict[str, float | None]]:
    """Review effort with a recall that no threshold reaches."""
    return [
        {"recall_wanted": 0.8, "threshold": 0.4, "recall": 0.82, "reviewed": 0.12},
        {"recall_wanted": 0.9, "threshold": 0.2, "recall": 0.93, "reviewed": 0.71},
        {"recall_wanted": 0.99, "threshold": None, "recall": None, "reviewed": None},
    ]


def make_timings() -> list[dict[str, Any]]:
    """Timings of two rounds."""
    return [
        {"stage": "train_seed", "round": "r00", "seconds": 60.0, "parts": {"training": 50.0}},
        {"stage": "score", "round": "r01", "seconds": 31.0, "parts": {"scoring": 25.0}},
        {"stage": "score", "round": "r02", "seconds": 29.0, "parts": {"scoring": 24.0, "reading": 2.0}},
    ]


def make_tiles(count: int, side: int = 32, bands: int = 3, dtype: type = np.uint8) -> tuple[Any, ...]:
    """before, after, label, prediction (half size), uncertainty."""
    rng = np.random.default_rng(5)
    before, after = rng.integers(0, np.iinfo(dtype).max, (2, count, side, side, bands)).astype(dtype)
    label = rng.choice(np.array([0, 1, 255], np.uint8), (count, side, side))
    maps = rng.random((2, count, side // 2, side // 2), np.float32)
    return before, after, label, maps[0], maps[1] / 4


TEST = {
    "pixel": {"precision": 0.6, "recall": 0.7, "roc_auc": 0.9, "fp": 5, "tn": 95},
    "tile": {"precision": None},
}
DRAWN = {
    "learning_curve": lambda: figures.learning_curve(make_curve(4)),
    "learning_curve_one": lambda: figures.learning_curve(make_curve(1)),
    "learning_curve_undefined": lambda: figures.learning_curve(make_curve(2, undefined=True)),
    "learning_curve_many": lambda: figures.learning_curve(make_curve(41)),
    "balance": lambda: figures.balance(make_curve(4), 0.2),
    "balance_one": lambda: figures.balance(make_curve(1)),
    "balance_no_change": lambda: figures.balance(make_curve(4, acquired_change=0), 0.0),
    "balance_many": lambda: figures.balance(make_curve(41)),
    "roc_pr": lambda: figures.roc_pr(make_evaluation(), TEST),
    "roc_pr_empty": lambda: figures.roc_pr({}),
    "thresholds": lambda: figures.thresholds(make_evaluation(), {"pixel": 0.5, "tile": None}),
    "thresholds_empty": lambda: figures.thresholds({}, {}),
    "effort": lambda: figures.effort(make_evaluation(), make_effort()),
    "effort_empty": lambda: figures.effort({"effort": [[None, None]]}, []),
    "reliability": lambda: figures.reliability(make_evaluation()),
    "reliability_empty": lambda: figures.reliability({"reliability": {"pixel": []}}),
    "timing": lambda: figures.timing(make_timings()),
    "timing_empty": lambda: figures.timing([]),
    "gallery": lambda: figures.gallery(*make_tiles(3), ["a", "b", "c"]),
    "gallery_16_bit": lambda: figures.gallery(*make_tiles(1, 64, 5, np.uint16), ["$a_b$"], bands=(2, 1, 0)),
    "gallery_empty": lambda: figures.gallery(*make_tiles(0), []),
    "sample_pairs": lambda: figures.sample_pairs(*make_tiles(4, bands=1)[:3]),
}


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_is_deterministic_and_of_sensible_size(name: str, tmp_path: Path) -> None:
    for copy in ("one.png", "two.png"):
        figures.save(DRAWN[name](), tmp_path / copy)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    with Image.open(tmp_path / "one.png") as picture:
        assert 700 <= picture.width <= 1100
        assert 80 <= picture.height <= 1000
        assert picture.info.keys() <= {"dpi"}


def test_pyplot_is_not_imported() -> None:
    code = "import sys, cdal.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def texts(figure: Figure) -> str:
    """All text of a figure."""
    panels = [text.get_text() for ax in figure.axes for text in (*ax.texts, ax.xaxis.label, ax.yaxis.label)]
    keys = [text.get_text() for ax in figure.axes if ax.get_legend() for text in ax.get_legend().get_texts()]
    note = figure.get_supxlabel()
    return "\n".join([*panels, *keys, note, *(text.get_text() for text in figure.texts)])


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("learning_curve", "AP 0.800"),
        ("learning_curve", "30 validation tiles"),
        ("learning_curve_undefined", "undefined in every round"),
        ("balance", "pool 20 %"),
        ("roc_pr", "pixels 0.900"),
        ("roc_pr_empty", "one class only"),
        ("thresholds", "chosen 0.5"),
        ("effort", "12 %, finds 82 %"),
        ("effort_empty", "no changed test tile"),
        ("timing", "60 s"),
        ("timing_empty", "no timings"),
        ("gallery", "not labelled"),
    ],
)
def test_a_figure_says(figure: str, expected: str) -> None:
    assert expected in texts(DRAWN[figure]())


def test_column_reads_text_numbers_and_gaps() -> None:
    rows = [{"f1": "0.5"}, {"f1": ""}, {"f1": None}, {}, {"f1": 1}]
    np.testing.assert_array_equal(figures.column(rows, "f1"), [0.5, math.nan, math.nan, math.nan, 1.0])


def test_stages_are_summed_and_unnamed_parts_are_other() -> None:
    stages = figures.by_stage(make_timings())
    assert list(stages) == ["train_seed", "score"]
    assert stages["score"] == {
        "runs": 2, "seconds": 60.0, "training": 0.0, "scoring": 49.0, "evaluation": 0.0, "other": 11.0
    }  # fmt: skip


@pytest.mark.parametrize(("seconds", "expected"), [(0.84, "0.84 s"), (31.2, "31 s"), (252, "4.2 min"), (5400, "1.5 h")])
def test_duration(seconds: float, expected: str) -> None:
    assert figures.duration(seconds) == expected


def test_to_rgb_stretches_each_band_between_percentiles() -> None:
    images = np.stack([np.arange(101), np.full(101, 7), 10 * np.arange(101), np.zeros(101)], -1)
    found = figures.to_rgb(images.astype(np.uint16)[np.newaxis], (2, 1, 0), low=0, high=100)
    assert found.dtype == np.uint8
    assert found.shape == (1, 101, 3)
    np.testing.assert_array_equal(found[0, [0, 50, 100], 0], [0, 128, 255])
    np.testing.assert_array_equal(found[..., 0], found[..., 2])
    assert (found[..., 1] == 0).all()


def test_to_rgb_shows_a_single_band_as_grey() -> None:
    found = figures.to_rgb(np.arange(200, dtype=np.uint8).reshape(1, 10, 20, 1))
    assert (found == found[..., :1]).all()


def test_gallery_draws_twelve_tiles_and_states_the_rest() -> None:
    found = texts(figures.gallery(*make_tiles(15), [f"tile_{i}" for i in range(15)], name="BALD"))
    assert "tile_11" in found
    assert "tile_12" not in found
    assert "3 more tiles" in found
    assert "BALD" in found


def test_gallery_paints_change_in_the_colour_of_change(tmp_path: Path) -> None:
    before, after, label, prediction, uncertainty = make_tiles(1)
    label[:] = 1
    figures.save(figures.gallery(before, after, label, prediction, uncertainty, ["a"]), tmp_path / "g.png")
    with Image.open(tmp_path / "g.png") as picture:
        found = picture.convert("RGB").getpixel((14 + 2 * 200 + 96, 160))
    assert "#{:02X}{:02X}{:02X}".format(*found) == CLASS["change"]


def test_tile_title() -> None:
    assert figures.tile_title("city_0_64", 0.01234, "change") == "city_0_64   score 0.0123   change"
    assert figures.tile_title("city_0_64", None, "no change") == "city_0_64   no change"
