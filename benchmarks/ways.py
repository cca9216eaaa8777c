"""Our scoring of a pool against straightforward ways to score the same tiles: Keras and NumPy, and the original's."""

import numpy as np

from benchmarks import original, plain
from benchmarks.measured import Figure, figure, ratio, turns
from benchmarks.scoring import drawn, score_all
from benchmarks.workload import NORMALISE, noise, siamese

PASSES = 5
BATCH = 32
"""Of `keras.Model.predict`: its default, and as fast as larger ones."""
CASES = {"resnet18, 64 px": ("resnet18", 64, 256), "resnet34, 256 px": ("resnet34", 256, 8)}
ORIGINAL_TILES = {64: 32, 256: 4}
"""Tiles for the original's way, whose time is the same for each."""
TURNS = 3


def figures(quick: bool = False) -> list[Figure]:
    """Times a tile, of one machine in turns; the passes of all ways are the same."""
    cases = {"mobilenet, 32 px": ("mobilenet", 32, 8)} if quick else CASES
    return [entry for name, case in cases.items() for entry in _case(name, *case, turn_count=1 if quick else TURNS)]


def _case(name: str, backbone: str, size: int, tiles: int, turn_count: int) -> list[Figure]:
    model, images = siamese(backbone), noise(tiles, size)
    few = images[: ORIGINAL_TILES.get(size, 2)]
    passes = drawn(model, images, PASSES)

    def keras_and_numpy() -> None:
        pairs = NORMALISE(images)
        plain.scores(np.stack([model.predict(pairs, batch_size=BATCH, verbose=0)[..., 0] for _ in passes]))

    def originals() -> None:
        original.scores(original.predictions(model, passes, NORMALISE(few)))

    def originals_without_python() -> None:
        np.var(original.predictions(model, passes, NORMALISE(few)), axis=0).sum((1, 2))

    ours = "ours"
    taken = turns({
        ours: lambda: score_all(passes, images),
        "keras and numpy": keras_and_numpy,
        "original": originals,
        "original, Variance alone": originals_without_python,
    }, turn_count)  # fmt: skip
    each = {way: [time / (len(few) if "original" in way else tiles) for time in times] for way, times in taken.items()}
    pools = f"T = {PASSES}, {name}"

    def speedup(way: str) -> float:
        return ratio(each[way], each[ours])

    return [
        figure(f"scoring: speed against Model.predict and NumPy, {pools}", speedup("keras and numpy")),
        figure(f"scoring: speed against the original's way, BALD, {pools}", speedup("original"), at_least=10),
        figure(f"scoring: speed against the original's way, Variance, {pools}", speedup("original, Variance alone")),
    ]
