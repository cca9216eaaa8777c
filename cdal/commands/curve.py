"""`python -m cdal curve`: the learning curve of the experiment in the workspace, as a table."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from cdal import curve, report

HELP = "print the learning curve of the experiment in the workspace"


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", nargs="?", type=Path, default=Path("report/curve.csv"), help="a curve.csv")


def run(options: Namespace) -> None:
    """Print the table."""
    print(report.table(curve.read(options.path)))
