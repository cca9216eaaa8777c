"""Every plot: a function takes plain numbers and gives a Figure, free of pyplot's state; `save` writes it."""

from cdal.figures.curves import Rows, balance, column, learning_curve
from cdal.figures.evaluation import effort, reliability, roc_pr, thresholds
from cdal.figures.gallery import gallery, sample_pairs, tile_title, to_rgb
from cdal.figures.splitmap import split_map
from cdal.figures.style import save
from cdal.figures.timing import by_stage, duration, timing

__all__ = [
    "Rows",
    "balance",
    "by_stage",
    "column",
    "duration",
    "effort",
    "gallery",
    "learning_curve",
    "reliability",
    "roc_pr",
    "sample_pairs",
    "save",
    "split_map",
    "thresholds",
    "tile_title",
    "timing",
    "to_rgb",
]
