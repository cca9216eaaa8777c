"""`make bench`: every figure in one go, as a table and as benchmarks/results/latest.json."""

import argparse
import ast
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.measured import Figure
from benchmarks.table import table

HERE = Path(__file__).parent
LATEST = HERE / "results" / "latest.json"


def found() -> list[str]:
    """Modules of this folder that define `figures`."""
    sources = {path.stem: ast.parse(path.read_text()) for path in sorted(HERE.glob("*.py"))}
    return [name for name, source in sources.items()
            if any(isinstance(node, ast.FunctionDef) and node.name == "figures" for node in source.body)]  # fmt: skip


def run(module: str, quick: bool) -> list[Figure]:
    """The figures of one module, measured in a process of its own; one that says why if it failed."""
    with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
        out = Path(scratch) / "figures.json"
        command = [sys.executable, "-m", "benchmarks.one", module, str(out), *(["--quick"] if quick else [])]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode == 0:
            entries: list[Figure] = json.loads(out.read_text())
            return entries
    last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return [{"figure": module, "value": None, "target": None, "holds": False, "error": last}]


def line(entry: Figure) -> str:
    """A row of the table."""
    verdict = "holds" if entry["holds"] else "MISSED"
    target = "" if entry["target"] is None else f"{entry['target']:g}"
    value = "-" if entry["value"] is None else f"{entry['value']:g}"
    return f"{value:>10}{target:>10}  {verdict if target or not entry['holds'] else '':<8}{entry['figure']}" + (
        f" ({entry['error']})" if "error" in entry else ""
    )


def write(path: Path, entries: list[Figure]) -> None:
    """Write the entries; those of benchmarks that were not run stay."""
    fresh = {entry["benchmark"] for entry in entries}
    old = json.loads(path.read_text()) if path.exists() else []
    kept = [entry for entry in old if entry["benchmark"] not in fresh]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(sorted(kept + entries, key=lambda entry: entry["benchmark"]), indent=1) + "\n")
    part.rename(path)


def main() -> None:
    """Run the modules that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="module", help=f"which: {', '.join(found())} (default: all)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that everything runs")
    parser.add_argument("--table", action="store_true", help="print the results there are as Markdown, measure nothing")
    parser.add_argument("--out", type=Path, help=f"default: {LATEST.relative_to(HERE.parent)}; with --quick nowhere")
    options = parser.parse_args()
    if options.table:
        print(table(options.out or LATEST))
        return
    unknown = set(options.modules) - set(found())
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(found())}")
    print(f"{'value':>10}{'target':>10}  {'':<8}figure")
    beside, entries = machine(), []
    for module in options.modules or found():
        for entry in run(module, options.quick):
            print(line(entry), flush=True)
            entries.append({**entry, "benchmark": module, **beside})
    out = options.out or (None if options.quick else LATEST)
    if out:
        write(out, entries)
    missed = sum(not entry["holds"] for entry in entries)
    print(f"{len(entries)} figures, {missed} missed" + (f"; written to {out}" if out else ""))


if __name__ == "__main__":
    main()
