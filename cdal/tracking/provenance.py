"""What a run stands on: commit, changes that were not committed, data, split and versions of packages. No MLflow."""

import csv
import hashlib
import os
import platform
import re
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from cdal import lock
from cdal.tracking import processor, store

TILES = Path("data/tiles")
GENERATED = (":(exclude)params.yaml", ":(exclude)dvc.lock", ":(exclude)docs", ":(exclude)study/results")
"""What an experiment itself changes (parameters are logged by themselves), pages and what was found earlier, on which
no number depends."""
CODE = ("cdal", "stages", "conf", "hydra_plugins", "dvc.yaml")
NUMBERS = ("cdal", "stages")
APART = ("cdal/commands/", "cdal/comparing/", "cdal/figures/", "cdal/tracking/")
"""Code that numbers depend on, and what in it only shows or keeps them; parameters are compared by themselves."""
SHOWN = ("tensorflow", "keras", "mlflow", "dvc", "numpy")
"""Packages whose versions are tags; all direct ones are in requirements.txt of the run."""


def origin() -> dict[str, str]:
    """Tags of DVC's experiment, of commit, code and processor; those that are unknown are left out."""
    tags = {
        "dvc.exp_name": os.environ.get("DVC_EXP_NAME", ""),
        "git.commit": store.baseline(),
        "cdal.code": code(store.baseline()),
        "cdal.processor": processor.kind(),
    }
    return {key: value for key, value in tags.items() if value}


@cache
def code(commit: str) -> str:
    """16 hex digits of the code of a commit that numbers depend on; empty if this repository has no such commit.

    Two commits that differ in pages, tests or charts have the same.
    """
    files = store.git("ls-tree", "-r", commit, "--", *NUMBERS).splitlines() if commit else []
    chosen = [line for line in files if line.endswith(".py") and not line.partition("\t")[2].startswith(APART)]
    return hashlib.sha256("\n".join(chosen).encode()).hexdigest()[:16] if chosen else ""


def versions() -> dict[str, str]:
    """Tags of the versions that decide about numbers."""
    return {"version.python": platform.python_version(), **{f"version.{name}": version(name) for name in SHOWN}}


def requirements(path: Path = Path("requirements.txt")) -> str:
    """The packages named in `path` with the versions that are really installed, one `name==version` a line."""
    lines = path.read_text().splitlines() if path.is_file() else list(SHOWN)
    names = [match[0] for line in lines if (match := re.match(r"[A-Za-z][\w.-]*", line))]
    found = []
    for name in names:
        try:
            found.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            found.append(f"# {name} is not installed")
    return "\n".join(found) + "\n"


def changes() -> str:
    """What the work tree in the current folder holds beyond its commit, as a diff; empty if it is clean.

    Tracked files but params.yaml, dvc.lock and docs, and untracked files of the code. In the temporary folder of a
    queue worker it is that folder's.
    """
    tracked = _git("diff", "HEAD", "--", ".", *GENERATED)
    new = _git("ls-files", "--others", "--exclude-standard", "--", *CODE).splitlines()
    return tracked + "".join(_git("diff", "--no-index", "--", os.devnull, name) for name in new)


def tiles(path: Path = Path("dvc.lock")) -> str:
    """16 hex digits of the tile store's images, masks and split, as dvc.lock has them; empty before `prepare`."""
    outs = lock.stages(path).get("prepare", {}).get("outs", [])
    found = {out["path"]: out.get("md5", "") for out in outs}
    known = bool(found) and all(found.values())
    return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()[:16] if known else ""


def split(index: Path = TILES / "images" / "index.csv") -> str:
    """16 hex digits of which tile is in which split; empty without a tile store."""
    if not index.is_file():
        return ""
    with index.open(newline="") as file:
        pairs = sorted((row["tile_id"], row["split"]) for row in csv.DictReader(file))
    return hashlib.sha256(repr(pairs).encode()).hexdigest()[:16]


def data() -> dict[str, str]:
    """Tags of the tile store and the split; those that are unknown (before `prepare` is done) are left out."""
    return {key: value for key, value in (("cdal.data", tiles()), ("cdal.split", split())) if value}


def committed() -> dict[str, Any]:
    """params.yaml as it is in the commit that the experiment starts from; empty if there is none."""
    text = store.git("show", f"{store.baseline() or 'HEAD'}:./params.yaml")
    return yaml.load(text, lock.Loader) or {}


def _git(*command: str) -> str:
    """What git prints in the current folder, whatever its exit code: `diff --no-index` fails when there is one."""
    try:
        return subprocess.run(["git", *command], capture_output=True, text=True, check=False, errors="replace").stdout
    except OSError:
        return ""
