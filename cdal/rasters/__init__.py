"""Imagery as it comes: find the scenes, check that files fit together, align them, read them by windows."""

from cdal.rasters.files import DTYPES, MAX_BANDS, SUFFIXES, Raster, session
from cdal.rasters.labels import UNKNOWN
from cdal.rasters.layouts import Triple, few, find
from cdal.rasters.masks import IGNORE, mask_codes
from cdal.rasters.scenes import Reader, Scene, has_gaps, inspect, inspect_pair, open_scene

__all__ = [
    "DTYPES",
    "IGNORE",
    "MAX_BANDS",
    "SUFFIXES",
    "UNKNOWN",
    "Raster",
    "Reader",
    "Scene",
    "Triple",
    "few",
    "find",
    "has_gaps",
    "inspect",
    "inspect_pair",
    "mask_codes",
    "open_scene",
    "session",
]
