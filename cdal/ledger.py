"""Which pool tiles are labelled, since which round, and by whom."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One labelled tile.

    origin: initial or acquired; labeller: oracle, or the names of people ("ana+ben"); round: rNN of its labelling.
    """

    tile_id: str
    round: str
    origin: str
    labeller: str


def read(path: Path) -> list[Entry]:
    """The ledger in `path` (labelled.csv), in the order of labelling."""
    with path.open(newline="") as file:
        return [Entry(**row) for row in csv.DictReader(file)]


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write a ledger (cumulative: earlier rounds first)."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Entry))
        writer.writerows(astuple(entry) for entry in entries)


def extend(entries: list[Entry], tile_ids: Iterable[str], *, round: str, origin: str, labeller: str) -> list[Entry]:
    """The ledger with `tile_ids` added; a tile that is in it already raises ValueError."""
    added = [Entry(tile_id, round, origin, labeller) for tile_id in tile_ids]
    known = {entry.tile_id for entry in entries}
    twice = [entry.tile_id for entry in added if entry.tile_id in known]
    if twice:
        raise ValueError(f"{twice[0]} is labelled already")
    return entries + added
