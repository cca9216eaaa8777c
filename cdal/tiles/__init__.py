"""Cut scenes into tiles and write the tile store."""

from cdal.tiles.classes import classify
from cdal.tiles.preparing import prepare

__all__ = ["classify", "prepare"]
