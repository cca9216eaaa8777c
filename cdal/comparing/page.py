"""The comparison as a folder: compare.html, its charts as PNG, and every table as CSV."""

import shutil
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cdal.comparing import bootstrap, charts, interactive
from cdal.comparing.comparison import Comparison
from cdal.comparing.experiments import AXES
from cdal.comparing.sentences import metric_name, sentences
from cdal.comparing.shown import shown
from cdal.errors import UserError
from cdal.figures import save

PAGE = "compare.html"


def check(out: Path) -> None:
    """Raise UserError if `out` is there and holds something else than a comparison, which must not be replaced."""
    if out.is_dir() and any(out.iterdir()) and not (out / PAGE).is_file():
        raise UserError(f"{out} holds other files, expected a new folder or an earlier comparison; change --out")
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file, expected a folder; change --out")


def write(out: Path, found: Comparison, tables: Mapping[str, pd.DataFrame], *, log: bool) -> None:
    """Write the comparison into `out`, replacing an earlier one; nothing is left half-written."""
    check(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        folder = Path(scratch) / out.name
        folder.mkdir()
        pictures = {}
        for name, figure in charts.draw(found, tables, log=log).items():
            save(figure, folder / f"{name}.png")
            pictures[name] = f"data:image/png;base64,{b64encode((folder / f'{name}.png').read_bytes()).decode()}"
        for name, table in tables.items():
            table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
        (folder / PAGE).write_text(_html(found, tables, pictures, log=log), encoding="utf-8")
        shutil.rmtree(out, ignore_errors=True)
        folder.rename(out)


def _html(found: Comparison, tables: Mapping[str, pd.DataFrame], pictures: dict[str, str], *, log: bool) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    number = sum(len(group.runs) for group in found.groups)
    seeds = sorted({len(group.runs) for group in found.groups})
    return environment.get_template("compare.html.j2").render(
        labels=[group.label for group in found.groups],
        number=number,
        seeds=f"{seeds[0]} to {seeds[-1]} seeds a group"
        if len(seeds) > 1
        else f"{seeds[0]} seed{'s' * (seeds[0] > 1)} a group",
        metric=metric_name(found.question.metric),
        axis=AXES[found.question.axis],
        axis_is_spent=found.question.axis == "spent",
        sentences=sentences(found),
        notes=found.notes,
        short=found.short,
        shown=shown(found, tables),
        pictures=pictures,
        pairs=len(found.pairs),
        draws=f"{bootstrap.DRAWS:,}",
        log=log,
        spec=Markup(interactive.spec(found).replace("</", "<\\/")),
        script=Markup(interactive.script()),
    )
