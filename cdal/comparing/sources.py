"""Which experiments a command reads, and from where: MLflow (MLFLOW_TRACKING_URI, else mlflow.db), DVC or files."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from cdal.errors import UserError

if TYPE_CHECKING:
    from cdal.comparing.experiments import Experiment


def arguments(parser: ArgumentParser) -> None:
    """Declare what chooses experiments."""
    add = parser.add_argument
    add("--experiment", default="cdal", metavar="NAME", help="MLflow experiment (%(default)s)")
    add("--tag", action="append", default=[], metavar="KEY=VALUE", help="only runs with this tag; may be repeated")
    add("--since", type=_day, metavar="YYYY-MM-DD", help="only runs started on that day or later")
    add("--where", action="append", default=[], metavar="KEY=VALUE",
        help="only runs with this parameter, such as al.batch=32 or al.batch=16,32; may be repeated")  # fmt: skip
    add("--dvc", nargs="?", const="HEAD", metavar="COMMIT",
        help="read the DVC experiments of a commit (default: the current one) instead of MLflow's")  # fmt: skip
    add("--records", nargs="+", type=Path, default=[], metavar="FILE",
        help="read files that `compare --export` wrote instead")  # fmt: skip


def read(options: Namespace, metrics: Sequence[str]) -> "list[Experiment]":
    """Experiments, newest first, with their curves in these metrics; conditions on parameters are not applied yet.

    Raises UserError if there are none, or no server answers.
    """
    tags = dict(_pair(tag) for tag in options.tag)
    if options.records:
        from cdal.comparing import records

        if tags or options.since or options.dvc:
            raise UserError("found --records with --tag, --since or --dvc, but files have no tags or days; use --where")
        return [run for path in options.records for run in records.read(path)]
    if options.dvc:
        from cdal.comparing import dvc

        if tags:
            raise UserError("found --tag with --dvc, but DVC experiments have no tags; use --where or --since")
        return dvc.experiments(options.experiment, options.dvc, since=options.since)
    from cdal.tracking import read

    return read.experiments(options.experiment, tags=tags, since=options.since, metrics=metrics)


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
