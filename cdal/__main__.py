"""Commands for people: `python -m cdal curve`."""

import argparse
from pathlib import Path

from cdal import curve, report


def main() -> None:
    """Read the command line and run one command."""
    parser = argparse.ArgumentParser(prog="python -m cdal", description="Deep active learning for change detection.")
    commands = parser.add_subparsers(required=True)
    shown = commands.add_parser("curve", help="print the learning curve of the experiment in the workspace")
    shown.add_argument("path", nargs="?", type=Path, default=Path("report/curve.csv"))
    shown.set_defaults(run=lambda options: print(report.table(curve.read(options.path))))
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
