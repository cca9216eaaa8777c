"""Pages: every link and picture leads to something that is in this repository."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
PAGES = [name for name in TRACKED if name.endswith(".md")]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#([^)\s]+))?\)")


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
