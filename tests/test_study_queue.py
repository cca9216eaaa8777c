"""Which tasks of the queue are gone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from study import queue


def test_a_task_is_gone_when_its_process_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "RUNS", tmp_path)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    folder = tmp_path / ("0123456" + "0" * 33)
    folder.mkdir()
    assert not queue.is_gone("0123456")  # has not begun
    (folder / f"{folder.name}.json").write_text(json.dumps({"pid": process.pid}))
    assert not queue.is_gone("0123456") and not queue.is_gone("abcdefa")
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
