"""`python -m cdal compare`: experiments side by side, seeds pooled, with what one may conclude from them.

Reads parents from MLflow (MLFLOW_TRACKING_URI, else mlflow.db), DVC experiments with --dvc, or files that an earlier
comparison wrote with --records. Prints the findings and writes a page, its charts and every table as CSV.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from cdal.comparing import sources

HELP = "compare experiments: pooled seeds, paired differences, labels needed"


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    sources.arguments(parser)
    add = parser.add_argument
    add("--by", default="al.method,al.acquisition", metavar="KEY,...",
        help="parameters that make a group; seeds are pooled (%(default)s)")  # fmt: skip
    add("--metric", default="test_pixel_average_precision", help="column of the learning curve (%(default)s)")
    add("--full", action="append", default=[], metavar="KEY=VALUE",
        help="only fully supervised runs with this parameter, such as train.steps=4000; may be repeated")  # fmt: skip
    add("--axis", choices=("spent", "labelled"), default="spent",
        help="labels spent, with those of validation (default), or labelled tiles of the pool only")  # fmt: skip
    add("--log", action="store_true", help="logarithmic label axis in the charts")
    add("--force", action="store_true", help="compare although data, split, code or other parameters differ")
    add("--against", default="", metavar="GROUP,...",
        help="only pairs with one of these groups, such as Random, instead of all pairs")  # fmt: skip
    add("--export", type=Path, metavar="FILE",
        help="also write the experiments into a small file, to keep in git and compare again anywhere")  # fmt: skip
    add("--out", type=Path, default=Path("comparison"), metavar="FOLDER", help="where to write (%(default)s)")


def run(options: Namespace) -> None:
    """Read, compare, print, write."""
    from cdal.comparing import learning_curves, page, records, selecting
    from cdal.comparing.comparison import Question, compare
    from cdal.comparing.tables import tables

    page.check(options.out)
    by, against = (tuple(filter(None, map(str.strip, words.split(",")))) for words in (options.by, options.against))
    question = Question(by, options.metric, options.axis, options.force, against)
    kept = records.METRICS if options.export else ()
    read = sources.read(options, (question.metric, learning_curves.SECOND, *kept))
    runs = selecting.full(selecting.where(read, options.where), options.full)
    found = compare(runs, question)
    table = tables(found)
    page.write(options.out, found, table, log=options.log)
    if options.export:
        records.write(options.export, runs)
    _print(found, table, options.out / page.PAGE)


def _print(found, table, page: Path) -> None:  # type: ignore[no-untyped-def]
    from cdal.comparing.sentences import sentences
    from cdal.comparing.shown import shown, text

    show = shown(found, table)
    for name in ("groups", "pairs", "needed", "left"):
        if show[name][1]:
            print(f"{'not compared' if name == 'left' else name}\n{text(show[name])}\n")
    for line in (*sentences(found), *found.notes, *found.short):
        print(f"- {line}")
    print(f"\n{page} has the curves, and every table beside it as CSV")
