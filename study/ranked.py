"""`python -m study.ranked`: what else the same models would have acquired, had they ranked the pool in another way.

For every round of a plan's finished experiments: how many of the tiles that an acquisition function ranks first hold
change. A look behind the results that uses labels of the pool, which no method may. Reads DVC's cache.
"""

import argparse
import io
import sys

import numpy as np
import pandas as pd
import yaml
from dvc.api import DVCFileSystem
from numpy.typing import NDArray

from cdal.acquisition import ACQUISITIONS
from cdal.comparing.shown import text
from cdal.errors import UserError
from study import plan, queue
from study.__main__ import PLANS, names

FRACTION = 0.05
"""Of a tile's map cells that `top` takes the mean of, as al.top_fraction is."""
CHANCE, OWN = "by chance", "what the method ranks by, top 5 %"
DRAWN = "what the method ranks by, drawn as power does"


def hits(scores: NDArray[np.floating], change: NDArray[np.bool_], batch: int) -> int:
    """Change tiles among the `batch` highest of the scores (N,)."""
    return int(change[np.argsort(-scores, kind="stable")[:batch]].sum())


def drawn(scores: NDArray[np.floating], change: NDArray[np.bool_], batch: int) -> float:
    """Change tiles to expect in a batch drawn in proportion to the scores (N,), as the selector `power` draws."""
    return float(batch * scores[change].sum() / scores.sum())


def rankings(scores: pd.DataFrame, maps: NDArray[np.uint8]) -> dict[str, NDArray[np.floating]]:
    """Scores (N,) by how they were made: scores.csv's functions, and the highest cells of maps.npy (N, 2, h, w), of
    P(change) and of the function that the experiment itself ranks by."""
    cells = maps.reshape(len(maps), 2, -1).astype(np.float64)
    top = np.sort(cells, axis=2)[:, :, -max(1, round(FRACTION * cells.shape[2])) :].mean(axis=2)
    means = {f"{name}, mean": scores[name.lower()].to_numpy() for name in ACQUISITIONS if name.lower() in scores}
    return means | {OWN: top[:, 1], "Change, top 5 %": top[:, 0]}


def experiment(commit: str) -> pd.DataFrame:
    """A row a round of an experiment (none of full supervision): method, and change tiles in the batch by ranking."""
    files = DVCFileSystem(rev=commit)
    params = yaml.safe_load(files.cat_file("params.yaml"))
    classes = _table(files, "data/tiles/labels/tiles.csv").set_index("tile_id")["class"]
    rows = []
    for name in params["rounds"]:
        scores = _table(files, f"rounds/{name}/scores.csv")
        maps = np.load(io.BytesIO(files.cat_file(f"rounds/{name}/maps.npy")))
        change = (classes.loc[scores["tile_id"]] == "change").to_numpy()
        batch = params["al"]["batch"]
        found: dict[str, float] = {kind: hits(values, change, batch) for kind, values in rankings(scores, maps).items()}
        if params["al"]["method"] == "Random":  # ranks by nothing
            del found[OWN]
        else:
            found[DRAWN] = drawn(scores[params["al"]["acquisition"].lower()].to_numpy(), change, batch)
        rows.append({"method": params["al"]["method"], CHANCE: batch * change.mean(), **found})
    return pd.DataFrame(rows)


def _table(files: DVCFileSystem, path: str) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(files.cat_file(path)))


def main() -> None:
    """Print means over rounds and experiments by method."""
    parser = argparse.ArgumentParser(prog="python -m study.ranked", description=__doc__)
    parser.add_argument("plan", nargs="?", default="city", help="a plan of study/plans.yaml (%(default)s)")
    parser.add_argument("--arms", type=names, default=[], metavar="ARM,...", help="only these, as Random,MCBN-BALD")
    options = parser.parse_args()
    chosen = plan.read(PLANS)[options.plan]
    commits = [queue.commit(job.name) for job in chosen.jobs(options.arms)]
    found = [experiment(commit) for commit in commits if commit]
    if not found:
        raise UserError(f"no finished experiment of {chosen.name} is here; run `python -m study {chosen.name}`")
    rounds = pd.concat(found, ignore_index=True).groupby("method")
    means = rounds.mean()
    head = ["ranked by", *(f"{method} ({n})" for method, n in rounds.size().items())]
    rows = [[str(kind), *("–" if np.isnan(value) else f"{value:.1f}" for value in means[kind])] for kind in means]
    print(f"change tiles in a batch; in brackets: rounds that it is the mean of\n{text((head, rows))}")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"cdal: {error}")
