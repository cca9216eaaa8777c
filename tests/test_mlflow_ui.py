"""The real MLflow UI in a real browser: parents, curves, description and report render."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docs import browser
from tests import sweep
from tests.servers import mlflow_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_parents_curves_description_and_report_render(own_store: Path) -> None:
    from cdal import tracking

    parents = sweep.fill(own_store / "work")
    with mlflow_server(f"sqlite:///{own_store / 'mlflow.db'}", own_store) as server, browser.page() as page:
        views = tracking.views(sweep.settings("MCBN", 1), server)
        run = f"{server}/#/experiments/1/runs/{parents[5]}"
        check_table(page, views["table of experiments"])
        check_stages(page, views["experiments and their stages"])
        check_charts(page, views["learning curves"])
        check_run(page, run)


def check_table(page: "Page", address: str) -> None:
    """13 parents, best first, with the columns that matter and no stage among them."""
    browser.show_table(page, address, "MCBN-BALD seed 3")
    text = page.locator(".ag-root").inner_text()
    assert "13 matching runs" in page.inner_text("body")
    for expected in ("al.method", "area_under_lea", "labels_to_95", "test_pixel_average", "full supervision seed 1"):
        assert expected in text
    assert "retrain r01" not in text
    names = [name for name in text.splitlines() if " seed " in name]
    assert names[0].startswith("MCBN") and names[-2].startswith("Random")


def check_stages(page: "Page", address: str) -> None:
    """Stages are collapsed under their experiments, and appear when one is opened."""
    browser.show_table(page, address, "Random seed 1")
    assert page.get_by_role("link", name="retrain r01").count() == 0
    browser.expand(page, "Random seed 1")


def check_charts(page: "Page", address: str) -> None:
    """The learning curves of all methods lie in one chart: at least one line for each of the 12 runs."""
    browser.show_charts(page, address)
    assert page.locator(".js-line").count() >= 12
    assert page.get_by_text("Learning curves", exact=False).count() >= 1


def check_run(page: "Page", address: str) -> None:
    """The description has its picture and the command; the report opens among the artifacts."""
    browser.show_run(page, address)
    assert "dvc exp run" in page.inner_text("body") and "-S al.method=MCBN" in page.inner_text("body")
    browser.show_report(page, address)
    report = page.frame_locator("iframe")
    assert "Which tiles to label" in report.locator("h1").inner_text()
    page.get_by_text("gallery", exact=True).click()
    page.get_by_text("r00.png").wait_for()
