"""A round's batch: a selector's picks, a random share, and a least distance on the ground between them."""

import numpy as np
from numpy.typing import NDArray

from cdal.errors import UserError
from cdal.selectors import Candidates, Positions, Selector


def select(
    candidates: Candidates, budget: int, selector: Selector, *, random_share: float, rng: np.random.Generator
) -> Positions:
    """Positions (budget,) of the tiles to label: by `selector`, then a share of random others.

    random_share: part of the batch (rounded down) drawn at random from what the selector left. Raises UserError when
    there are fewer candidates than the budget or a score is not finite.
    """
    scores = candidates.scores
    if budget > len(scores):
        raise UserError(
            f"al.batch is {budget}, but only {len(scores)} unlabelled tiles were scored; lower al.batch "
            "or al.iterations, or raise score.pool_fraction"
        )
    if not np.isfinite(scores).all():
        raise UserError(
            f"{(~np.isfinite(scores)).sum()} scores are not finite, expected numbers; rerun the score stage"
        )
    drawn = int(random_share * budget)
    chosen = selector(candidates, budget - drawn, rng) if drawn < budget else np.empty(0, np.int64)
    rest = np.setdiff1d(np.arange(len(scores)), chosen)
    return np.concatenate([chosen, rng.choice(rest, size=drawn, replace=False)])


def spread(
    candidates: Candidates, budget: int, selector: Selector, *, random_share: float, rng: np.random.Generator,
    places: NDArray[np.floating], scenes: NDArray[np.int64], least: float,
) -> Positions:  # fmt: skip
    """Like `select`, but no two picks of one scene are nearer than `least` pixels, centre to centre.

    places (N, 2): tile centres in pixels. scenes (N,): number of each tile's scene. The batch is grown: what the
    selector picks is taken in its order, whatever is too near to a pick is put aside, and the selector is asked
    again for what is missing.
    """
    free = np.arange(len(candidates.scores))
    picked: list[int] = []
    while len(picked) < budget:
        if not len(free):
            raise UserError(
                f"al.batch is {budget}, but only {len(picked)} tiles are {least:g} pixels apart; lower al.min_distance"
            )
        missing = min(budget - len(picked), len(free))
        for position in free[select(candidates.only(free), missing, selector, random_share=random_share, rng=rng)]:
            if all(_apart(places, scenes, int(position), other) >= least for other in picked):
                picked.append(int(position))
        near = [any(_apart(places, scenes, int(i), other) < least for other in picked) for i in free]
        free = free[~np.array(near)]
    return np.array(picked, np.int64)


def _apart(places: NDArray[np.floating], scenes: NDArray[np.int64], one: int, other: int) -> float:
    return float(np.hypot(*(places[one] - places[other]))) if scenes[one] == scenes[other] else np.inf
