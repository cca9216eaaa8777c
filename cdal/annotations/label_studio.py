"""Label Studio's JSON export: brush strokes and polygons as masks of the tiles that were asked for."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.transform import Affine

from cdal.annotations import brush, shapes
from cdal.annotations.found import Found
from cdal.annotations.storage import IGNORE, Annotation
from cdal.errors import UserError
from cdal.queries.asked import Asked
from cdal.queries.tasks import LABELS

KINDS = ("brushlabels", "polygonlabels")
PERCENT = 100


def read(tasks: Sequence[Any], tiles: Sequence[Asked]) -> Found:
    """Masks of `tiles` from an export (format JSON) as parsed.

    A submitted annotation without strokes says that nothing changed; a task that was skipped or not submitted says
    nothing. The labeller is who submitted. Raises UserError for an export in another format.
    """
    found, known = Found(), {tile.tile_id: tile for tile in tiles}
    for task in tasks:
        if not isinstance(task, dict) or not {"data", "annotations"} <= set(task):
            raise UserError("the export has no tasks with `data` and `annotations`, expected JSON; not JSON-MIN or CSV")
        tile = known.get(str(task["data"].get("tile_id")))
        if tile is None:
            found.problems.append(f"task {task.get('id')} is no tile that was asked for")
            continue
        for annotation in task["annotations"]:
            if not annotation.get("was_cancelled"):
                mask = _mask(annotation.get("result") or [], tile, found.problems)
                found.annotations.append(Annotation(tile.tile_id, _person(annotation), mask))
    found.check_duplicates()
    return found


def _person(annotation: dict[str, Any]) -> str:
    """The submitter's address where the export has it, else a number."""
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        return str(by.get("email") or f"user-{by.get('id')}")
    return "human" if by is None else f"user-{by}"


def _mask(result: Sequence[dict[str, Any]], tile: Asked, problems: list[str]) -> NDArray[np.uint8]:
    mask = np.zeros((tile.size, tile.size), np.uint8)
    for value, pixels in _regions(result, tile, problems):
        mask[pixels & (mask != IGNORE)] = value
    return mask


def _regions(
    result: Sequence[dict[str, Any]], tile: Asked, problems: list[str]
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Value and pixels of each stroke and polygon; what cannot be one goes to `problems`."""
    for region in result:
        kind, size = region.get("type"), (region.get("original_width"), region.get("original_height"))
        try:
            if kind not in KINDS:
                raise ValueError(f"has a region of type {kind}, expected {' or '.join(KINDS)}")
            if size != (tile.size, tile.size):
                raise ValueError(f"was drawn on {size[0]} x {size[1]} pixels, expected {tile.size} x {tile.size}")
            names = region["value"].get(kind) or ["none"]
            if names[0] not in LABELS:
                raise ValueError(f"has the label {names[0]!r}, expected {' or '.join(map(repr, LABELS))}")
            yield LABELS[names[0]], _pixels(region["value"], str(kind), tile.size)
        except ValueError as error:
            problems.append(f"{tile.tile_id} {error}")
        except KeyError as error:
            problems.append(f"{tile.tile_id} has a region without {error}")


def _pixels(value: dict[str, Any], kind: str, size: int) -> NDArray[np.bool_]:
    if kind == "brushlabels":
        try:
            return brush.decode(value["rle"], size, size)
        except (ValueError, KeyError) as error:
            raise ValueError(f"has a broken brush stroke ({error})") from error
    points = value["points"]
    if len(points) < 3:
        raise ValueError(f"has a polygon of {len(points)} points")
    outline = shapely.Polygon(points)
    if trouble := shapes.problem(outline):
        raise ValueError(f"has a polygon that {trouble}")
    pixels = shapes.covered(outline, Affine.scale(PERCENT / size), size)
    if not pixels.any():
        raise ValueError("has a polygon that lies outside the tile, or covers no pixel's centre")
    return pixels
