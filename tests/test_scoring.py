"""Scoring a pool: streamed, split, repeated, and never with a number that is not one."""

import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import numpy as np
import psutil
import pytest

from cdal import network, posterior, scoring
from cdal.acquisition import ACQUISITIONS, Moments, tile_scores
from cdal.ahead import ahead
from cdal.errors import UserError
from cdal.store import release
from tests.tiny import NORMALISE, labelled, settings

IDS = [f"tile_{i}" for i in range(24)]


@pytest.fixture(scope="module")
def drawn() -> posterior.Posterior:
    model = network.build("mobilenet", bands=3, decoder=[8] * 5, weights=None, seed=3)
    return posterior.mcbn(model, IMAGES, np.arange(8), NORMALISE, passes=3, batch=4, rng=np.random.default_rng(1))


IMAGES = labelled(24).images


def scored(drawn: posterior.Posterior, rows: np.ndarray, batch: int = 4, images: np.ndarray = IMAGES) -> dict:
    parts = list(scoring.score(drawn, images, rows, NORMALISE, batch=batch, al=settings().al, tile_ids=IDS))
    return {name: np.concatenate([part.values[name] for part in parts]) for name in ACQUISITIONS}


def test_ranges_scored_apart_join_to_the_same_bits(drawn: posterior.Posterior) -> None:
    whole = scored(drawn, np.arange(24))
    first, second = scored(drawn, np.arange(12)), scored(drawn, np.arange(12, 24))
    for name in ACQUISITIONS:
        assert np.array_equal(whole[name], np.concatenate([first[name], second[name]])), name


def test_scores_do_not_depend_on_batch_or_order(drawn: posterior.Posterior) -> None:
    whole, other = scored(drawn, np.arange(24)), scored(drawn, np.arange(24), batch=7)
    shuffled = scored(drawn, np.arange(24)[::-1])
    for name in ACQUISITIONS:
        assert np.abs(whole[name] - other[name]).max() < 1e-6
        assert np.abs(whole[name] - shuffled[name][::-1]).max() < 1e-6


@pytest.mark.parametrize("name", ACQUISITIONS)
def test_streamed_scores_are_those_of_all_predictions_at_once(drawn: posterior.Posterior, name: str) -> None:
    probs = np.stack([predict(NORMALISE(IMAGES)) for predict in drawn])
    assert np.abs(scored(drawn, np.arange(24))[name] - tile_scores(probs, name)).max() < 1e-6


def test_the_highest_share_of_pixels_counts_alone() -> None:
    probs = np.zeros((1, 1, 10, 10), np.float32)
    probs[0, 0, 0, :5] = 0.4
    assert tile_scores(probs, "Change")[0] == pytest.approx(0.02)
    assert tile_scores(probs, "Change", how="top_fraction", top_fraction=0.05)[0] == pytest.approx(0.4)


def test_a_tile_that_is_not_finite_is_named_and_never_ranked(drawn: posterior.Posterior) -> None:
    broken = IMAGES.astype(np.float32)
    broken[5] = np.nan
    with pytest.raises(UserError, match=r"predictions of 1 tiles are not finite \(first: tile_5\)"):
        scored(drawn, np.arange(24), images=broken)
    with pytest.raises(UserError, match="not finite"):
        tile_scores(np.full((2, 1, 4, 4), np.nan, np.float32), "Entropy")


def test_the_faulty_formulas_of_the_original_would_be_caught() -> None:
    """Entropy of hard labels is always 0; ln 0 gives NaN, which a descending sort puts first."""
    probs = np.array([0.4, 0.0, 1.0], np.float32).reshape(1, 3, 1, 1)
    with np.errstate(all="ignore"):
        hard = np.round(probs[0])
        faulty = np.nan_to_num(-(hard * np.log(hard) + (1 - hard) * np.log(1 - hard)))
        naive = -(probs[0] * np.log(probs[0]) + (1 - probs[0]) * np.log(1 - probs[0]))
    assert (faulty == 0).all() and tile_scores(probs, "Entropy")[0] > 0.6
    assert np.isnan(naive[1:]).all() and (tile_scores(probs, "Entropy")[1:] == 0).all()
    assert np.isnan(np.sort(naive.ravel())[::-1][0])
    two = np.array([0.1, 0.9], np.float32).reshape(2, 1, 1, 1)
    assert tile_scores(two, "BALD")[0] > 0.3 and Moments.start(two[0]).passes == 1


def test_the_next_item_is_made_while_one_is_used_and_nothing_goes_on_after() -> None:
    made, closed = [], []

    def items() -> Generator[int, None, None]:
        try:
            for i in (1, 2, 3, 4):
                made.append(i)
                yield i
        finally:
            closed.append(True)

    with closing(ahead(items())) as found:
        assert next(found) == 1
        for _ in range(1000):
            if made == [1, 2]:
                break
            time.sleep(0.01)
        assert made == [1, 2] and not closed
    assert closed and made == [1, 2]
    assert list(ahead(items())) == [1, 2, 3, 4]
    with pytest.raises(ZeroDivisionError):
        list(ahead(1 // (2 - i) for i in (1, 2)))


def test_the_network_is_left_as_it_was_when_scoring_stops_midway(drawn: posterior.Posterior) -> None:
    before = [np.array(variable) for variable in drawn.variables]
    images = np.random.default_rng(0).integers(0, 255, (1400, 2, 32, 32, 3), dtype=np.uint8)
    stream = scoring.predictions(drawn, images, np.arange(1400), NORMALISE, batch=64)
    next(stream)
    stream.close()
    assert all(np.array_equal(a, np.array(b)) for a, b in zip(before, drawn.variables, strict=True))


def test_a_map_that_was_read_takes_no_memory(tmp_path: Path) -> None:
    """Reading 64 MB through the map and giving the pages back leaves the resident set where it was."""
    np.save(tmp_path / "images.npy", np.ones((16, 2**22), np.uint8))
    images, process = np.load(tmp_path / "images.npy", mmap_mode="r"), psutil.Process()
    before = process.memory_info().rss
    assert sum(int(images[row].max()) for row in range(16)) == 16
    read = process.memory_info().rss
    release(images)
    assert read - before > 50e6 and process.memory_info().rss - before < 10e6
    assert images[3, 5] == 1
    release(np.ones(3))
