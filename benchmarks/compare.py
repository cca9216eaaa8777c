"""`compare` over a made-up MLflow store of 60 parents of 40 rounds: `python -m benchmarks.compare`."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
METHODS = (
    ("Random", "Variance", 260.0), ("MCBN", "Variance", 150.0), ("MCBN", "BALD", 140.0), ("MCBN", "Entropy", 155.0),
    ("Ensemble", "Variance", 130.0), ("Ensemble", "BALD", 125.0),
)  # fmt: skip
"""Method, acquisition, and labelled tiles in which the made-up learning curve climbs by 1 - 1/e."""
SEEDS, ROUNDS, START, BATCH, POOL, VALIDATION, CHANGE = 10, 40, 24, 16, 1320, 190, 0.06
TAGS = {"cdal.kind": "parent", "git.commit": "0" * 40, "cdal.data": "1" * 16, "cdal.split": "2" * 16}


def figures() -> list[dict[str, Any]]:
    """Each measured number with its target, and whether it holds."""
    few, _ = _measured(seeds=1)
    many, page = _measured(seeds=SEEDS)
    what = f"compare: {many['parents']:.0f} parents of {ROUNDS} rounds"
    more = f"compare: more statements to the database than for {few['parents']:.0f} parents"
    return [
        _figure(f"{what}, seconds", round(many["seconds"], 2), 10),
        _figure(f"{what}, MB resident", round(many["peak"]), 500),
        _figure(f"{what}, MB of the page", round(page, 2), 5),
        _figure(more, many["statements"] - few["statements"], 0),
    ]


def _measured(seeds: int) -> tuple[dict[str, float], float]:
    """What `measure` printed in a process of its own, with the number of parents, and MB of the page."""
    with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
        number = fill(Path(scratch), seeds)
        environment = {**os.environ, "DVC_ROOT": scratch}
        environment.pop("MLFLOW_TRACKING_URI", None)
        command = [sys.executable, "-m", "benchmarks.compare", str(Path(scratch) / "out")]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
        found = json.loads(done.stdout.splitlines()[-1])
        return found | {"parents": number}, (Path(scratch) / "out" / "compare.html").stat().st_size / 1e6


def fill(folder: Path, seeds: int) -> int:
    """Write parents and full supervision into the default store of `folder` (mlflow.db); how many there are."""
    os.environ["DVC_ROOT"] = str(folder)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    from cdal.tracking import store

    store.uri.cache_clear()
    store.client.cache_clear()
    for method, acquisition, scale in METHODS:
        for seed in range(1, seeds + 1):
            own = {"al.method": method, "al.acquisition": acquisition, "al.iterations": ROUNDS}
            name = f"{method}-{acquisition} seed {seed}"
            _log(name, {**own, "seed": seed}, rows(scale, seed), ledger(scale, seed))
    for seed in (1, 2, 3):
        own = {"al.method": "Random", "al.initial": "all", "al.iterations": 0, "seed": seed}
        end = {"labelled": POOL, "spent": POOL + VALIDATION, "test_pixel_average_precision": 0.7 + seed / 500}
        _log(f"full supervision seed {seed}", own, [{**rows(100.0, seed)[0], **end}], "")
    return len(METHODS) * seeds + 3


def rows(scale: float, seed: int) -> list[dict[str, float]]:
    """A made-up curve.csv: average precision climbs from 0.2 towards 0.72, with noise of 0.02 a round."""
    rng = np.random.default_rng([seed, int(scale)])
    offset = np.random.default_rng(seed).normal(0, 0.03)  # the same start for all methods of a seed
    found, change = [], START // 2
    for index in range(ROUNDS + 1):
        labelled = START + BATCH * index
        height = float(np.clip(0.72 - (0.52 - offset) * np.exp(-(labelled - START) / scale), 0, 1))
        height += float(rng.normal(0, 0.02)) * (index > 0)
        hit = int(rng.binomial(BATCH, CHANGE * (260 / scale) ** 2)) if index else 0
        change += hit
        found.append({
            "labelled": labelled, "validation": VALIDATION, "spent": labelled + VALIDATION, "change_tiles": change,
            "acquired_tiles": BATCH if index else 0, "acquired_change_tiles": hit,
            "pool_tiles": POOL, "pool_change_tiles": round(CHANGE * POOL),
            **{f"test_{unit}_{name}": height**power for unit in ("pixel", "tile")
               for name, power in (("average_precision", 1), ("f1", 1.2), ("iou", 2), ("roc_auc", 0.1))},
            **{f"review_{recall}": float(np.clip(recall / 100 - 0.8 * height, 0.02, 1)) for recall in (80, 90, 95)},
            "seconds": 40 + 0.1 * labelled,
        })  # fmt: skip
    return found


def ledger(scale: float, seed: int) -> str:
    """A made-up labelled.csv: the start depends on the seed; methods, but for Random, prefer the same tiles."""
    start = np.random.default_rng(seed).permutation(POOL)[:START]
    weight = np.exp(-np.arange(POOL) / POOL * (0 if scale > 200 else 3))
    weight[start] = 0
    chosen = np.random.default_rng([seed, int(scale)]).choice(
        POOL, ROUNDS * BATCH, replace=False, p=weight / weight.sum()
    )
    lines = ["tile_id,round,origin,labeller", *(f"tile_{tile:04d},r00,initial,oracle" for tile in start)]
    lines += [f"tile_{tile:04d},r{1 + i // BATCH:02d},acquired,oracle" for i, tile in enumerate(chosen)]
    return "\n".join(lines) + "\n"


def _log(name: str, own: dict[str, Any], curve: list[dict[str, float]], labelled: str) -> None:
    from mlflow.entities import Metric, Param

    from cdal import params
    from cdal.tracking import log, store

    client = store.client()
    run = client.create_run(store.experiment_id("cdal"), tags=TAGS, run_name=name).info.run_id
    settings = log.flatten(params.load(ROOT / "params.yaml").model_dump(exclude={"flow", "rounds"})) | own
    client.log_batch(run, params=[Param(key, str(value)) for key, value in settings.items()])
    log.points(run, [Metric(key, float(v), 0, int(row["labelled"])) for row in curve for key, v in row.items()])
    if labelled:
        client.log_text(run, labelled, "data/labelled.csv")
    client.set_terminated(run, "FINISHED")


def _figure(name: str, value: float, target: float) -> dict[str, Any]:
    return {"figure": name, "value": value, "target": target, "holds": value <= target}


def measure(out: str) -> None:
    """Run the command in this process; seconds since its start, peak memory and database statements as JSON."""
    from sqlalchemy import Engine, event

    from cdal.__main__ import main

    statements = []
    event.listen(Engine, "before_cursor_execute", lambda *found: statements.append(found[2]))
    main(["compare", "--out", out])
    seconds = time.perf_counter() - STARTED
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"seconds": seconds, "peak": peak, "statements": len(statements)}))


def main() -> None:
    """Print the figures."""
    for found in figures():
        verdict = "holds" if found["holds"] else "MISSED"
        print(f"{found['value']:>8}  target {found['target']:>6}  {verdict:<6}  {found['figure']}")


STARTED = time.perf_counter()
if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) == 2 else main()
