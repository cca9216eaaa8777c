"""Freeing the disk of networks: a study of a hundred experiments would leave some fifty gigabytes of them."""

import json
import subprocess
from pathlib import Path

import yaml

from cdal.lock import Loader
from study import queue

CACHE = Path(".dvc/cache/files/md5")
FIRST = "rounds/r00/model"
"""Kept: experiments of the same seed share it."""


def drop(name: str) -> None:
    """Remove the networks of all rounds but the first of a finished experiment from DVC's cache.

    Everything else of it stays. `dvc repro` after `dvc exp apply` trains a missing network again, to the same bits.
    """
    commit = queue.commit(name)
    if not commit:
        return
    shown = subprocess.run(["git", "show", f"{commit}:dvc.lock"], capture_output=True, text=True, check=True)
    for stage in yaml.load(shown.stdout, Loader)["stages"].values():
        for out in stage.get("outs", []):
            if out["path"].endswith("/model") and out["path"] != FIRST:
                _drop(out["md5"])


def _drop(folder: str) -> None:
    listing = CACHE / folder[:2] / folder[2:]
    if not listing.is_file():
        return
    for file in json.loads(listing.read_text()):
        if file["relpath"].endswith(".h5"):
            (CACHE / file["md5"][:2] / file["md5"][2:]).unlink(missing_ok=True)
