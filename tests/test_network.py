"""The Siamese U-Net: shapes, seeds, weights, and what a user is told when it can't be built."""

from pathlib import Path

import numpy as np
import pytest

from cdal import network
from cdal.backend import keras, tf
from cdal.errors import UserError

DECODER = [8, 8, 8, 8, 8]


def build(bands: int = 3, seed: int = 1, backbone: str = "mobilenet", weights: str | None = None) -> keras.Model:
    return network.build(backbone, bands=bands, decoder=DECODER, weights=weights, seed=seed)


@pytest.mark.parametrize("bands", [1, 3, 4, 13])
def test_any_bands_and_sizes_give_probabilities(bands: int) -> None:
    model = build(bands)
    for height, width in ((32, 32), (64, 96)):
        probs = np.array(model(np.ones((2, 2, height, width, bands), np.float32)))
        assert probs.shape == (2, height, width, 1) and (probs > 0).all() and (probs < 1).all()


def test_the_seed_decides_the_weights() -> None:
    same, again, other = build(seed=1), build(seed=1), build(seed=2)
    assert all(np.array_equal(a, b) for a, b in zip(same.get_weights(), again.get_weights(), strict=True))
    assert not np.array_equal(same.get_weights()[0], other.get_weights()[0])


def test_new_weights_may_leave_the_encoder() -> None:
    model = build()
    encoder = model.get_layer("encoder")
    kept, before = encoder.get_weights(), model.get_weights()
    network.reinitialise(model, 7, encoder=False)
    assert all(np.array_equal(a, b) for a, b in zip(kept, encoder.get_weights(), strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    network.reinitialise(model, 7, encoder=True)
    assert any(not np.array_equal(a, b) for a, b in zip(kept, encoder.get_weights(), strict=True))


@pytest.mark.parametrize("name", ["resnet19", "densenet121"])
def test_an_unknown_backbone_lists_those_that_work(name: str) -> None:
    with pytest.raises(UserError, match=rf"model\.backbone is '{name}', which can't be used; choose one of .*resnet34"):
        build(backbone=name)


def test_local_weights_are_loaded_checked_and_missed(tmp_path: Path) -> None:
    source = network.backbone_model("mobilenet", 3, None)
    path = tmp_path / "encoder.weights.h5"
    source.save_weights(path)
    loaded = build(seed=1, weights=str(path)).get_layer("encoder")
    assert all(np.array_equal(a, b) for a, b in zip(source.get_weights(), loaded.get_weights(), strict=True))
    with pytest.raises(UserError, match="does not fit mobilenet with 4 bands"):
        build(bands=4, weights=str(path))
    with pytest.raises(UserError, match=r"file .*nowhere\.h5 not found; give a \.h5 file, `imagenet` or null"):
        build(weights=str(tmp_path / "nowhere.h5"))


def test_imagenet_without_a_network_says_what_else_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"imagenet, but they can't be had for resnet18 with 3 bands .*\.h5 file"):
        build(backbone="resnet18", weights="imagenet")


def test_an_exported_network_predicts_the_same(tmp_path: Path) -> None:
    model = build(4)
    pairs = np.random.default_rng(0).normal(size=(2, 2, 64, 32, 4)).astype(np.float32)
    network.export(model, tmp_path / "saved")
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    found = loaded.predict(pairs).numpy()
    assert np.abs(found - np.array(model(pairs, training=False))[..., 0]).max() < 1e-6
