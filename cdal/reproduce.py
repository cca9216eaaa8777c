"""The exact command that runs an experiment again."""

import json
import re
from collections.abc import Mapping
from shlex import quote
from typing import Any

from cdal.params import Params

MADE = ("rounds", "last", "members", "data.generators", "tracking")
"""Keys that `dvc exp run` computes, and tracking, which changes no result."""
PLAIN = re.compile(r"[A-Za-z_/.][\w/.-]*")


def command(params: Params, committed: Mapping[str, Any]) -> str:
    """`dvc exp run` with every parameter that differs from params.yaml of the commit, one a line.

    committed: that params.yaml; if it is empty, every parameter is named.
    """
    found, before = _flat(params.model_dump()), _flat(committed)
    changed = {key: value for key, value in found.items() if key not in before or before[key] != value}
    return " \\\n  ".join(["dvc exp run", *(f"-S {quote(f'{key}={hydra(value)}')}" for key, value in changed.items())])


def hydra(value: Any) -> str:
    """A value as Hydra reads it on the command line, such as null, [1.0, 3.0] without blanks, or quoted text."""
    if isinstance(value, list):
        return f"[{','.join(map(hydra, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    if PLAIN.fullmatch(value) and value.lower() not in ("null", "true", "false", "nan", "inf"):
        return value
    escaped = re.sub(r"(\\*)('|$)", lambda found: 2 * found[1] + found[2].replace("'", "\\'"), value)
    return f"'{escaped}'"


def _flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        name = f"{prefix}{key}"
        if name in MADE:
            continue
        flat |= _flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return flat
