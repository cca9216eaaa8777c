"""MCBN and ensembles on a real, tiny network: what the original implementation got wrong stays right."""

import numpy as np
import pytest
from numpy.typing import NDArray

from cdal import batchnorm, network, posterior
from cdal.batches import Normalisation

BANDS = 4


@pytest.fixture(scope="module")
def model():
    built = network.build("mobilenet", bands=BANDS, decoder=[8, 8, 8, 8, 8], weights=None, seed=3)
    rng = np.random.default_rng(5)
    statistics = [
        (rng.normal(size=mean.shape).astype("f4"), rng.uniform(0.5, 2, variance.shape).astype("f4"))
        for mean, variance in batchnorm.read(built)
    ]
    batchnorm.write(built, statistics)
    return built


@pytest.fixture(scope="module")
def images() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (12, 2, 32, 32, BANDS), dtype=np.uint8)


NORMALISE = Normalisation(np.full((2, BANDS), 127, np.float32), np.full((2, BANDS), 60, np.float32))


def draw(model, images, passes: int = 3, rows: NDArray[np.int64] | None = None) -> posterior.Posterior:
    rows = np.arange(8) if rows is None else rows
    return posterior.mcbn(model, images, rows, NORMALISE, passes=passes, batch=4, rng=np.random.default_rng(1))


def test_captured_statistics_reproduce_training_mode(model, images) -> None:
    """Inference with a batch's captured statistics is what training mode gives that batch, to 1e-5."""
    pairs = NORMALISE(images[:4])
    own = batchnorm.read(model)
    captured = batchnorm.capture(model)(pairs)
    expected = np.array(model(pairs, training=True))[..., 0]
    batchnorm.write(model, captured)
    found = posterior.predictor(model)(pairs)
    batchnorm.write(model, own)
    assert np.abs(found - expected).max() < 1e-5
    assert expected.std() > 1e-3, "a constant output would prove nothing"


def test_passes_differ_in_nothing_but_moving_statistics(model, images) -> None:
    moving = {id(v) for norm in network.batch_norms(model) for v in (norm.moving_mean, norm.moving_variance)}
    before = model.get_weights()
    seen = []
    for _ in draw(model, images):
        for variable, value, old in zip(model.weights, model.get_weights(), before, strict=True):
            assert id(variable) in moving or np.array_equal(value, old), variable.path
        seen.append(np.concatenate([mean for mean, _ in batchnorm.read(model)]))
    assert not np.array_equal(seen[0], seen[1])
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_the_network_is_restored_when_prediction_fails(model, images) -> None:
    before = model.get_weights()
    with pytest.raises(RuntimeError, match="half-way"):
        for index, _ in enumerate(draw(model, images)):
            if index == 1:
                raise RuntimeError("half-way")
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_a_tile_does_not_depend_on_its_neighbours(model, images) -> None:
    """Alone, in another order or another batch size: the same prediction."""
    pairs = NORMALISE(images)
    for predict in draw(model, images):
        together = predict(pairs)
        alone = np.concatenate([predict(pairs[i : i + 1]) for i in range(len(pairs))])
        assert np.abs(together - alone).max() < 1e-5
        assert np.abs(predict(pairs[::-1])[::-1] - together).max() < 1e-5
    training_mode = np.array(model(pairs, training=True))[..., 0]
    halves = np.concatenate([np.array(model(pairs[:6], training=True)), np.array(model(pairs[6:], training=True))])
    assert np.abs(training_mode - halves[..., 0]).max() > 1e-3, "the faulty formula does depend on them"


def test_only_labelled_tiles_are_drawn(model, images) -> None:
    other = images.copy()
    other[8:] = 0
    first, second = draw(model, images), draw(model, other)
    for a, b in zip(first.settings, second.settings, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    changed = images.copy()
    changed[:8] = 0
    assert not np.array_equal(draw(model, changed).settings[0][0], first.settings[0][0])


def test_few_labelled_tiles_are_all_drawn(model, images) -> None:
    settings = draw(model, images, rows=np.arange(2)).settings
    assert all(np.allclose(a, b) for a, b in zip(settings[0], settings[1], strict=True))


def test_an_ensemble_predicts_with_each_member(model, images) -> None:
    pairs = NORMALISE(images[:2])
    own = model.get_weights()
    members = []
    for seed in (1, 2):
        network.reinitialise(model, seed, encoder=True)
        members.append((model.get_weights(), posterior.predictor(model)(pairs)))
    model.set_weights(own)
    together = posterior.ensemble(model, [weights for weights, _ in members])
    for predict, (_, expected) in zip(together, members, strict=True):
        assert np.array_equal(predict(pairs), expected)
    assert all(np.array_equal(a, b) for a, b in zip(own, model.get_weights(), strict=True))
    assert len(together) == 2 and len(posterior.single(model)) == 1


def test_recalibration_pools_batches_by_the_law_of_total_variance(model, images) -> None:
    own = batchnorm.read(model)
    batchnorm.recalibrate(model, images, np.arange(8), NORMALISE, batch=8)
    whole = batchnorm.read(model)[0]
    batchnorm.recalibrate(model, images, np.arange(8), NORMALISE, batch=3)
    pooled = batchnorm.read(model)[0]
    batchnorm.write(model, own)
    # the first layer sees the same numbers however they are batched, so pooling must be exact there
    assert np.allclose(whole[0], pooled[0], atol=1e-6) and np.allclose(whole[1], pooled[1], rtol=1e-5)


def test_fixed_kernels_give_the_same_bits_and_stay() -> None:
    """Constants in place of variables change no bit; other statistics count, other kernels do not."""
    model = network.build("resnet18", bands=3, decoder=[8] * 5, weights=None, seed=3)
    pairs = np.random.default_rng(0).normal(size=(4, 2, 32, 32, 3)).astype("f4")
    free, fixed = posterior.predictor(model), posterior.predictor(model, fixed=True)
    before = fixed(pairs)
    assert np.array_equal(free(pairs), before)
    kernel = next(weight for weight in model.weights if len(weight.shape) == 4)
    kernel.assign(kernel * 2)
    assert np.array_equal(fixed(pairs), before) and not np.array_equal(free(pairs), before)
    mean = network.moving_statistics(model)[-2]
    mean.assign(mean + 1)
    assert not np.array_equal(fixed(pairs), before)
