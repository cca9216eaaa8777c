"""A sweep as MLflow parents, mirrored from made-up learning curves: enough of one to look at in the UI."""

from pathlib import Path

import numpy as np
from PIL import Image

from cdal import curve, figures, params, report, tracking
from cdal.params import Params
from cdal.tracking.parent import find_or_create_parent
from tests.test_report import LEVEL, METRICS

ROOT = Path(__file__).parent.parent
METHODS = {"Random": 60.0, "MCBN": 25.0, "Ensemble": 30.0}
"""Labelled tiles that the made-up curve of each method takes to climb by 1 - 1/e."""
DATA = {"cdal.data": "0123456789abcdef", "cdal.split": "fedcba9876543210"}


def settings(method: str, seed: int, initial: str = "balanced", experiment: str = "sweep") -> Params:
    """The default parameters but for these."""
    raw = params.load(ROOT / "params.yaml").model_dump()
    raw["al"] |= {"method": method, "acquisition": "BALD", "initial": initial}
    raw["members"] = raw["al"]["ensemble"]["members"] if method == "Ensemble" else 1
    raw["tracking"]["experiment"] = experiment
    return Params.model_validate(raw | {"seed": seed})


def rows(method: str, seed: int, rounds: int = 6) -> list[curve.Row]:
    """curve.csv of a run whose average precision climbs from 0.3 towards 0.8."""
    rng = np.random.default_rng([seed, len(method)])
    found: list[curve.Row] = []
    for index in range(rounds):
        labelled = 24 + 16 * index
        height = float(0.8 - 0.5 * np.exp(-(labelled - 24) / METHODS[method]) + rng.normal(0, 0.015))
        change = min(round(0.5 * 24 + (2 if method == "Random" else 7) * index), labelled)
        found.append({
            "round": f"r{index:02d}", "labelled": labelled, "validation": 40, "spent": labelled + 40,
            "change_tiles": change, "no_change_tiles": labelled - change, "ambiguous_tiles": 0,
            **{f"test_{unit}_{name}": height ** power for unit in ("pixel", "tile")
               for name, power in (("average_precision", 1), ("f1", 1.2), ("iou", 2), ("roc_auc", 0.1))},
        })  # fmt: skip
    return found


def mirror(settings: Params, found: list[curve.Row], folder: Path) -> str:
    """Write report, picture, gallery and tables of the run into `folder`, mirror them; the parent's id."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    figures.save(figures.learning_curve(found), folder / "figures" / "learning_curve.png")
    Image.new("RGB", (400, 160), "#0072B2").save(folder / "r00.png")
    curve.write(folder / "curve.csv", found)
    (folder / "labelled.csv").write_text("tile_id,round,origin,labeller\n")
    report.build(
        folder / "report.html", facts={"method": settings.al.method, "seed": settings.seed}, curve=found,
        metrics={**METRICS, "test": {"pixel": LEVEL, "tile": LEVEL}}, timings=[],
        figures={"learning_curve": folder / "figures" / "learning_curve.png"}, galleries=[("r00", folder / "r00.png")],
    )  # fmt: skip
    parent = str(find_or_create_parent(settings).info.run_id)
    for key, value in DATA.items():
        tracking.store.client().set_tag(parent, key, value)
    tracking.mirror(
        settings,
        curve=curve.read(folder / "curve.csv"),
        artifacts=[
            (folder / "report.html", ""),
            (folder / "curve.csv", "data"),
            (folder / "labelled.csv", "data"),
            (folder / "figures" / "learning_curve.png", "figures"),
            (folder / "r00.png", "gallery"),
        ],
        description=f"**{found[-1]['labelled']} labelled tiles**, made up.",
    )
    return parent


def fill(folder: Path, seeds: int = 4) -> list[str]:
    """Mirror every method with `seeds` seeds, two stages each, and full supervision; the parents' ids."""
    made = []
    for method in METHODS:
        for seed in range(1, seeds + 1):
            wanted = settings(method, seed)
            for stage in ("score", "retrain"):
                with tracking.stage(wanted, stage, round="r01"):
                    pass
            made.append(mirror(wanted, rows(method, seed), folder / f"{method}{seed}"))
    full = [{**rows("Ensemble", 1)[-1], "round": "r00", "labelled": 400, "test_pixel_average_precision": 0.8}]
    return [*made, mirror(settings("Random", 1, initial="all"), full, folder / "full")]
