"""From a source of annotations to data/annotations/rNN: read, check everything, write whole or not at all."""

import json
from collections.abc import Sequence
from pathlib import Path

from cdal.annotations import label_studio, masks, polygons, storage
from cdal.annotations.found import Found
from cdal.errors import UserError
from cdal.queries import asked
from cdal.queries.asked import Asked
from cdal.rasters import few


def take(source: Path, queries: Path, out: Path, *, labeller: str, partial: bool, all_seen: bool, replace: bool) -> str:
    """Import `source` as the labels of the tiles that the folder `queries` asks for, into the folder `out`.

    labeller: who drew what the source gives no name for. partial: accept that tiles are left open. all_seen: tiles
    without a polygon were looked at. replace: may drop labels that `out` holds and the source lacks. Returns a summary
    for people. Raises UserError, naming all that is wrong.
    """
    wanted, earlier = asked.read(queries), asked.read(out) if out.is_dir() else []
    tiles = {tile.tile_id: tile for tile in [*wanted, *earlier]}
    found = _read(source, list(tiles.values()), labeller, all_seen)
    if found.problems:
        raise UserError(
            f"{source} has {len(found.problems)} problem{'s' * (len(found.problems) > 1)}, nothing was imported: "
            + "; ".join(found.problems)
        )
    labelled = {one.tile_id for one in found.annotations}
    left_open = _open(labelled, wanted, earlier)
    _check_coverage(source, queries.name, labelled, left_open, partial)
    if earlier and not replace:
        _check_losses(source, out, labelled)
    ranks = {tile_id: rank for rank, tile_id in enumerate(tiles)}
    ordered = sorted(found.annotations, key=lambda one: (ranks[one.tile_id], one.labeller))
    covered = [tile for tile_id, tile in tiles.items() if tile_id in labelled or tile_id in left_open]
    storage.write(out, ordered, left_open, covered)
    return _summary(out, ordered, left_open)


def _read(source: Path, tiles: Sequence[Asked], labeller: str, all_seen: bool) -> Found:
    if source.is_dir():
        return masks.read(source, tiles, labeller)
    if not source.is_file():
        raise UserError(f"{source} not found, expected a folder of masks, polygons, or a Label Studio JSON export")
    if source.suffix.lower() == ".json" and isinstance(exported := _json(source), list):
        return label_studio.read(exported, tiles)
    return polygons.read(source, tiles, labeller, all_seen=all_seen)


def _json(source: Path) -> object:
    try:
        return json.loads(source.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise UserError(
            f"{source} is not JSON ({error}), expected an export of Label Studio; export it again"
        ) from None


def _open(labelled: set[str], wanted: Sequence[Asked], earlier: Sequence[Asked]) -> list[str]:
    """Tiles that are asked for and not labelled; if what an earlier import covered is, that is enough."""
    before = [tile.tile_id for tile in earlier if tile.tile_id not in labelled]
    return [] if earlier and not before else [tile.tile_id for tile in wanted if tile.tile_id not in labelled]


def _check_coverage(source: Path, name: str, labelled: set[str], left_open: list[str], partial: bool) -> None:
    if not labelled:
        raise UserError(f"{source} labels no tile of {name}, expected some; was it saved, submitted, exported?")
    if left_open and not partial:
        raise UserError(
            f"{source} leaves {len(left_open)} of {len(labelled) + len(left_open)} tiles of {name} open "
            f"({few(left_open)}); look at them too (how to say that nothing changed: docs/human-in-the-loop.md), "
            "or return them to the pool with --partial"
        )


def _check_losses(source: Path, out: Path, labelled: set[str]) -> None:
    lost = sorted({one.tile_id for one in storage.read(out)} - labelled)
    if lost:
        raise UserError(
            f"{out} has labels of {len(lost)} tiles that {source} lacks ({few(lost)}); "
            "give those too, or drop them with --replace"
        )


def _summary(out: Path, annotations: Sequence[storage.Annotation], left_open: Sequence[str]) -> str:
    tiles = {one.tile_id for one in annotations}
    changed = {one.tile_id for one in annotations if one.status == "change"}
    people = sorted({one.labeller for one in annotations})
    lines = [f"{out}: {len(tiles)} tiles labelled by {', '.join(people)}, {len(changed)} of them with change"]
    if left_open:
        lines.append(f"{len(left_open)} tiles return to the pool")
    return "\n".join([*lines, "Go on with: dvc repro"])
