"""Scoring as a function of (model, tile range): what several machines would share, here two processes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cdal.acquisition import ACQUISITIONS
from tests.tiny import ROOT, labelled, model_folder

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from pathlib import Path

import numpy as np
from cdal import scoring
from cdal.acquisition import ACQUISITIONS
from cdal.mapping import models
from tests.tiny import settings

model, images, first, last, out = sys.argv[1:]
networks = models.load(Path(model))
tiles = np.load(images, mmap_mode="r")
rows = np.arange(int(first), int(last))
parts = scoring.score(
    networks.posterior("MCBN"), tiles, rows, networks.description.normalisation, batch=4, al=settings().al,
    tile_ids=[str(row) for row in range(len(tiles))],
)
parts = list(parts)
np.savez(out, **{name: np.concatenate([part.values[name] for part in parts]) for name in ACQUISITIONS})
"""


def scored(folder: Path, first: int, last: int) -> subprocess.Popen[bytes]:
    """A process that scores tiles first to last - 1 and knows nothing of any other."""
    out = folder / f"{first}_{last}.npz"
    words = [folder / "model", folder / "images.npy", first, last, out]
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *map(str, words)], cwd=ROOT)


def test_two_processes_join_to_the_bits_of_one(tmp_path: Path) -> None:
    model_folder(tmp_path / "model")
    np.save(tmp_path / "images.npy", labelled(24).images)
    ranges = [(0, 12), (12, 24), (0, 24)]
    for process in [scored(tmp_path, first, last) for first, last in ranges[:2]] + [scored(tmp_path, *ranges[2])]:
        assert process.wait() == 0
    first, second, whole = (np.load(tmp_path / f"{a}_{b}.npz") for a, b in ranges)
    for name in ACQUISITIONS:
        assert np.array_equal(whole[name], np.concatenate([first[name], second[name]])), name
        assert len(np.unique(whole[name])) == 24, "equal scores would prove nothing"
