"""docs/extending.md works: its code is taken out of the page and used."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from cdal import acquisition, network, posterior, scoring, selectors
from cdal.acquisition import ACQUISITIONS, BOUNDS, tile_scores
from cdal.params import AL
from cdal.selection import select
from cdal.selectors import Candidates
from tests.tiny import NORMALISE, ROOT, labelled, settings

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "extending.md").read_text(), re.DOTALL)


@pytest.fixture
def deviation(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The page's acquisition function, registered while a test runs."""
    for registry in (ACQUISITIONS, BOUNDS):
        for name, value in list(registry.items()):
            monkeypatch.setitem(registry, name, value)  # restores what the page's code adds
    known = set(ACQUISITIONS)
    exec(BLOCKS[0], vars(acquisition).copy())
    (name,) = set(ACQUISITIONS) - known
    yield name
    del ACQUISITIONS[name], BOUNDS[name]


def test_the_acquisition_function_scores_a_pool(deviation: str) -> None:
    probs = np.array([0.2, 0.6, 0.1, 0.1], np.float32).reshape(2, 2, 1, 1)  # two passes over two tiles of a pixel
    assert tile_scores(probs, deviation) == pytest.approx([0.05, 0.25], abs=1e-6)
    assert (tile_scores(np.array([0, 1], np.float32).reshape(2, 1, 1, 1), deviation) <= BOUNDS[deviation]).all()
    tiles = labelled(8)
    model = network.build("mobilenet", bands=3, decoder=[8] * 5, weights=None, seed=3)
    drawn = posterior.mcbn(model, tiles.images, tiles.rows, NORMALISE, passes=2, batch=4, rng=np.random.default_rng(1))
    al = settings().al.model_copy(update={"acquisition": deviation})
    ids = [str(row) for row in tiles.rows]
    (part,) = scoring.score(drawn, tiles.images, tiles.rows, NORMALISE, batch=4, al=al, tile_ids=ids)
    assert (part.values[deviation] > 0).all()
    assert (part.values[deviation] ** 2 <= part.values["Variance"]).all(), "Jensen: it is a mean of roots"


def test_its_name_is_all_that_params_asks_for() -> None:
    """The page says where names are listed: they are the registry's."""
    listed = AL.model_fields["acquisition"].annotation.__args__
    assert set(listed) == set(ACQUISITIONS)


def test_the_selector_picks_every_other_tile() -> None:
    namespace = vars(selectors).copy()
    exec(BLOCKS[1], namespace)
    scores = np.array([0.1, 0.9, 0.5, 0.7, 0.3, 0.2])
    empty = np.zeros((6, 0))
    found = select(
        Candidates(scores, scores, empty, empty, 1), 3, namespace["alternate"], random_share=0,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert found.tolist() == [1, 2, 5]
