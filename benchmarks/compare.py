"""`compare` over a made-up MLflow store of 60 parents of 40 rounds: seconds, memory, queries, size of the page."""

import os
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
METHODS = (
    ("Random", "Variance", 260.0), ("MCBN", "Variance", 150.0), ("MCBN", "BALD", 140.0), ("MCBN", "Entropy", 150.0),
    ("Ensemble", "Variance", 130.0), ("Ensemble", "BALD", 125.0),
)  # fmt: skip
"""Method, acquisition, and labelled tiles in which the made-up learning curve climbs by 1 - 1/e."""
SEEDS, ROUNDS, START, BATCH, POOL, CHANGE = 10, 40, 24, 16, 1320, 0.06


def rows(scale: float, seed: int, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """A made-up curve.csv: average precision climbs from 0.2 towards 0.72, with noise of 0.02 a round."""
    rng = np.random.default_rng([seed, int(scale)])
    offset = np.random.default_rng(seed).normal(0, 0.03)  # the same start for all methods of a seed
    found, change = [], START // 2
    for index in range(rounds + 1):
        labelled = START + BATCH * index
        height = float(np.clip(0.72 - (0.52 - offset) * np.exp(-(labelled - START) / scale), 0, 1))
        height += float(rng.normal(0, 0.02)) * (index > 0)
        hit = int(rng.binomial(BATCH, CHANGE * (260 / scale) ** 2)) if index else 0
        change += hit
        found.append({
            "round": f"r{index:02d}", "labelled": labelled, "validation": 190, "spent": labelled + 190,
            "change_tiles": change, "acquired_tiles": BATCH if index else 0, "acquired_change_tiles": hit,
            "pool_tiles": POOL, "pool_change_tiles": round(CHANGE * POOL),
            **{f"test_{unit}_{name}": height**power for unit in ("pixel", "tile")
               for name, power in (("average_precision", 1), ("f1", 1.2), ("iou", 2), ("roc_auc", 0.1))},
            **{f"review_{recall}": float(np.clip(recall / 100 - 0.8 * height, 0.02, 1)) for recall in (80, 90, 95)},
            "seconds": 40 + 0.1 * labelled,
        })  # fmt: skip
    return found


def ledger(scale: float, seed: int, rounds: int) -> str:
    """A made-up labelled.csv: the start depends on the seed, methods prefer the same few tiles."""
    start = np.random.default_rng(seed).permutation(POOL)
    weight = np.exp(-np.arange(POOL) / POOL * (0 if scale > 200 else 3))
    weight[start[:START]] = 0
    order = np.random.default_rng([seed, int(scale)]).choice(
        POOL, rounds * BATCH, replace=False, p=weight / weight.sum()
    )
    lines = ["tile_id,round,origin,labeller", *(f"tile_{tile:04d},r00,initial,oracle" for tile in start[:START])]
    lines += [f"tile_{tile:04d},r{1 + i // BATCH:02d},acquired,oracle" for i, tile in enumerate(order)]
    return "\n".join(lines) + "\n"


def fill(folder: Path, seeds: int = SEEDS, rounds: int = ROUNDS, methods: tuple[Any, ...] = METHODS) -> int:
    """Write parents into the default store of `folder` (mlflow.db), and full supervision; how many there are."""
    os.environ["DVC_ROOT"] = str(folder)
    from mlflow.entities import Metric, Param

    from cdal import params
    from cdal.tracking import store
    from cdal.tracking.runs import flatten

    shared = flatten(params.load(ROOT / "params.yaml").model_dump())
    client, made = store.client(), 0
    experiment = store.experiment_id("cdal")
    full = [("Random", "Variance", 1.0, seed) for seed in range(1, 4)]
    for method, acquisition, scale, seed in [
        (*method, seed) for method in methods for seed in range(1, seeds + 1)
    ] + full:
        is_full = scale == 1.0
        curve = (
            [
                {
                    **rows(100.0, seed, 1)[0],
                    "labelled": POOL,
                    "spent": POOL + 190,
                    "test_pixel_average_precision": 0.7 + seed / 500,
                }
            ]
            if is_full
            else rows(scale, seed, rounds)
        )
        name = f"full supervision seed {seed}" if is_full else f"{method}-{acquisition} seed {seed}"
        tags = {"cdal.kind": "parent", "git.commit": "0" * 40, "cdal.data": "1" * 16, "cdal.split": "2" * 16}
        run = client.create_run(experiment, tags=tags, run_name=name).info.run_id
        own = {"al.method": method, "al.acquisition": acquisition, "seed": seed, "al.iterations": len(curve) - 1,
               "al.batch": BATCH, "al.initial_size": START, "al.initial": "all" if is_full else "balanced"}  # fmt: skip
        points = [
            Metric(key, float(value), made, row["labelled"])
            for row in curve
            for key, value in row.items()
            if key != "round"
        ]
        client.log_batch(run, params=[Param(key, str(value)) for key, value in (shared | own).items()])
        for start in range(0, len(points), 1000):
            client.log_batch(run, metrics=points[start : start + 1000])
        if not is_full:
            client.log_text(run, ledger(scale, seed, rounds), "data/labelled.csv")
        client.set_terminated(run, "FINISHED")
        made += 1
    return made
