"""Experiments with curves that a person can check, for comparisons: as such, and as MLflow parents."""

from pathlib import Path
from typing import Any

from cdal import curve, params, tracking
from cdal.comparing.experiments import Experiment, frame
from cdal.params import Params
from cdal.tracking import log, store
from cdal.tracking.parent import find_or_create_parent, name

ROOT = Path(__file__).parent.parent
START, BATCH, VALIDATION = 20, 40, 10
METRIC = "test_pixel_average_precision"
TAGS = {"cdal.data": "d" * 16, "cdal.split": "e" * 16, "git.commit": "c" * 40}

Heights = list[float]


def settings(method: str, seed: int, **changes: Any) -> Params:
    """The parameters of params.yaml but for these; changes: `al_batch=8` for al.batch, `data_tile=32`."""
    raw = params.load(ROOT / "params.yaml").model_dump()
    raw["al"] |= {"method": method, "acquisition": "BALD"}
    for key, value in changes.items():
        section, _, rest = key.partition("_")
        raw[section][rest] = value
    iterations = raw["al"]["iterations"]
    raw |= {"seed": seed, "rounds": params.unroll(iterations), "last": params.last_round(iterations)}
    raw["members"] = raw["al"]["ensemble"]["members"] if method == "Ensemble" else 1
    raw["flow"] = {}
    return Params.model_validate(raw)


def full(seed: int, **changes: Any) -> Params:
    """Full supervision."""
    return settings("Random", seed, al_initial="all", al_iterations=0, **changes)


def rows(heights: Heights, *, start: int = START, hits: int = 10) -> list[curve.Row]:
    """curve.csv: average precision by round; `hits` change tiles in every batch of 40, a pool with 5 % of them."""
    return [
        {
            "round": f"r{index:02d}", "labelled": start + BATCH * index, "validation": VALIDATION,
            "spent": start + BATCH * index + VALIDATION, METRIC: height, "test_pixel_roc_auc": 0.9 + height / 10,
            "acquired_tiles": BATCH * (index > 0), "acquired_change_tiles": hits * (index > 0), "pool_tiles": 1000,
            "pool_change_tiles": 50, "review_80": 0.5, "review_90": 0.9 - height / 2, "review_95": 0.7,
            "seconds": 60 * (index > 0),
        }
        for index, height in enumerate(heights)
    ]  # fmt: skip


def ledger(seed: int, rounds: int, first: int) -> str:
    """labelled.csv: batches of 40 tiles from number `first` on."""
    lines = ["tile_id,round,origin,labeller", *(f"start_{seed}_{i},r00,initial,oracle" for i in range(START))]
    lines += [f"tile_{first + i},r{1 + i // BATCH:02d},acquired,oracle" for i in range(BATCH * rounds)]
    return "\n".join(lines) + "\n"


def experiment(wanted: Params, heights: Heights, **fields: Any) -> Experiment:
    """As a comparison gets it from a reader."""
    start = 1000 if wanted.al.initial == "all" else START
    table = frame(rows(heights, start=start))
    values = {"status": "FINISHED", "data": "d", "split": "e", "code": "c", "logged": (METRIC,)} | fields
    flat = {key: str(value) for key, value in log.flatten(wanted.model_dump()).items()}
    source = values.pop("source", f"{wanted.al.method}{wanted.seed}")
    return Experiment(name(wanted), source, params=flat, curve=values.pop("curve", table), **values)


def mirror(wanted: Params, heights: Heights, folder: Path, *, first: int = 0, hits: int = 10) -> str:
    """The same as a finished parent in MLflow; its id."""
    folder.mkdir(parents=True, exist_ok=True)
    start = 1000 if wanted.al.initial == "all" else START
    curve.write(folder / "curve.csv", rows(heights, start=start, hits=hits))
    (folder / "labelled.csv").write_text(ledger(wanted.seed, len(heights) - 1, first))
    run = str(find_or_create_parent(wanted).info.run_id)
    for key, value in TAGS.items():
        store.client().set_tag(run, key, value)
    tables = [(folder / name, "data") for name in ("curve.csv", "labelled.csv")]
    tracking.mirror(wanted, curve=curve.read(folder / "curve.csv"), artifacts=tables, description="made up")
    return run
