"""`python -m cdal compare`: experiments side by side, seeds pooled, with what one may conclude from them.

Reads parents from MLflow (MLFLOW_TRACKING_URI, else mlflow.db), or DVC experiments with --dvc. Prints the findings and
writes a page, its charts and every table as CSV.
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from cdal.errors import UserError

if TYPE_CHECKING:
    from cdal.comparing.comparison import Question
    from cdal.comparing.experiments import Experiment

HELP = "compare experiments: pooled seeds, paired differences, labels needed"


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("--experiment", default="cdal", metavar="NAME", help="MLflow experiment (%(default)s)")
    add("--tag", action="append", default=[], metavar="KEY=VALUE", help="only runs with this tag; may be repeated")
    add("--since", type=_day, metavar="YYYY-MM-DD", help="only runs started on that day or later")
    add("--where", action="append", default=[], metavar="KEY=VALUE",
        help="only runs with this parameter, such as al.batch=32 or al.batch=16,32; may be repeated")  # fmt: skip
    add("--dvc", nargs="?", const="HEAD", metavar="COMMIT",
        help="read the DVC experiments of a commit (default: the current one) instead of MLflow's")  # fmt: skip
    add("--by", default="al.method,al.acquisition", metavar="KEY,...",
        help="parameters that make a group; seeds are pooled (%(default)s)")  # fmt: skip
    add("--metric", default="test_pixel_average_precision", help="column of the learning curve (%(default)s)")
    add("--axis", choices=("spent", "labelled"), default="spent",
        help="labels spent, with those of validation (default), or labelled tiles of the pool only")  # fmt: skip
    add("--log", action="store_true", help="logarithmic label axis in the charts")
    add("--force", action="store_true", help="compare although data, split, code or other parameters differ")
    add("--out", type=Path, default=Path("comparison"), metavar="FOLDER", help="where to write (%(default)s)")


def run(options: Namespace) -> None:
    """Read, compare, print, write."""
    from cdal.comparing import page, selecting
    from cdal.comparing.comparison import Question, compare
    from cdal.comparing.tables import tables

    page.check(options.out)
    by = tuple(key.strip() for key in options.by.split(",") if key.strip())
    question = Question(by, options.metric, options.axis, options.force)
    found = compare(selecting.where(_read(options, question), options.where), question)
    table = tables(found)
    page.write(options.out, found, table, log=options.log)
    _print(found, table, options.out / page.PAGE)


def _read(options: Namespace, question: "Question") -> "list[Experiment]":
    from cdal.comparing.charts import SECOND

    metrics = (question.metric, SECOND)
    tags = dict(_pair(tag) for tag in options.tag)
    if options.dvc:
        from cdal.comparing import dvc

        if tags:
            raise UserError("found --tag with --dvc, but DVC experiments have no tags; use --where or --since")
        return dvc.experiments(options.experiment, options.dvc, since=options.since)
    from cdal.tracking import read

    return read.experiments(options.experiment, tags=tags, since=options.since, metrics=metrics)


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


def _pair(tag: str) -> tuple[str, str]:
    key, equals, value = tag.partition("=")
    if not equals or set(tag) & set("'`\""):
        raise UserError(f"found --tag {tag!r}, expected KEY=VALUE without quotes, such as team=forest")
    return key, value


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2025-03-31") from None
