"""latest.json as the Markdown table of docs/speed.md: `python -m benchmarks --table`."""

import json
from pathlib import Path


def table(path: Path) -> str:
    """A row a figure, in order of the benchmarks; below, once each, what they were measured with."""
    entries = json.loads(path.read_text())
    lines = ["| figure | value | must reach | holds |", "|---|---|---|---|"]
    lines += [f"| {e['figure']} | {_number(e['value'])} | {_number(e['target'])} | {_holds(e)} |" for e in entries]
    return "\n".join([*lines, "", *dict.fromkeys(_made_with(entry) for entry in entries)])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}" if value < 10_000 else f"{value:,.0f}"


def _holds(entry: dict) -> str:
    return "" if entry["target"] is None and entry["holds"] else "yes" if entry["holds"] else "**no**"


def _made_with(entry: dict) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in entry["versions"].items())
    return f"{entry['cpu']}, {entry['cores']} cores, {entry['memory']} GiB; {versions}; commit {entry['commit'][:9]}"
