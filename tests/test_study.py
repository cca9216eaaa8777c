"""`python -m study`: its smallest plan, really run from the queue in a temporary clone, and what it writes."""

import sys
from pathlib import Path

import pytest

from study import ranked
from tests.test_end_to_end import clone, run

pytestmark = pytest.mark.slow

ARMS = ("smoke", "--arms", "Random,MCBN", "--seeds", "1", "--jobs", "1")


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project after the study, and what that printed."""
    folder = clone(tmp_path_factory.mktemp("study"))
    return folder, run(folder, sys.executable, "-m", "study", *ARMS)


def test_it_runs_every_arm_and_writes_what_compare_found(studied: tuple[Path, str]) -> None:
    folder, printed = studied
    assert "2 of 2 done" in printed and "FAILED" not in printed
    names = set(run(folder, "dvc", "exp", "list", "--name-only").split())
    assert names == {"study-smoke-Random-s1", "study-smoke-MCBN-s1"}
    page = (folder / "docs/study.md").read_text()
    assert "## The smoke preset" in page and "$ python -m cdal compare --records study/results/smoke.json" in page
    groups, _, folded = part(folder).partition("<details>")
    assert "Random" in groups and "nothing can be concluded from one seed" not in groups
    assert "pairs\npair" in folded and "nothing can be concluded from one seed" in folded and "</details>" in folded
    assert (folder / "docs/images/study/smoke-learning_curves.png").stat().st_size > 10_000


def test_a_second_call_runs_nothing_and_keeps_what_people_wrote(studied: tuple[Path, str]) -> None:
    folder, _ = studied
    page = folder / "docs/study.md"
    page.write_text(page.read_text().replace("# Does it pay?", "# Does it pay?\n\nRead by a person."))
    before = page.read_text()
    printed = run(folder, sys.executable, "-m", "study", *ARMS)
    assert "2 of 2 done" in printed and "queued" not in printed
    assert page.read_text() == before


def test_what_else_would_have_been_acquired_is_told(studied: tuple[Path, str]) -> None:
    folder, _ = studied
    printed = run(folder, sys.executable, "-m", "study.ranked", "smoke")
    assert "MCBN (1)" in printed and "Random (1)" in printed
    assert "Change, top 5 %" in printed and "by chance" in printed and ranked.DRAWN in printed
    assert "Random" not in run(folder, sys.executable, "-m", "study.ranked", "smoke", "--arms", "MCBN")
    assert run(folder, sys.executable, "-m", "study.ranked", "levir", fails=True) == (
        "cdal: no finished experiment of levir is here; run `python -m study levir`\n"
    )


def test_another_machine_goes_on_from_what_is_kept(studied: tuple[Path, str], tmp_path: Path) -> None:
    """A clone without cache, MLflow store and experiments, but with the kept results: of three, one is left to run."""
    folder, _ = studied
    other = clone(tmp_path)
    kept = Path("study/results/smoke.json")
    (other / kept).parent.mkdir(parents=True, exist_ok=True)
    (other / kept).write_bytes((folder / kept).read_bytes())
    printed = run(other, sys.executable, "-m", "study", *ARMS)
    assert "2 of 2 done" in printed and "queued" not in printed
    assert (other / kept).read_bytes() == (folder / kept).read_bytes()
    assert part(other) == part(folder)


def part(folder: Path) -> str:
    return (folder / "docs/study.md").read_text().partition("<!-- study smoke -->")[2]


def test_changed_code_is_not_run(studied: tuple[Path, str]) -> None:
    folder, _ = studied
    path = folder / "stages/report.py"
    before = path.read_text()
    path.write_text(before + "\n")
    printed = run(folder, sys.executable, "-m", "study", *ARMS, fails=True)
    path.write_text(before)
    assert printed.startswith("cdal: stages/report.py changed, expected a clean work tree")
    assert printed.count("\n") == 1
