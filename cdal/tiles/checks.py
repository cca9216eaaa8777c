"""Scenes that can share a store, and splits that can be trained, tuned and tested on."""

from collections.abc import Sequence

from cdal import splits
from cdal.errors import UserError
from cdal.params import Split
from cdal.rasters import Scene, few
from cdal.splits import Ints, Names


def check_alike(scenes: Sequence[Scene], tile: int) -> None:
    small = [
        f"{s.frame.name} ({s.frame.width} x {s.frame.height})"
        for s in scenes
        if min(s.frame.width, s.frame.height) < tile
    ]
    if small:
        raise UserError(f"smaller than a tile: {few(small)}, expected {tile} x {tile} pixels or more; lower data.tile")
    kinds: dict[str, list[str]] = {}
    for scene in scenes:
        kinds.setdefault(f"{len(scene.bands)} bands of {scene.dtype}", []).append(scene.frame.name)
    if len(kinds) > 1:
        shown = "; ".join(f"{kind} in {few(names)}" for kind, names in kinds.items())
        raise UserError(f"scenes differ: {shown}; expected one kind; convert them, or select data.bands")


def check_usable(names: Names, change: Ints, by: str, split: Split) -> None:
    for name in splits.SPLITS:
        if name == "test" and split.test == 0 and split.folds is None and by not in ("list", "folder"):
            continue
        if not (names == name).any():
            advice = f"raise split.{name}, lower split.guard, or change split.block or split.seed"
            if name == "pool":
                advice = "lower split.val, split.test or split.guard, or change split.seed"
            if by in ("list", "folder"):
                advice = "add scenes to it, or use split.by: block"
            raise UserError(f"{name} has no tiles, expected at least one; {advice}")
    if not change[names == "val"].any():
        raise UserError(
            f"no change pixel in val ({(names == 'val').sum()} tiles), "
            "expected some to choose thresholds by; change split.seed, or raise split.val"
        )
