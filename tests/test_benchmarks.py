"""The benchmarks run, each in its quick way, and write what they say; how fast anything was is not asserted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import found, write
from benchmarks.measured import figure
from benchmarks.table import table

ROOT = Path(__file__).parent.parent
MODULES = ("limit", "scoring", "ways", "accumulators", "mcbn", "precision", "training", "memory", "kernels")
BESIDE = {"benchmark": "scoring", "cpu": "a", "cores": 2, "memory": 8, "versions": {"numpy": "2"}, "commit": "c" * 40}


def test_every_module_with_figures_is_found() -> None:
    asked = {
        "limit",
        "scoring",
        "ways",
        "accumulators",
        "mcbn",
        "precision",
        "training",
        "memory",
        "compare",
        "prepare",
    }
    assert asked <= set(found()) and "measured" not in found()


def test_a_figure_holds_on_the_right_side_of_its_bound() -> None:
    assert figure("a", 0.85, at_least=0.85)["holds"] and not figure("a", 0.849, at_least=0.85)["holds"]
    assert figure("a", 1.08, at_most=1.08)["holds"] and not figure("a", 1.0801, at_most=1.08)["holds"]
    assert not figure("a", float("nan"), at_least=1)["holds"]
    assert figure("a", 3.0) == {"figure": "a", "value": 3.0, "target": None, "holds": True}


def test_results_of_other_benchmarks_stay_and_the_table_shows_all(tmp_path: Path) -> None:
    path = tmp_path / "results" / "latest.json"
    old = [{**figure("old", 1.0, at_least=2.0), **BESIDE}, {**figure("other", 12345.0), **BESIDE, "benchmark": "ways"}]
    write(path, old)
    write(path, [{**figure("new", 3.0, at_least=2.0), **BESIDE}])
    assert [entry["figure"] for entry in json.loads(path.read_text())] == ["new", "other"]
    assert table(path).splitlines() == [
        "| figure | value | must reach | holds |", "|---|---|---|---|",
        "| new | 3 | 2 | yes |", "| other | 12,340 |  |  |", "",
        "a, 2 cores, 8 GiB; numpy 2; commit ccccccccc",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_quick_run_writes_every_figure(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--out", str(tmp_path / "out.json"), *MODULES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    entries = json.loads((tmp_path / "out.json").read_text())
    assert {entry["benchmark"] for entry in entries} == set(MODULES)
    for entry in entries:
        assert "error" not in entry, entry
        assert {"figure", "value", "target", "holds", "cpu", "cores", "versions", "commit"} <= set(entry)
        assert entry["value"] > 0 or "less most" in entry["figure"]
        assert entry["holds"] in (True, False) and (entry["target"] is None or entry["target"] > 0)
    assert all(entry["figure"] in done.stdout for entry in entries)
