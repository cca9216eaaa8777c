"""Which tasks of the queue are gone."""

import json
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
