"""Label Studio: one task a tile, and the labelling configuration with a brush and a polygon tool."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdal.annotations import brush
from cdal.queries.asked import Asked

FOLDER, TASKS, CONFIG = "label_studio", "tasks.json", "config.xml"
BRUSH, POLYGON, TARGET = "brush", "polygon", "after"
CHANGE, UNCLEAR = "Change", "Can't tell"
LABELS = {CHANGE: 1, UNCLEAR: 255}
"""Names of the labels, and what they are in a mask; where nothing is drawn, nothing changed."""

VIEW = f"""<View>
  <Header value="$tile_id"/>
  <View style="display: grid; grid-template-columns: 1fr 1fr; gap: 12px">
    <Image name="before" value="$before" smoothing="false"/>
    <Image name="{TARGET}" value="$after" smoothing="false"/>
  </View>
  <Header size="5" value="Draw on the right picture, and erase wrong predictions. Nothing changed: submit it empty."/>
  <Header size="6" value="Brush"/>
  <BrushLabels name="{BRUSH}" toName="{TARGET}">
    <Label value="{CHANGE}" background="#d1495b"/>
    <Label value="{UNCLEAR}" background="#7c858c"/>
  </BrushLabels>
  <Header size="6" value="Polygon"/>
  <PolygonLabels name="{POLYGON}" toName="{TARGET}" strokeWidth="2">
    <Label value="{CHANGE}" background="#d1495b"/>
    <Label value="{UNCLEAR}" background="#7c858c"/>
  </PolygonLabels>
</View>
"""


def write(folder: Path, pictures: Path, tiles: Sequence[Asked], masks: NDArray[np.uint8] | None) -> None:
    """Write tasks.json and config.xml into `folder`.

    pictures: where before/ and after/ are. They go into the tasks as data, so that Label Studio needs no access to
    files. masks (K, H, W) of 0 and 1: the predictions, as brush strokes to start from.
    """
    folder.mkdir()
    (folder / CONFIG).write_text(VIEW)
    made = [_task(tile, pictures, None if masks is None else mask) for tile, mask in _pairs(tiles, masks)]
    (folder / TASKS).write_text(json.dumps(made, indent=1) + "\n")


def _pairs(tiles: Sequence[Asked], masks: NDArray[np.uint8] | None) -> list[tuple[Asked, NDArray[np.uint8] | None]]:
    return list(zip(tiles, masks if masks is not None else [None] * len(tiles), strict=True))


def _task(tile: Asked, pictures: Path, mask: NDArray[np.uint8] | None) -> dict[str, Any]:
    dates = {date: _data_uri(pictures / date / f"{tile.tile_id}.png") for date in ("before", TARGET)}
    task: dict[str, Any] = {"data": {"tile_id": tile.tile_id, "rank": tile.rank, **dates}}
    if mask is not None:
        strokes = [_stroke(mask)] if mask.any() else []
        task["predictions"] = [{"model_version": "cdal", "result": strokes}]
    return task


def _stroke(mask: NDArray[np.uint8]) -> dict[str, Any]:
    height, width = mask.shape
    return {
        "id": "prediction",
        "type": "brushlabels",
        "from_name": BRUSH,
        "to_name": TARGET,
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": {"format": "rle", "rle": brush.encode(mask == 1), "brushlabels": [CHANGE]},
    }


def _data_uri(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
