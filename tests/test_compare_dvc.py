"""`compare --dvc` and `dvc plots diff` on real DVC experiments; their stages write made-up curves in a moment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests import compared

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
PREPARE = """
from pathlib import Path
for folder in ("images", "labels"):
    Path("data/tiles", folder).mkdir(parents=True)
Path("data/tiles/images/index.csv").write_text("tile_id,split\\na,pool\\nb,test\\n")
Path("data/tiles/labels/tiles.csv").write_text("tile_id,class\\na,change\\n")
"""
RETRAIN = """
import shutil, yaml
from pathlib import Path
from cdal import curve
from tests import compared
params = yaml.safe_load(open("params.yaml"))
method, last = params["al"]["method"], Path("rounds", params["last"])
last.mkdir(parents=True, exist_ok=True)
heights = {"Random": [0.0, 0.4, 0.6, 0.8], "MCBN": [0.0, 0.76, 0.78, 0.8]}[method]
curve.write(last / "curve.csv", compared.rows(heights))
(last / "labelled.csv").write_text(compared.ledger(params["seed"], 3, {"Random": 0, "MCBN": 60}[method]))
Path("report").mkdir(exist_ok=True)
shutil.copy(last / "curve.csv", "report/curve.csv")
"""


def run(folder: Path, *command: str, fails: bool = False) -> str:
    """What the command prints; its exit code must be as expected."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_", "PYTEST_"))}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "DVC_NO_ANALYTICS": "1",
        **{f"GIT_{who}_{what}": "test@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }  # fmt: skip
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == int(fails), done.stdout[-2000:] + done.stderr[-2000:]
    return done.stderr if fails else done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the project's plots, four experiments and a queued one."""
    folder = tmp_path_factory.mktemp("project")
    report: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]["report"]
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": {
        "prepare": {"cmd": "python prepare.py", "outs": ["data/tiles/images", "data/tiles/labels"]},
        "retrain": {
            "cmd": "python retrain.py", "params": ["seed", "al.method", "last"], "deps": ["data/tiles/images"],
            "outs": ["rounds/${last}/curve.csv", "rounds/${last}/labelled.csv"], "plots": report["plots"],
        },
    }}))  # fmt: skip
    (folder / "params.yaml").write_text(yaml.safe_dump(compared.settings("Random", 1).model_dump()))
    (folder / "prepare.py").write_text(PREPARE)
    (folder / "retrain.py").write_text(RETRAIN)
    (folder / ".gitignore").write_text("/rounds\n/report\n/data\n")
    for command in ("git init -q -b main", "dvc init -q", "git add -A", "git commit -qm all"):
        run(folder, *command.split())
    for method in ("Random", "MCBN"):
        for seed in (1, 2):
            words = ["-S", f"al.method={method}", "-S", "al.acquisition=BALD", "-S", f"seed={seed}"]
            run(folder, "dvc", "exp", "run", "-q", "-n", f"{method}-{seed}", *words)
    run(folder, "dvc", "exp", "run", "-q", "--queue", "-n", "MCBN-3", "-S", "al.method=MCBN", "-S", "seed=3")
    return folder


def test_dvc_experiments_are_compared_without_mlflow(project: Path) -> None:
    printed = run(project, sys.executable, "-m", "cdal", "compare", "--dvc", "--out", "../compared")
    out = project.parent / "compared"
    pairs = pd.read_csv(out / "pairs.csv").iloc[0]
    assert (pairs["group"], pairs["against"], pairs["seeds"]) == ("MCBN-BALD", "Random", 2)
    assert pairs["area_difference"] == pytest.approx(((0.38 + 0.77 + 0.79) - (0.2 + 0.5 + 0.7)) / 3, abs=1e-5)
    overlap = pd.read_csv(out / "overlap.csv")
    assert list(overlap["overlap"]) == pytest.approx([0, 20 / 140, 60 / 180], abs=1e-5)
    assert "MCBN-BALD seed 3 (MCBN-3)  queued, 0 of 4 rounds" in printed
    assert not (project / "mlflow.db").exists()


def test_plots_diff_shows_the_same_curves(project: Path) -> None:
    shown = json.loads(run(project, "dvc", "plots", "diff", "Random-1", "MCBN-2", "--json", "--split"))
    (plot,) = (plot for name, found in shown["data"].items() if "curve" in name for plot in found)
    points = plot["anchor_definitions"]["<DVC_METRIC_DATA>"]
    drawn = {(row["rev"], int(row["labelled"])): float(row[compared.METRIC]) for row in points}
    run(project, sys.executable, "-m", "cdal", "compare", "--dvc", "--out", "../again")
    curves = pd.read_csv(project.parent / "again" / "curves.csv")
    for name, experiment in (("Random-1", "Random seed 1"), ("MCBN-2", "MCBN-BALD seed 2")):
        rows = curves[curves["run"] == experiment]
        ours = dict(zip(rows["labelled"].astype(int), rows[compared.METRIC], strict=True))
        assert {labels: value for (rev, labels), value in drawn.items() if rev == name} == pytest.approx(ours)


def test_what_is_not_there_is_said_in_one_line(project: Path) -> None:
    for words, message in (
        (["--dvc", "nothing"], "cdal: nothing is no commit of this repository"),
        (["--dvc", "--experiment", "other"], "cdal: no DVC experiment of commit "),
        (["--dvc", "--since", "2999-01-01"], "cdal: no DVC experiment of commit "),
    ):
        printed = run(project, sys.executable, "-m", "cdal", "compare", *words, fails=True)
        assert printed.startswith(message) and printed.count("\n") == 1


def test_results_that_the_cache_lacks_are_named(project: Path) -> None:
    lock = yaml.safe_load((project / "dvc.lock").read_text())
    md5 = next(out["md5"] for out in lock["stages"]["retrain"]["outs"] if out["path"].endswith("r03/curve.csv"))
    cached = project / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
    content = cached.read_bytes()
    cached.unlink()
    try:
        printed = run(project, sys.executable, "-m", "cdal", "compare", "--dvc", fails=True)
    finally:
        cached.write_bytes(content)
    assert "curve.csv of the experiment MCBN-2 is not in DVC's cache; `dvc fetch` it" in printed
