"""`python -m cdal folds`: cross-validation of plain training, as mean and standard deviation over spatial folds.

Reads the experiments of `dvc exp run -S preset=full -S split.folds=K -S split.fold=0..K-1` from MLflow, or with --dvc
from DVC. Seeds of a fold are averaged first. Every scene or block is tested once.
"""

from argparse import ArgumentParser, Namespace

from cdal.comparing import sources

HELP = "cross-validation: mean and standard deviation over spatial folds"


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    sources.arguments(parser)
    parser.add_argument("--metric", action="append", metavar="NAME",
        help="a test metric of the learning curve instead of the usual five; may be repeated")  # fmt: skip


def run(options: Namespace) -> None:
    """Print a row a fold, and their mean."""
    from cdal.comparing import folds, shown
    from cdal.comparing.sentences import metric_name

    metrics = tuple(options.metric or folds.METRICS)
    found = folds.cross_validate(sources.read(options, metrics), metrics, options.where)
    print(shown.text((["fold", *map(metric_name, metrics)], folds.lines(found))))
    print(f"{len(found.table)} of {found.folds} folds" + f"; missing: {found.missing}" * bool(found.missing))
    for entry in found.left:
        print(f"left out: {entry.experiment.title}, {entry.why}")
