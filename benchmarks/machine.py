"""What a figure was measured with: processor, memory, versions and commit."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cdal.tracking import processor

PACKAGES = ("tensorflow", "keras", "numpy", "segmentation-models", "rasterio", "mlflow")


def machine() -> dict[str, Any]:
    """cpu (model and kind), cores, memory (GiB), versions, commit (with + if tracked files differ from it)."""
    packages = {name: version(name) for name in PACKAGES}
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "versions": {"python": platform.python_version(), **packages},
        "commit": _commit(),
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    model = names[0].split(":")[1].strip() if names else platform.processor()
    return f"{model} ({processor.kind()})"


def _commit() -> str:
    found = _git("rev-parse", "HEAD")
    return found + ("+" if found and _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()
