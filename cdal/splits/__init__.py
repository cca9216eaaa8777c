"""Pool, validation and test: apart on the ground, drawn with a seed, and checked."""

from cdal.splits.apart import conflicts, drop_neighbours, verify
from cdal.splits.assignment import assign
from cdal.splits.footprints import Footprints, Frame, Ints
from cdal.splits.names import DROPPED, SPLITS, Names
from cdal.splits.samples import sample

__all__ = [
    "DROPPED",
    "SPLITS",
    "Footprints",
    "Frame",
    "Ints",
    "Names",
    "assign",
    "conflicts",
    "drop_neighbours",
    "sample",
    "verify",
]
