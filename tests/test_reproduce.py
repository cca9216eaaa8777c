"""The command that runs an experiment again, read by the real shell and the real Hydra."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from cdal import params, reproduce
from cdal.params import Params

ROOT = Path(__file__).parent.parent


def changed(**sections: dict[str, Any]) -> Params:
    raw = params.load(ROOT / "params.yaml").model_dump()
    for name, values in sections.items():
        raw[name] |= values
    return Params.model_validate(raw)


def overrides(command: str) -> dict[str, Any]:
    """What Hydra understands of the command's -S arguments."""
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:3] == ["dvc", "exp", "run"]
    parsed = OverridesParser.create().parse_overrides(words[4::2])
    return {found.key_or_group: found.value() for found in parsed}


def test_only_what_differs_from_the_commit_is_named() -> None:
    committed = changed().model_dump()
    found = changed(train={"steps": 7, "class_weights": [1.0, 4.5]}, tracking={"name": "mine"}, split={"val_tiles": 3})
    assert overrides(reproduce.command(found, committed)) == {
        "train.steps": 7, "train.class_weights": [1.0, 4.5], "split.val_tiles": 3,
    }  # fmt: skip
    assert reproduce.command(changed(), committed) == "dvc exp run"


def test_without_a_commit_every_parameter_is_named_but_generated_ones() -> None:
    found = overrides(reproduce.command(changed(), {}))
    assert found["seed"] == 1 and found["data.bands"] is None and found["model.weights"] is None
    assert not {"last", "members", "rounds", "data.generators"} & set(found)


@pytest.mark.parametrize(
    "value", ["data/raw/my city, 2020", "it's", "null", "12", "a=b", "true", "r'x\\y", "1e5", "x\\", "\\'"]
)
def test_any_text_survives_shell_and_hydra(value: str) -> None:
    command = reproduce.command(changed(data={"before": value}), changed().model_dump())
    found = overrides(command)["data.before"]
    assert str(getattr(found, "text", found)) == value and not isinstance(found, int | float | None)
