"""DVC's experiments queue, through its command line."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from cdal.errors import UserError
from study.plan import Job

ROW = re.compile(r"^([0-9a-f]{7})\s+(\S+)\s.*\s(Queued|Running|Success|Failed)$")
WORKERS = re.compile(r"^Worker status: (\d+) active, (\d+) idle$")
RUNS = Path(".dvc/tmp/exps/run")
"""Where DVC keeps the process numbers of tasks."""
ALONE = {"CDAL_THREADS": "1", "CDAL_WORKERS": "1"}
"""Each experiment keeps to one core: quickest where several run side by side, and no number depends on the cores."""
WRITTEN = (":!docs", ":!study/results")
"""What a study writes itself."""


@dataclass(frozen=True)
class Status:
    """What became of tasks and their commits, by name, and how many workers answered: on a busy machine, not all do."""

    tasks: dict[str, str]
    commits: dict[str, str]
    workers: int

    def names(self, *states: str) -> list[str]:
        """Tasks in one of these states, in the order of the queue."""
        return [name for name, state in self.tasks.items() if state in states]


def finished() -> set[str]:
    """Names of the experiments that start from the current commit and are finished."""
    return set(_dvc("exp", "list", "--name-only").split())


def commit(name: str) -> str:
    """Commit that holds the finished experiment of that name; empty without one, the newest of several."""
    order = ["--sort=-committerdate", "--format=%(objectname)"]
    return next(iter(_run(["git", "for-each-ref", *order, f"refs/exps/**/{name}"]).split()), "")


def status() -> Status:
    """What is in the queue. Of tasks with the same name the unfinished one counts."""
    tasks: dict[str, str] = {}
    commits: dict[str, str] = {}
    workers = 0
    for line in _dvc("queue", "status").splitlines():
        if found := ROW.match(line.rstrip()):
            commit, name, state = found.groups()
            if tasks.get(name) not in ("Queued", "Running"):
                tasks[name], commits[name] = state, commit
        elif found := WORKERS.match(line):
            workers = int(found[1]) + int(found[2])
    return Status(tasks, commits, workers)


def is_gone(commit: str) -> bool:
    """Whether the process of a task, given by its commit, has ended: DVC does not notice that when the machine goes
    down, or when somebody kills it. A task that has not begun is not gone."""
    return bool(_pids(commit)) and not is_alive(commit)


def is_alive(commit: str) -> bool:
    """Whether the task, given by its commit, has a process."""
    return any(psutil.pid_exists(pid) for pid in _pids(commit))


def _pids(commit: str) -> list[int]:
    return [json.loads(path.read_text())["pid"] for path in RUNS.glob(f"{commit}*/*.json")]


def running(found: Status) -> list[str]:
    """Tasks that really run, of whatever plan; those that a crash cut off DVC calls running for ever."""
    return [name for name in found.names("Running") if not is_gone(found.commits[name])]


def add(job: Job) -> None:
    """Queue an experiment."""
    _dvc("exp", "run", "--queue", "--name", job.name, *(word for text in job.overrides for word in ("-S", text)))


def start(workers: int) -> None:
    """Start as many workers as are missing; they run on when this process ends, and end when the queue is empty."""
    _dvc("queue", "start", "-j", str(workers))


def stop() -> None:
    """End the workers, and what they run, at once. What the experiments' finished stages made stays."""
    stages = _started()
    _dvc("queue", "stop", "--kill")
    for process in stages:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _started() -> list[psutil.Process]:
    """What the tasks run: DVC ends these, and would let a stage train on for minutes beside the next experiment."""
    found: list[psutil.Process] = []
    for path in RUNS.glob("*/*.json"):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            task = psutil.Process(json.loads(path.read_text())["pid"])
            if "exec-run" in task.cmdline():  # numbers of processes are used again
                found += task.children(recursive=True)
    return found


def kill(names: Sequence[str]) -> None:
    """End tasks; if their worker is gone already (the machine went down), have DVC notice it."""
    _dvc("queue", "kill", "--force", *names)


def remove(names: Sequence[str]) -> None:
    """Forget tasks that do not run; finished experiments themselves stay."""
    if names:
        _dvc("queue", "remove", *names)


def reason(name: str) -> str:
    """The line of a failed task's log that says why it failed."""
    lines = [line.strip() for line in _dvc("queue", "logs", name, fails=True).splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("cdal: ")] or [line for line in lines if "ERROR" in line]
    return (told or lines or ["no log"])[-1].removeprefix("cdal: ")


def check_clean() -> None:
    """Raise UserError if tracked files (but WRITTEN) differ from the commit: the experiments would have it in them."""
    changed = _run(["git", "status", "--porcelain", "--untracked-files=no", "--", ".", *WRITTEN]).splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:3])
        raise UserError(f"{names} changed, expected a clean work tree; commit, or `git checkout params.yaml`")


def _dvc(*words: str, fails: bool = False) -> str:
    return _run([sys.executable, "-m", "dvc", *words], fails=fails)


def _run(command: Sequence[str], *, fails: bool = False) -> str:
    """What the command prints. In a session of its own: Ctrl-C must not end it while it changes the repository.

    It prints into a file, not a pipe: a worker that it starts keeps a pipe open for hours.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # for stages: DVC does not see to it
    with tempfile.TemporaryFile("w+") as printed:
        code = subprocess.run(
            command, env={**ALONE, **os.environ, "PATH": path}, stdin=subprocess.DEVNULL, stdout=printed,
            stderr=subprocess.STDOUT, check=False, start_new_session=True,
        ).returncode  # fmt: skip
        printed.seek(0)
        text = printed.read()
    if code and not fails:
        last = " ".join(text.split())[-300:]
        raise UserError(f"`{' '.join(command[-3:])}` failed: {last}; mend that and start again, what is done is kept")
    return text
