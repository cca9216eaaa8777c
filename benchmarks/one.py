"""One benchmark in this process: `python -m benchmarks.one MODULE OUT.json [--quick]`."""

import importlib
import inspect
import json
import sys
from pathlib import Path


def main(module: str, out: str, *options: str) -> None:
    """Write the module's figures to `out`. In a quick run, a module that knows no quick way has none."""
    figures = importlib.import_module(f"benchmarks.{module}").figures
    if "--quick" in options:
        quick = "quick" in inspect.signature(figures).parameters
        entries = figures(quick=True) if quick else []
    else:
        entries = figures()
    Path(out).write_text(json.dumps(entries))


if __name__ == "__main__":
    main(*sys.argv[1:])
