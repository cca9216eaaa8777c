"""The graph and the house: what dvc.yaml declares, what modules import."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
GRAPH = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
STAGES = {name: stage.get("do", stage) for name, stage in GRAPH.items()}
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
GROW = ("al.iterations", "rounds", "flow", "last", "tracking")

READS = {
    "simulate": {"cdal/simulate"},
    "prepare": {"cdal/tiles"},
    "ask": {"cdal/initial.py"},
    "label": set(),
    "train_seed": {"cdal/rounds.py", "cdal/start.py", "cdal/training.py"},
    "score": {"cdal/pool.py", "cdal/scoring.py"},
    "acquire": {"cdal/acquire.py"},
    "retrain": {"cdal/rounds.py", "cdal/training.py"},
    "report": set(),
}
"""Modules whose use of `params.` makes up what a stage reads, besides its script."""


def known(path: str) -> bool:
    section: Any = PARAMS
    for part in path.split("."):
        if not isinstance(section, dict) or part not in section:
            return False
        section = section[part]
    return True


@pytest.mark.parametrize("name", STAGES)
def test_declared_parameters_exist_and_never_grow(name: str) -> None:
    declared = STAGES[name].get("params", [])
    assert all(known(path) for path in declared)
    assert not set(declared) & set(GROW)


def chains(path: Path) -> set[str]:
    """Dotted names that follow `params`, with `al` and `self.train` for params.al and params.train."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        text = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        text = re.sub(r"^(al|data|split|train|model)\.", r"params.\1.", text.removeprefix("self."))
        if re.fullmatch(r"params(\.[a-z_]+)+", text):
            found.add(text.removeprefix("params."))
    return found


@pytest.mark.parametrize("name", sorted(set(STAGES) - {"report"}))
def test_a_stage_declares_every_parameter_that_it_reads(name: str) -> None:
    """Every `params.x.y` in the stage's script and the modules that get the whole Params."""
    declared = STAGES[name].get("params", [])
    files = [ROOT / f"stages/{name}.py", *(ROOT / path for path in READS[name] if path.endswith(".py"))]
    read = {path for file in files for path in chains(file) if known(path.split(".")[0])}
    for path in read:
        if path.split(".")[0] in GROW or path in ("al", "data.generators"):
            continue
        covered = any(path == d or path.startswith(d + ".") or d.startswith(path + ".") for d in declared)
        assert covered, f"{name} reads {path} without declaring it"


def test_nothing_before_acquire_reads_a_label_of_the_pool() -> None:
    for name in ("score",):
        assert not any("labels" in path for path in STAGES[name]["deps"])
        script = (ROOT / f"stages/{name}.py").read_text() + (ROOT / "cdal/pool.py").read_text()
        assert "load_labels" not in script and "masks.npy" not in script


def test_every_code_dependency_exists() -> None:
    for stage in STAGES.values():
        for path in stage.get("deps", []):
            if path.startswith(("cdal/", "stages/")):
                assert (ROOT / path).exists(), path


PLUMBING = {f"cdal/{name}.py" for name in ("errors", "flow", "params", "stage", "terminal")}
"""What stages use and no output depends on; parameters are declared by themselves."""
APART = {
    "train_seed": ("cdal/acquisition.py", "cdal/selectors.py", "cdal/figures", "cdal/annotations", "cdal/queries"),
    "retrain": ("cdal/acquisition.py", "cdal/annotations", "cdal/queries"),
    "score": ("cdal/rasters", "cdal/splits"),
    "label": ("cdal/queries",),
}
"""What a stage imports for a type or a small part: a new acquisition function or picture must not train all again."""


def imported(path: Path) -> set[Path]:
    """Files of cdal that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "cdal":
            place = ROOT / node.module.replace(".", "/")
            for name in (place / alias.name for alias in node.names):
                options = (
                    name.with_suffix(".py"),
                    name / "__init__.py",
                    place.with_suffix(".py"),
                    place / "__init__.py",
                )
                found.add(next(option for option in options if option.is_file()))
    return found


def used(stage: str) -> set[str]:
    """Files of cdal that a stage imports, and what these import, as far as outputs depend on them."""
    seen: set[str] = set()
    left = imported(ROOT / f"stages/{stage}.py")
    while left:
        path = left.pop()
        name = path.relative_to(ROOT).as_posix()
        if name not in seen | PLUMBING and not name.startswith(("cdal/tracking", *APART.get(stage, ()))):
            seen.add(name)
            left |= imported(path)
    return seen


@pytest.mark.parametrize("name", sorted(set(STAGES) - {"report"}))
def test_a_stage_depends_on_the_code_that_it_runs(name: str) -> None:
    """Otherwise a change of that code would leave results that it did not make. report always runs."""
    declared = STAGES[name]["deps"]
    missing = {path for path in used(name) if not any(path == d or path.startswith(f"{d}/") for d in declared)}
    assert missing == set()


@pytest.mark.parametrize(
    "module",
    ["stages.acquire", "stages.ask", "stages.label", "stages.report", "cdal.tiles", "cdal.metrics", "cdal.tilewise"],
)
def test_it_starts_without_tensorflow_and_mlflow(module: str) -> None:
    check = f"import sys, {module}; assert not {{'tensorflow', 'keras', 'mlflow'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True)


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name.split(".")[0] for name in found}


def test_imports_go_one_way() -> None:
    for path in (ROOT / "cdal").rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        used = imports(path)
        assert "stages" not in used, name
        assert "segmentation_models" not in used or name == "cdal/network.py", name
        assert "mlflow" not in used or name.startswith("cdal/tracking/") or name == "cdal/serving.py", name
        assert not used & {"tensorflow", "keras"} or name in ("cdal/backend.py", "cdal/serving.py"), name
    for path in (ROOT / "stages").glob("*.py"):
        assert "stages" not in imports(path), path.name
        assert len(path.read_text().splitlines()) < 60


def test_dvc_sees_imagery_that_is_tracked_and_git_does_not_take_it(tmp_path: Path) -> None:
    """DVC leaves out folders that .gitignore hides, and with them the .dvc files that a queue's run needs."""
    check = (
        "from dvc.repo import Repo\n"
        "Repo.init('.')\n"
        "found = Repo('.')\n"
        "found.add('data/raw/mine')\n"
        "print([stage.addressing for stage in Repo('.').index.stages])\n"
    )
    (tmp_path / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    (tmp_path / "data/raw/mine").mkdir(parents=True)
    (tmp_path / "data/raw/mine/a.tif").write_text("imagery")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    printed = subprocess.run([sys.executable, "-c", check], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert printed.stdout.splitlines()[-1] == "['data/raw/mine.dvc']"
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    listed = subprocess.run(["git", "ls-files", "data"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "data/raw/mine.dvc" in listed.stdout.split() and "a.tif" not in listed.stdout
