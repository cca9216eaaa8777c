"""Commit, changes, data and versions of a run, on a real repository."""

import subprocess
from pathlib import Path

import pytest

from cdal.tracking import provenance

LOCK = """schema: '2.0'
stages:
  prepare:
    cmd: x
    outs:
    - path: data/tiles/images
      md5: {0}.dir
    - path: data/tiles/labels
      md5: bbb.dir
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit, the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("DVC_EXP_BASELINE_REV", raising=False)
    (tmp_path / "cdal").mkdir()
    for name, text in {"cdal/a.py": "x = 1\n", "params.yaml": "seed: 1\n", "dvc.lock": "{}\n"}.items():
        (tmp_path / name).write_text(text)
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], check=True)
    return tmp_path


def test_a_clean_tree_has_no_changes_whatever_the_parameters(repository: Path) -> None:
    (repository / "params.yaml").write_text("seed: 2\n")
    (repository / "dvc.lock").write_text("{a: 1}\n")
    (repository / "notes.txt").write_text("not code")
    assert provenance.changes() == ""
    assert provenance.committed() == {"seed": 1}


def test_changes_hold_edits_and_new_code_and_can_be_applied(repository: Path) -> None:
    (repository / "cdal/a.py").write_text("x = 2\n")
    (repository / "cdal/b.py").write_text("y = 3\n")
    diff = provenance.changes()
    (repository / "cdal/b.py").unlink()
    subprocess.run(["git", "checkout", "-q", "."], check=True)
    assert provenance.changes() == ""
    subprocess.run(["git", "apply"], input=diff, text=True, check=True)
    assert (repository / "cdal/a.py").read_text() == "x = 2\n" and (repository / "cdal/b.py").read_text() == "y = 3\n"


def test_the_code_version_follows_what_numbers_depend_on(repository: Path) -> None:
    def commit(name: str, text: str) -> str:
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        for command in (["add", "-A"], [*identity, "commit", "-qm", name]):
            subprocess.run(["git", *command], check=True)
        return provenance.code(provenance.store.git("rev-parse", "HEAD"))

    first = commit("cdal/b.py", "y = 1\n")
    assert len(first) == 16
    for name in ("README.md", "docs/page.md", "tests/test_b.py", "cdal/figures/charts.py", "cdal/page.html.j2"):
        assert commit(name, "new") == first, name
    assert len({first, commit("cdal/b.py", "y = 2\n"), commit("stages/score.py", "")}) == 3
    assert provenance.code("0" * 40) == "" == provenance.code("")


def test_outside_a_repository_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert provenance.changes() == "" and provenance.committed() == {} and provenance.data() == {}


def test_the_data_digest_follows_the_tile_store_and_the_split_digest_the_split(repository: Path) -> None:
    images = repository / "data/tiles/images"
    images.mkdir(parents=True)
    found = []
    for digest, split in (("aaa", "pool"), ("aaa", "pool"), ("aab", "pool"), ("aab", "test")):
        (repository / "dvc.lock").write_text(LOCK.format(digest))
        (images / "index.csv").write_text(f"tile_id,scene,split\ns_r0_c0,s,{split}\n")
        found.append(provenance.data())
    assert found[0] == found[1] and len(found[0]["cdal.data"]) == 16
    assert found[1]["cdal.data"] != found[2]["cdal.data"] and found[1]["cdal.split"] == found[2]["cdal.split"]
    assert found[2]["cdal.data"] == found[3]["cdal.data"] and found[2]["cdal.split"] != found[3]["cdal.split"]


def test_requirements_are_what_is_installed(tmp_path: Path) -> None:
    import numpy

    (tmp_path / "requirements.txt").write_text("# arrays\nnumpy==0.1  # old\nno-such-package==1\n")
    found = provenance.requirements(tmp_path / "requirements.txt")
    assert found == f"numpy=={numpy.__version__}\n# no-such-package is not installed\n"
