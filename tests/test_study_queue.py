"""Which tasks of the queue are gone."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from study import queue, running


def has_ended(process: psutil.Process) -> bool:
    """Whether it ends within 20 seconds; who is to take note of the end may be slow."""
    for _ in range(200):
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False


def test_a_task_is_gone_when_its_process_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "RUNS", tmp_path)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    folder = tmp_path / ("0123456" + "0" * 33)
    folder.mkdir()
    assert not queue.is_gone("0123456") and not queue.is_alive("0123456")  # has not begun
    (folder / f"{folder.name}.json").write_text(json.dumps({"pid": process.pid}))
    assert queue.is_alive("0123456") and not queue.is_gone("0123456") and not queue.is_gone("abcdefa")
    process.communicate(b"\n")
    assert queue.is_gone("0123456")


def test_what_a_crash_cut_off_keeps_no_place_in_the_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks of another plan whose process is gone stay `Running` in DVC: they must not keep workers from starting."""
    monkeypatch.setattr(queue, "RUNS", tmp_path)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    commits = {"levir-s1": "0123456", "city-s1": "abcdefa", "city-s2": "fedcba9"}
    for commit, pid in (("0123456", ended.pid), ("abcdefa", os.getpid())):
        (tmp_path / commit).mkdir()
        (tmp_path / commit / f"{commit}.json").write_text(json.dumps({"pid": pid}))
    found = queue.Status({"levir-s1": "Running", "city-s1": "Running", "city-s2": "Queued"}, commits, workers=0)
    assert queue.running(found) == ["city-s1"]


def test_stopping_ends_the_stages_that_tasks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task as DVC starts it, and its stage; another process has the number of a task that ended long ago."""
    stage = [sys.executable, "-c", "import time; time.sleep(60)"]
    program = f"import subprocess; p = subprocess.Popen({stage}); print(p.pid, flush=True); p.wait()"
    task = subprocess.Popen([sys.executable, "-c", program, "exec-run"], stdout=subprocess.PIPE, text=True)
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    ours, others = (psutil.Process(int(each.stdout.readline())) for each in (task, other) if each.stdout)
    for name, pid in (("a", task.pid), ("b", other.pid), ("c", 2**22 + 1)):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.json").write_text(json.dumps({"pid": pid}))
    monkeypatch.setattr(queue, "RUNS", tmp_path)
    monkeypatch.setattr(queue, "_dvc", lambda *_: task.kill())  # all that DVC does
    queue.stop()
    assert has_ended(ours) and others.is_running()
    for process in (others, psutil.Process(other.pid)):
        process.kill()
    for each in (task, other):
        each.communicate()


def test_what_waits_leaves_the_queue_before_what_runs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose task is ended takes the next one before it stops: there must be none."""
    tasks = {"ours-1": "Running", "ours-2": "Queued", "other": "Queued"}
    done: list[str] = []
    monkeypatch.setattr(queue, "status", lambda: queue.Status(dict(tasks), {}, workers=1))
    monkeypatch.setattr(
        queue, "remove", lambda names: [done.append(f"remove {name}") or tasks.pop(name) for name in names]
    )
    monkeypatch.setattr(queue, "stop", lambda: done.append("stop") or tasks.update({"ours-1": "Failed"}))
    running._withdraw(running.Progress([], [], queued={"ours-1", "ours-2"}))
    assert done == ["remove ours-2", "stop", "remove ours-1"] and tasks == {"other": "Queued"}
