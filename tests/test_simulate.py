"""The built-in city: reproducible, rare true change, and nuisance that fools image differencing."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.stats import rankdata

import cdal.simulate as package
from cdal.simulate import campaign, city, simulate
from cdal.simulate.changes import plan
from cdal.simulate.layout import survey
from cdal.simulate.light import Sun, shadow
from cdal.simulate.scene import MARGIN
from cdal.simulate.sites import settle

FLIGHTS = campaign(np.random.default_rng([7]))
SCENES, SIZE = 5, 768
Scene = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


def digests(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def read(root: Path, folder: str, name: str) -> NDArray[np.uint8]:
    with Image.open(root / folder / name) as picture:
        return np.asarray(picture)


def tile_change(label: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of changed pixels in each 64 px tile."""
    n = len(label) // 64
    return (label[: n * 64, : n * 64] > 0).reshape(n, 64, n, 64).mean((1, 3)).ravel()


def differencing_auc(scenes: list[Scene]) -> float:
    """ROC-AUC of the summed absolute difference as a pixel's change score."""
    score = np.concatenate([np.abs(a.astype(int) - b).sum(2).ravel() for a, b, _ in scenes])
    truth = np.concatenate([label.ravel() > 0 for *_, label in scenes])
    ranks, positives = rankdata(score), int(truth.sum())
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / positives / (len(truth) - positives))


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [city(SIZE, FLIGHTS, np.random.default_rng([7, i])) for i in range(SCENES)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("city")
    simulate(root, scenes=3, size=160, seed=5, workers=1)
    return root


def test_layout_is_that_of_real_data(written: Path) -> None:
    names = [f"city_{i:02d}.png" for i in range(3)]
    assert sorted(digests(written)) == sorted(f"{folder}/{n}" for folder in ("A", "B", "label") for n in names)
    for name in names:
        assert read(written, "A", name).shape == read(written, "B", name).shape == (160, 160, 3)
        label = read(written, "label", name)
        assert label.dtype == np.uint8
        assert label.shape == (160, 160)
        assert set(np.unique(label)) == {0, 255}


def test_same_seed_same_bits_whatever_the_workers(written: Path, tmp_path: Path) -> None:
    simulate(tmp_path, scenes=3, size=160, seed=5, workers=2)
    assert digests(tmp_path) == digests(written)


def test_scene_does_not_depend_on_the_number_of_scenes(written: Path, tmp_path: Path) -> None:
    simulate(tmp_path, scenes=2, size=160, seed=5, workers=1)
    every = digests(written)
    assert all(every[name] == digest for name, digest in digests(tmp_path).items())


def test_another_seed_another_city(written: Path, tmp_path: Path) -> None:
    simulate(tmp_path, scenes=3, size=160, seed=6, workers=1)
    assert not set(digests(tmp_path).values()) & set(digests(written).values())


def test_global_random_state_is_neither_read_nor_moved() -> None:
    np.random.seed(1)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    first = city(128, FLIGHTS, np.random.default_rng(1))
    assert np.random.random() == expected  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(first, city(128, FLIGHTS, np.random.default_rng(1)), strict=True))


@pytest.mark.parametrize("size", [128, 129, 200])
def test_small_and_odd_sizes_hold_change(size: int) -> None:
    before, after, label = city(size, FLIGHTS, np.random.default_rng(size))
    assert before.shape == after.shape == (size, size, 3)
    assert label.any()


def test_change_is_rare_and_in_every_scene(scenes: list[Scene]) -> None:
    shares = np.stack([tile_change(label) for *_, label in scenes])
    changed = shares > 0.03
    assert 0.02 <= changed.mean() <= 0.05
    assert (changed.sum(1) >= 4).all()
    assert (shares == 0).mean() >= 0.8


def test_change_is_of_several_sizes(scenes: list[Scene]) -> None:
    areas: list[int] = []
    for *_, label in scenes:
        regions, count = ndimage.label(label > 0)
        areas += np.bincount(regions.ravel(), minlength=count + 1)[1:].tolist()
    assert min(areas) < 300
    assert max(areas) > 700


def test_buildings_appear_and_vanish() -> None:
    kinds: list[str] = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        layout = survey(512 + 2 * MARGIN, rng)
        kinds += [change.kind for change in plan(settle(layout, rng), 512 + 2 * MARGIN, MARGIN, rng)]
    assert {"appear", "vanish", "grow"} <= set(kinds)


def test_unlabelled_pixels_differ_too(scenes: list[Scene]) -> None:
    for before, after, label in scenes:
        difference = np.abs(before.astype(int) - after).mean(2)[label == 0]
        assert np.median(difference) > 8
        assert np.quantile(difference, 0.95) > 35


def test_image_differencing_is_a_poor_detector(scenes: list[Scene]) -> None:
    assert differencing_auc(scenes) < 0.8


def test_pictures_use_the_range_without_clipping_much(scenes: list[Scene]) -> None:
    for before, after, _ in scenes:
        for picture in (before, after):
            assert 25 < picture.std() < 80
            assert (picture == 255).mean() < 0.06
            assert (picture == 0).mean() < 0.03


def test_shadow_falls_away_from_the_sun_as_long_as_height_over_tangent() -> None:
    height = np.zeros((64, 64), np.float32)
    height[28:36, 28:36] = 8.0
    blocked = shadow(height, Sun(azimuth=180.0, elevation=45.0, diffuse=0.3)) > 0.5
    rows = np.nonzero(blocked[:, 32])[0]
    assert rows.max() == 27
    assert rows.min() in (12, 13)


@pytest.mark.parametrize(
    "wrong", [{"scenes": 0}, {"size": 127}, {"seed": -1}, {"workers": 0}], ids=lambda wrong: next(iter(wrong))
)
def test_wrong_arguments_say_what_to_do_and_write_nothing(wrong: dict[str, int], tmp_path: Path) -> None:
    arguments = {"scenes": 1, "size": 128, "seed": 0, "workers": 1} | wrong
    name, value = next(iter(wrong.items()))
    with pytest.raises(ValueError, match=f"{name} is {value}.*expected.*;") as caught:
        simulate(tmp_path / "new", **arguments)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Image.Image, stream: object, *_: object, **__: object) -> None:
        stream.write(b"half")  # type: ignore[attr-defined]
        raise OSError("disk full")

    monkeypatch.setattr(package.Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        simulate(tmp_path, scenes=1, size=128, seed=0, workers=1)
    assert digests(tmp_path) == {}
