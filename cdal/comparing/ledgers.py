"""Tiles acquired by round, out of a labelled.csv."""

from collections.abc import Iterable, Mapping


def acquired(rows: Iterable[Mapping[str, str]]) -> dict[str, frozenset[str]]:
    """Tile ids by round of the rows of a labelled.csv, without the initial set."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row["origin"] == "acquired":
            found.setdefault(row["round"], set()).add(row["tile_id"])
    return {round: frozenset(tiles) for round, tiles in found.items()}
