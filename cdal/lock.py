"""dvc.lock: what DVC knows about the state of the workspace."""

from pathlib import Path
from typing import Any

import yaml

from cdal.errors import UserError
from cdal.params import Params

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # dvc.lock of 120 stages takes pure Python half a second


def stages(path: Path = Path("dvc.lock")) -> dict[str, Any]:
    """Entries of the stages that were run, by name; none without a dvc.lock."""
    try:
        return dict(yaml.load(path.read_text(), Loader).get("stages") or {})
    except (FileNotFoundError, AttributeError):
        return {}


def check_made_with(params: Params, path: Path = Path("dvc.lock")) -> None:
    """Raise UserError if the last round in the workspace was made with other parameters than `params`."""
    names = ("prepare", "train_seed", *(f"{name}@{params.last}" for name in ("score", "acquire", "retrain")))
    known, wanted = stages(path), params.model_dump()
    for name in names:
        for key, found in known.get(name, {}).get("params", {}).get("params.yaml", {}).items():
            if _get(wanted, key) != found:
                raise UserError(
                    f"params.yaml and dvc.lock differ in {key} (stage {name}): the results are of other parameters; "
                    "run `dvc repro`, or `dvc exp apply` the experiment that you mean"
                )


def _get(nested: Any, key: str) -> Any:
    for part in key.split("."):
        nested = nested.get(part) if isinstance(nested, dict) else None
    return nested
