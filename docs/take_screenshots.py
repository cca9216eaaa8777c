"""Take docs/images/mlflow-*.png of the real MLflow UI, showing the study of the built-in city: `make screenshots`.

Needs `make study` (a part of it will do: twelve experiments fill the table) and Debian's chromium. Also takes
docs/images/compare.png of the comparison that docs/comparing.md begins with.
"""

import argparse
import tempfile
from pathlib import Path

from PIL import Image

from cdal.errors import UserError
from docs import browser

OUT = Path("docs/images")
ENOUGH = 12
"""Experiments that make a sweep worth a picture."""
COLOURS = 128
"""Of the palette: screenshots have few, and become a third of the size."""


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(prog="python -m docs.take_screenshots", description=__doc__)
    parser.add_argument("--experiment", default="study-city", help="MLflow experiment of the sweep (%(default)s)")
    parser.add_argument("--run", default="MCBN-BALD seed 5", help="whose page is shown; a recent one (%(default)s)")
    parser.add_argument("--page", type=Path, default=Path("comparison/compare.html"), help="a comparison (%(default)s)")
    options = parser.parse_args()

    from cdal.tracking import store, view
    from tests.servers import mlflow_server

    take_comparison(options.page)
    experiment, parent = find(options.experiment, options.run)
    view.install(experiment)
    with tempfile.TemporaryDirectory() as scratch, mlflow_server(store.uri(), Path(scratch)) as server:
        take_sweep(server, experiment, options.run)
        take_run(f"{server}/#/experiments/{experiment}/runs/{parent}")
        take_stage(server, experiment, parent)


def find(name: str, run: str) -> tuple[str, str]:
    """Ids of the experiment and of the parent. Raises UserError without a sweep, or without that run in it."""
    from cdal.tracking import store

    found = store.client().get_experiment_by_name(name)
    parents = found and store.client().search_runs([found.experiment_id], "tags.`cdal.kind` = 'parent'")
    if not found or len(parents) < ENOUGH:
        raise UserError(f"{store.uri()} has {len(parents or [])} runs in {name}, expected {ENOUGH}; run `make study`")
    chosen = [parent.info.run_id for parent in parents if parent.info.run_name == run]
    if not chosen:
        raise UserError(f"no run of {name} is called {run!r}; choose one with --run")
    return str(found.experiment_id), str(chosen[0])


def take_comparison(path: Path) -> None:
    """The beginning of the page of a comparison: findings and learning curves."""
    with browser.page(1100, 1250) as page:
        page.goto(path.resolve().as_uri())
        page.locator("#chart svg .mark-line path").first.wait_for()
        save(page, "compare")


def take_sweep(server: str, experiment: str, run: str) -> None:
    """The three views of a sweep."""
    from cdal.tracking import view

    with browser.page(1500, 1000) as page:
        browser.show_table(page, view.address(experiment, server))
        save(page, "mlflow-table")
        browser.show_charts(page, view.address(experiment, server, charts=True))
        save(page, "mlflow-charts")
        browser.show_table(page, view.address(experiment, server, view.STAGES_VIEW), run)
        browser.expand(page, run)
        save(page, "mlflow-stages")


def take_run(address: str) -> None:
    """The page of an experiment: description, report, gallery."""
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
