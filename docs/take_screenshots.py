"""Take docs/images/mlflow-*.png of the real MLflow UI: `make screenshots`, after `make experiment`.

Also docs/images/compare.png of comparison/compare.html, if `python -m cdal compare` was run.

The table and the charts show a sweep of 12 experiments with made-up learning curves (tests/sweep.py), in a store of
their own; the run's page, its report and its gallery are the experiment in the workspace.
"""

import os
import tempfile
from pathlib import Path

from PIL import Image

from docs import browser

OUT = Path("docs/images")
COMPARED = Path("comparison/compare.html")
COLOURS = 128
"""Of the palette: screenshots have few, and become a third of the size."""


def main() -> None:
    """Take all of them."""
    from cdal import params
    from cdal.tracking import store
    from cdal.tracking.parent import find_or_create_parent
    from tests.servers import mlflow_server

    if COMPARED.is_file():
        take_comparison()
    with tempfile.TemporaryDirectory() as scratch:
        settings = params.load()
        parent = find_or_create_parent(settings)
        with mlflow_server(store.uri(), Path(scratch)) as server:
            take_run(f"{server}/#/experiments/{parent.info.experiment_id}/runs/{parent.info.run_id}")
            take_stage(server, parent.info.experiment_id, parent.info.run_id)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["DVC_ROOT"] = scratch
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        store.uri.cache_clear()
        store.client.cache_clear()
        take_sweep(Path(scratch))


def take_comparison() -> None:
    """The beginning of the page of a comparison: findings and learning curves."""
    with browser.page(1100, 1250) as page:
        page.goto(COMPARED.resolve().as_uri())
        page.locator("#chart svg .mark-line path").first.wait_for()
        save(page, "compare")


def take_sweep(folder: Path) -> None:
    """The three views of a sweep."""
    from cdal import tracking
    from tests import sweep
    from tests.servers import mlflow_server

    sweep.fill(folder / "work")
    with mlflow_server(tracking.uri(), folder) as server, browser.page(1500, 1000) as page:
        views = tracking.views(sweep.settings("MCBN", 1), server)
        browser.show_table(page, views["table of experiments"], "MCBN-BALD seed 3")
        save(page, "mlflow-table")
        browser.show_charts(page, views["learning curves"])
        save(page, "mlflow-charts")
        browser.show_table(page, views["experiments and their stages"], "MCBN-BALD seed 1")
        browser.expand(page, "MCBN-BALD seed 1")
        save(page, "mlflow-stages")


def take_run(address: str) -> None:
    """The page of the workspace's experiment: description, report, gallery."""
    with browser.page(1500, 1000) as page:
        browser.show_run(page, f"{address}?workflowType=machine_learning")
        save(page, "mlflow-run")
    with browser.page(1500, 1000) as page:
        browser.show_report(page, address)
        save(page, "mlflow-report")
    with browser.page(1500, 1000) as page:
        browser.show_file(page, address, "gallery/r01.png")
        save(page, "mlflow-gallery")


def take_stage(server: str, experiment: str, parent: str) -> None:
    """System metrics of the last retrain stage."""
    from cdal.tracking import store

    found = store.client().search_runs(
        [experiment],
        f"tags.`mlflow.parentRunId` = '{parent}' and tags.`cdal.stage` = 'retrain' and attributes.status = 'FINISHED'",
        max_results=1,
    )
    with browser.page(1500, 900) as page:
        browser.show_system(page, f"{server}/#/experiments/{experiment}/runs/{found[0].info.run_id}")
        save(page, "mlflow-system")


def save(page: "browser.Page", name: str) -> None:
    """Save what the page shows as a small PNG."""
    path = OUT / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
