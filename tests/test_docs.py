"""Pages: links lead to something that is in this repository, and commands on kept results say what the page shows."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from cdal.__main__ import main

ROOT = Path(__file__).parent.parent
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
PAGES = [name for name in TRACKED if name.endswith(".md")]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#([^)\s]+))?\)")
COMMAND = re.compile(r"^\$ python -m cdal (compare --records .+)$", re.MULTILINE)
SHOWN = [(name, words) for name in PAGES for words in COMMAND.findall((ROOT / name).read_text())]


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_is_there(page: str) -> None:
    folder = (ROOT / page).parent
    for place, anchor in LINK.findall((ROOT / page).read_text()):
        target = (folder / place).resolve()
        assert target.exists(), f"{place} is missing"
        assert target.is_dir() or target.relative_to(ROOT).as_posix() in TRACKED, f"{place} is not in git"
        assert not anchor or anchor in anchors(target), f"{place} has no heading {anchor}"


@pytest.mark.slow
@pytest.mark.parametrize(("page", "words"), SHOWN)
def test_compare_says_what_the_page_shows(
    page: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m study PLAN --compare` writes docs/study.md again, whose long tables are folded."""
    (tmp_path / "study").mkdir()
    (tmp_path / "study/results").symlink_to(ROOT / "study/results")
    monkeypatch.chdir(tmp_path)
    try:
        main(shlex.split(words))
        printed = capsys.readouterr().out
    except SystemExit as refused:
        printed = str(refused.code)
    groups, pairs, rest = printed.partition("\n\npairs\n")
    for part in (groups, f"{pairs}{rest}"):
        assert part.strip() in (ROOT / page).read_text()
