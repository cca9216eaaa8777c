"""The description on an experiment's page: how it ended, its learning curve, and the command that runs it again."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from cdal.params import Params
from cdal.reproduce import command
from cdal.tracking import log, provenance, store

PICTURE = "figures/learning_curve.png"
SMALL, WIDTH = "learning_curve_small.png", 640
"""The picture in the description, and its pixels: a wider one pushes the page's columns out of the window."""


def text(run: str, params: Params, description: str, artifacts: Sequence[tuple[Path, str]]) -> str:
    """Markdown of the run's page. The picture's address is relative, so it works on every server."""
    logged = {f"{folder}/{path.name}" for path, folder in artifacts}
    address = f"get-artifact?path=figures%2F{SMALL}&run_uuid={run}"
    picture = f"![learning curve]({address})\n\n" if PICTURE in logged else ""
    steps = [f"git checkout {commit}"] if (commit := store.baseline()) else []
    if store.client().get_run(run).data.tags.get("git.dirty"):
        steps.append("git apply git.diff  # this run's artifact code/git.diff: changes that were not committed")
    steps.append(command(params, provenance.committed()))
    return f"{description}\n\n{picture}To run it again:\n\n```sh\n" + "\n".join(steps) + "\n```\n"


def log_small(run: str, picture: Path) -> None:
    """Log the picture of the description."""
    with tempfile.TemporaryDirectory() as scratch, Image.open(picture) as opened:
        small = opened.convert("RGB")
        small.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        small.save(Path(scratch) / SMALL)
        log.artifact(run, Path(scratch) / SMALL, "figures")
