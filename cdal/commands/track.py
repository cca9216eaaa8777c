"""`python -m cdal track`: rebuild an experiment's parent run in MLflow from what DVC has; for a lost or new server."""

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

from cdal import params
from cdal.errors import UserError

HELP = "rebuild parent runs in MLflow from DVC outputs alone"
ROOT = Path(__file__).parent.parent.parent
TABLES = ("data/tiles/images/index.csv", "data/tiles/labels/tiles.csv")


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "experiments", nargs="*", metavar="EXPERIMENT", help="names from `dvc exp show`; none for the workspace"
    )


def run(options: Namespace) -> None:
    """Rebuild one parent an experiment."""
    for name in options.experiments:
        _track_experiment(name)
    if not options.experiments:
        _track_workspace()


def _track_workspace() -> None:
    from cdal import lock, publish

    settings = params.load()
    last, out = Path("rounds") / settings.last, Path("report")
    for path in (last / "metrics.json", out / "report.html"):
        if not path.is_file():
            raise UserError(
                f"{path} not found, expected a finished experiment; run `dvc repro` or `dvc checkout` first"
            )
    lock.check_made_with(settings)
    print(publish.publish(settings, last, out))


def _track_experiment(name: str) -> None:
    """The same in a temporary folder that holds the experiment's files, as a queue worker's does."""
    baseline, commit = _find(name)
    with tempfile.TemporaryDirectory() as scratch:
        _read(commit, Path(scratch))
        environment = {
            **os.environ,
            "DVC_ROOT": str(Path.cwd()),
            "DVC_EXP_NAME": name,
            "DVC_EXP_BASELINE_REV": baseline,
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [sys.executable, "-m", "cdal", "track"],
            cwd=scratch,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
    if done.returncode:
        raise UserError(f"experiment {name}: {done.stderr.strip().removeprefix('cdal: ')}")
    print(done.stdout, end="")


def _find(name: str) -> tuple[str, str]:
    """(commit it starts from, its commit) of an experiment: DVC keeps it as refs/exps/BA/SELINE/NAME."""
    command = ["git", "for-each-ref", "--format=%(refname) %(objectname)", f"refs/exps/**/{name}"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    if len(found) != 2:
        number = len(found) // 2
        raise UserError(f"{number} experiments are called {name}, expected one; see `dvc exp list --all-commits`")
    parts = found[0].split("/")
    return parts[2] + parts[3], found[1]


def _read(commit: str, folder: Path) -> None:
    """Write what the mirror needs of an experiment into `folder`: small files, no imagery."""
    from dvc.api import DVCFileSystem

    try:
        files = DVCFileSystem(rev=commit)
        for name in ("params.yaml", "dvc.lock", "requirements.txt"):
            files.get_file(name, str(folder / name))
        last = f"rounds/{params.load(folder / 'params.yaml').last}"
        rounds = [f"{last}/{name}" for name in ("metrics.json", "curve.csv", "labelled.csv", "gallery")]
        for name in (*TABLES, *rounds, "report"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            files.get(name, str(folder / name), recursive=True)
    except FileNotFoundError as error:
        raise UserError(
            f"{error.filename or error} is not in DVC's cache; `dvc fetch` it, or run the experiment"
        ) from None
