"""Selectors: from scored candidates to a batch of tiles; bigger scores come first."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

Positions: TypeAlias = NDArray[np.int64]
Scores: TypeAlias = NDArray[np.floating]


@dataclass(frozen=True)
class Candidates:
    """The scored, unlabelled tiles, in the order of the tile store.

    scores (N,): bigger = query first. change (N,): mean predicted P(change). features (N, D): encoder features of the
    pair. labelled (L, D): those of the tiles labelled so far. round: number of the round, 1 for the first.
    """

    scores: Scores
    change: Scores
    features: NDArray[np.floating]
    labelled: NDArray[np.floating]
    round: int

    def only(self, kept: Positions) -> "Candidates":
        """The candidates at the given positions."""
        return Candidates(self.scores[kept], self.change[kept], self.features[kept], self.labelled, self.round)


Selector: TypeAlias = Callable[[Candidates, int, np.random.Generator], Positions]
"""From candidates, a budget and a generator to the positions of `budget` different tiles, best first."""


def top(candidates: Candidates, budget: int, rng: np.random.Generator) -> Positions:
    """The highest scores (arXiv 2008.11201, section 3.2); ties go to the earlier tile."""
    return _best(candidates.scores, budget)


def power(candidates: Candidates, budget: int, rng: np.random.Generator) -> Positions:
    """Stochastic batch, chances proportional to the score: ln s + Gumbel noise (arXiv 2106.12059, beta = 1)."""
    return _best(_power_noise(candidates.scores, 1.0, rng), budget)


def softmax(candidates: Candidates, budget: int, rng: np.random.Generator) -> Positions:
    """Stochastic batch, chances proportional to exp(s): s + Gumbel noise (arXiv 2106.12059).

    Scores are first divided by their standard deviation, so that the noise means the same for every acquisition
    function (the paper leaves the temperature to the user).
    """
    spread = candidates.scores.std()
    scaled = candidates.scores / spread if spread > 0 else np.zeros(len(candidates.scores))
    return _best(scaled + rng.gumbel(size=len(scaled)), budget)


def clasp(candidates: Candidates, budget: int, rng: np.random.Generator) -> Positions:
    """Class-stratified scheduled power scores (Lueth et al., arXiv 2601.13677), for two classes.

    Two thirds of the batch are ranked by the score weighted with the predicted class of interest (here the mean
    P(change), the only foreground class), the rest by the score as it is; both with power noise ln s + Gumbel / beta,
    whose beta doubles each round from 1: diverse at first, nearly greedy later. The authors rank by predictive
    entropy: al.acquisition=Entropy.
    """
    beta = 2.0 ** (candidates.round - 1)
    stratum = round(budget * 2 / 3)
    changed = _best(_power_noise(candidates.scores * candidates.change, beta, rng), stratum)
    rest = np.setdiff1d(np.arange(len(candidates.scores)), changed)
    plain = _best(_power_noise(candidates.scores[rest], beta, rng), budget - stratum)
    return np.concatenate([changed, rest[plain]])


def coreset(candidates: Candidates, budget: int, rng: np.random.Generator) -> Positions:
    """k-center greedy on encoder features (Sener & Savarese 2018): always the tile farthest from all labelled ones.

    Scores are not used, but for ties and, with nothing labelled, for the first pick.
    """
    features = candidates.features.astype(np.float64)
    distances = _nearest(features, candidates.labelled.astype(np.float64))
    chosen: list[int] = []
    for _ in range(budget):
        best = int(np.lexsort((-candidates.scores, -distances))[0])
        chosen.append(best)
        distances = np.minimum(distances, _squared(features, features[best]))
        distances[chosen] = -1
    return np.array(chosen, np.int64)


def cluster(candidates: Candidates, budget: int, rng: np.random.Generator) -> Positions:
    """Diverse uncertain batch: the best tile of each of `budget` clusters of encoder features.

    Only the 10 x budget highest scores are clustered (k-means on a short list, after Zhdanov, arXiv 1901.05954).
    """
    short = _best(candidates.scores, min(10 * budget, len(candidates.scores)))
    groups, _ = clusters(candidates.features[short], budget, rng)
    firsts = np.sort(np.unique(groups, return_index=True)[1])
    others = np.setdiff1d(np.arange(len(short)), firsts)
    return short[np.concatenate([firsts, others])[:budget]]


def clusters(
    features: NDArray[np.floating], count: int, rng: np.random.Generator
) -> tuple[Positions, NDArray[np.floating]]:
    """k-means (k-means++ start): the cluster of each row (N,), and the centres (count, D)."""
    scattered = features + rng.normal(0, 1e-6, features.shape)  # k-means++ can't start from rows that are all equal
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # of empty clusters, among equal rows
        centres, groups = kmeans2(scattered, count, iter=25, minit="++", rng=rng)
    return groups.astype(np.int64), centres


SELECTORS: dict[str, Selector] = {
    "top": top,
    "power": power,
    "softmax": softmax,
    "clasp": clasp,
    "coreset": coreset,
    "cluster": cluster,
}

NEED_FEATURES = ("coreset", "cluster")
"""Selectors that look at encoder features, which cost one more pass of the encoder."""


def _best(scores: Scores, budget: int) -> Positions:
    return np.argsort(-scores, kind="stable")[:budget]


def _power_noise(scores: Scores, beta: float, rng: np.random.Generator) -> Scores:
    positive = np.maximum(scores, np.finfo(np.float64).tiny)
    return np.log(positive) + rng.gumbel(size=len(scores)) / beta


def _squared(features: NDArray[np.floating], centre: NDArray[np.floating]) -> NDArray[np.floating]:
    return ((features - centre) ** 2).sum(1)


def _nearest(features: NDArray[np.floating], centres: NDArray[np.floating]) -> NDArray[np.floating]:
    nearest = np.full(len(features), np.inf)
    for centre in centres:
        nearest = np.minimum(nearest, _squared(features, centre))
    return nearest
