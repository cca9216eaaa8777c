"""docs/study.md: the part of each plan is what `python -m cdal compare` found; the rest of the page is left alone."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cdal.errors import UserError
from study import results
from study.plan import Plan

PAGE = Path("docs/study.md")
PICTURES = Path("docs/images/study")
CHARTS = ("learning_curves", "learning_curves_apart", "differences", "rounds")


def write(plan: Plan, failed: Mapping[str, str], page: Path = PAGE, pictures: Path = PICTURES) -> str:
    """Compare the plan's runs, and put tables and charts into the page; returns a line that says where."""
    out = Path("study/pages") / plan.name
    words = ["compare", "--records", str(results.path(plan)), *plan.compare, "--out", str(out)]
    done = subprocess.run([sys.executable, "-m", "cdal", *words], text=True, capture_output=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout or "no word").strip().splitlines()[-1]
        raise UserError(f"compare failed: {last.removeprefix('cdal: ')}")
    kept = _keep(plan, out, pictures)
    links = "\n\n".join(f"![{plan.title}: {chart.stem}]({chart.relative_to(page.parent).as_posix()})" for chart in kept)
    command = f"python -m cdal {shlex.join(words)}"
    failures = "".join(f"\nFailed: `{name}`: {why}\n" for name, why in failed.items())
    text = f"{links}\n\n{_folded(command, done.stdout.strip())}\n{failures}"
    before = page.read_text() if page.is_file() else "# Does it pay?\n"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(put(before, plan, text))
    return f"{page} has the figures of {plan.experiment}; {out}/compare.html the whole comparison"


def put(page: str, plan: Plan, text: str) -> str:
    """The page with the plan's part replaced, or added at its end."""
    begin, end = f"<!-- study {plan.name} -->", f"<!-- end of study {plan.name} -->"
    part = f"{begin}\n\n{text.strip()}\n\n{end}"
    if begin not in page:
        return f"{page.rstrip()}\n\n## {plan.title}\n\n{part}\n"
    if end not in page:
        raise UserError(f"{PAGE} has {begin}, expected {end} below it; put it back")
    return re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: part, page, flags=re.DOTALL)


def _folded(command: str, printed: str) -> str:
    """The command and the table of groups; what else it printed is there for whoever unfolds it."""
    groups, more, rest = printed.partition("\n\npairs\n")
    shown = f"```text\n$ {command}\n{groups}\n```"
    if not more:
        return shown
    summary = "<details><summary>All pairs, labels needed, findings</summary>"
    return f"{shown}\n\n{summary}\n\n```text\npairs\n{rest}\n```\n\n</details>"


def _keep(plan: Plan, out: Path, pictures: Path) -> list[Path]:
    pictures.mkdir(parents=True, exist_ok=True)
    kept = []
    for chart in CHARTS:
        if (out / f"{chart}.png").is_file():
            kept.append(pictures / f"{plan.name}-{chart}.png")
            shutil.copyfile(out / f"{chart}.png", kept[-1])
    return kept
