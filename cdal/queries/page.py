"""index.html: the tiles of a round to look at, offline."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cdal.queries.asked import Asked

FILE = "index.html"
TEMPLATE = "index.html.j2"


def write(folder: Path, name: str, tiles: Sequence[Asked], *, predicted: bool) -> None:
    """Write the page of round `name` beside before/, after/ and prediction/, which it shows by relative links."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["path"] = quote
    text = environment.get_template(TEMPLATE).render(name=name, tiles=tiles, predicted=predicted)
    (folder / FILE).write_text(text, encoding="utf-8")
