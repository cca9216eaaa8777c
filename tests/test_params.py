"""params.yaml is checked key by key, and its errors are one line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cdal import params
from cdal.errors import UserError

DEFAULT = Path(__file__).parent.parent / "params.yaml"


def changed(tmp_path: Path, key: str, value: Any) -> Path:
    raw = yaml.safe_load(DEFAULT.read_text())
    *parents, name = key.split(".")
    section = raw
    for parent in parents:
        section = section[parent]
    if value is ...:
        del section[name]
    else:
        section[name] = value
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(raw))
    return path


def test_the_default_is_valid() -> None:
    assert params.load(DEFAULT).al.method == "Ensemble"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("al.btach", 3, r"al\.btach is not a parameter; check its spelling"),
        ("al.batch", ..., r"al\.batch is missing; add it"),
        ("al.batch", "many", r"al\.batch: .*integer.*found 'many'"),
        ("al.batch", 0, r"al\.batch: .*greater than or equal to 1.*found 0"),
        (
            "al.method",
            "Committee",
            r"al\.method: .*'Random', 'Ensemble', 'MCBN' or 'Single'.*found 'Committee'",
        ),
        ("data.tile", 100, r"data\.tile: .*multiple of 32.*found 100"),
        ("seed", 1.5, r"seed: .*integer.*found 1\.5"),
        ("split.val", 0.9, r"split\.val \+ split\.test leave nothing for the pool"),
        ("al.iterations", 5, r"3 rounds, but the other parameters ask for 5 rounds.*dvc exp run"),
        ("al.method", "MCBN", r"members = 2, but the other parameters ask for members = 1.*dvc exp run"),
        ("data.path", "data/raw/mine", r"data\.generators = \['synthetic'\].*dvc exp run"),
    ],
)
def test_errors_are_one_line(tmp_path: Path, key: str, value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        params.load(changed(tmp_path, key, value))
    assert "\n" not in str(caught.value)


def test_broken_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not found; run in the project's root"):
        params.load(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [")
    with pytest.raises(UserError, match="is not YAML"):
        params.load(tmp_path / "params.yaml")


def test_rounds_unroll() -> None:
    assert params.unroll(0) == {}
    assert params.unroll(2) == {"r01": "r00", "r02": "r01"}
    assert params.unroll(100)["r100"] == "r99"
    assert params.last_round(0) == "r00"
