"""Label Studio exports."""

from typing import Any

import numpy as np
import pytest

from cdal.annotations import brush, label_studio
from cdal.errors import UserError
from tests.questions import square, tiles


def stroke(mask: np.ndarray, label: str = "Change", **changes: Any) -> dict[str, Any]:
    value = {"format": "rle", "rle": brush.encode(mask == 1), "brushlabels": [label]}
    return {"type": "brushlabels", "original_width": 8, "original_height": 8, "value": value, **changes}


def outline(points: list[tuple[float, float]], label: str = "Change") -> dict[str, Any]:
    value = {"points": points, "polygonlabels": [label]}
    return {"type": "polygonlabels", "original_width": 8, "original_height": 8, "value": value}


def task(tile_id: str, *results: list[dict[str, Any]], by: object = 1, **changes: Any) -> dict[str, Any]:
    annotations = [{"result": result, "completed_by": by, "was_cancelled": False, **changes} for result in results]
    return {"id": 7, "data": {"tile_id": tile_id}, "annotations": annotations}


def test_strokes_polygons_and_empty_submissions() -> None:
    corner = [(25.0, 25.0), (62.5, 25.0), (62.5, 62.5), (25.0, 62.5)]  # pixels 2 to 5 of 8
    found = label_studio.read([task("t0", [stroke(square())]), task("t1", [outline(corner)]), task("t2", [])], tiles())
    assert not found.problems
    assert [one.status for one in found.annotations] == ["change", "change", "no_change"]
    assert (found.annotations[0].mask == square()).all() and (found.annotations[1].mask == square()).all()
    assert {one.labeller for one in found.annotations} == {"user-1"}


def test_skipped_and_unsubmitted_tasks_say_nothing() -> None:
    found = label_studio.read([task("t0", [], was_cancelled=True), task("t1")], tiles())
    assert not found.annotations and not found.problems


def test_cannot_tell_wins_over_change() -> None:
    result = [stroke(square(low=0, high=2), "Can't tell"), stroke(square(low=1, high=4))]
    mask = label_studio.read([task("t0", result)], tiles()).annotations[0].mask
    assert ((mask == 255).sum(), (mask == 1).sum()) == (4, 8)


def test_people_are_told_apart_and_may_not_submit_twice() -> None:
    two = [task("t0", [], by={"id": 1, "email": "ana@x"}), task("t0", [], by={"id": 2, "email": "ben@x"})]
    assert [one.labeller for one in label_studio.read(two, tiles()).annotations] == ["ana@x", "ben@x"]
    assert label_studio.read([task("t0", [], [])], tiles()).problems == ["t0 has 2 annotations by user-1, expected one"]


@pytest.mark.parametrize(
    ("region", "message"),
    [
        (stroke(square(), original_width=9), "t0 was drawn on 9 x 8 pixels, expected 8 x 8"),
        (stroke(square(), "House"), "t0 has the label 'House', expected 'Change' or"),
        (stroke(square(), type="rectanglelabels"), "t0 has a region of type rectanglelabels, expected"),
        (stroke(square(), value={"rle": [1, 2], "brushlabels": ["Change"]}), "t0 has a broken brush stroke"),
        ({**stroke(square()), "value": {"brushlabels": ["Change"]}}, "t0 has a broken brush stroke"),
        ({**outline([]), "value": {"polygonlabels": ["Change"]}}, "t0 has a region without 'points'"),
        (outline([(0, 0), (9, 9)]), "t0 has a polygon of 2 points"),
        (outline([(0, 0), (9, 9), (18, 18)]), "t0 has a polygon that has no area"),
        (outline([(110, 10), (150, 10), (150, 50)]), "t0 has a polygon that lies outside the tile"),
    ],
)
def test_problems(region: dict[str, Any], message: str) -> None:
    problems = label_studio.read([task("t0", [region]), task("t9", [])], tiles()).problems
    assert len(problems) == 2 and problems[0].startswith(message)
    assert problems[1] == "task 7 is no tile that was asked for"


def test_other_formats() -> None:
    with pytest.raises(UserError, match="not JSON-MIN"):
        label_studio.read([{"tile_id": "t0", "brush": []}], tiles())
