"""How labels reach the rounds, as DVC sees it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cdal import params
from cdal.errors import UserError
from cdal.flow import flow
from tests.test_params import DEFAULT, changed


def test_stored_masks_need_no_stage_and_no_file_of_people() -> None:
    found = flow("masks", 2)
    assert found["asks"] == [] and found["answers"] == {}
    assert "queries" not in str(found) and "annotations" not in str(found)
    assert found["rounds"]["r02"] == {
        "previous": "r01", "batch": "rounds/r02/labelled.csv", "masks": "data/tiles/labels/masks.npy",
    }  # fmt: skip


def test_people_are_asked_before_the_seed_model_and_in_every_round() -> None:
    found = flow("human", 2)
    assert found["asks"] == ["r00"] and list(found["answers"]) == ["r00", "r01", "r02"]
    assert found["answers"]["r02"] == {"before": "rounds/r01/labels", "ledger": "rounds/r02/labelled.csv"}
    assert found["rounds"]["r02"]["batch"] == "queries/r02"
    assert found["start"]["masks"] == "rounds/r00/labels/masks.npy"


@pytest.mark.parametrize("oracle", ["masks", "human"])
def test_more_rounds_leave_earlier_ones_as_they_were(oracle: str) -> None:
    few, more = flow(oracle, 3), flow(oracle, 5)
    assert few["start"] == more["start"] and few["asks"] == more["asks"]
    assert all(more["rounds"][name] == few["rounds"][name] for name in few["rounds"])
    assert all(more["answers"][name] == few["answers"][name] for name in few["answers"])


def test_no_rounds() -> None:
    assert flow("masks", 0)["rounds"] == {}
    assert list(flow("human", 0)["answers"]) == ["r00"]


def test_params_refuse_what_people_cannot_answer(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"al.initial is balanced, which needs labels.*set al.initial to typical or random"
    ):
        params.load(changed(tmp_path, "al.oracle", "human"))


def test_an_edit_by_hand_says_what_mends_it(tmp_path: Path) -> None:
    path = changed(tmp_path, "al.oracle", "human")
    raw: dict[str, Any] = yaml.safe_load(path.read_text())
    raw["al"]["initial"] = "typical"
    path.write_text(yaml.safe_dump(raw))
    with pytest.raises(
        UserError, match=r"stages for al.oracle: masks, but .* ask for stages for al.oracle: human.*dvc exp"
    ):
        params.load(path)
    assert params.load(DEFAULT).flow == flow("masks", 3)
