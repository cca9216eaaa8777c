"""Debian's Chromium, driven through Playwright, on a real MLflow server: for screenshots and the browser tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = "localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')"
"""Keeps MLflow's assistant from opening over the page on a first visit."""


@contextmanager
def page(width: int = 1500, height: int = 900) -> Iterator["Page"]:
    """A page of a new browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": width, "height": height})
        opened.set_default_timeout(60_000)
        opened.add_init_script(QUIET)
        try:
            yield opened
        finally:
            browser.close()


def show_charts(opened: "Page", address: str) -> None:
    """Open the charts of a view and wait until curves are drawn."""
    opened.goto(address)
    opened.locator(".js-line path, .scatterlayer path").first.wait_for()
    opened.wait_for_timeout(2000)


def show_table(opened: "Page", address: str, name: str | None = None) -> None:
    """Open the table of a view and wait for the run of that name, which must be among the first, or for any run."""
    opened.goto(address)
    row = opened.get_by_role("link", name=name, exact=True) if name else opened.locator(".ag-row a")
    row.first.wait_for()
    opened.wait_for_timeout(1500)


def show_run(opened: "Page", address: str) -> None:
    """Open a run's page with the whole description, and wait for its picture."""
    opened.goto(address)
    opened.get_by_text("Show more").click()
    opened.wait_for_function("[...document.images].some(i => i.src.includes('learning_curve_small') && i.naturalWidth)")
    opened.wait_for_timeout(1500)  # the description unfolds slowly


def show_report(opened: "Page", address: str) -> None:
    """Open report.html among a run's artifacts, and wait until it is drawn."""
    opened.goto(f"{address}/artifacts/report.html?workflowType=machine_learning")
    opened.frame_locator("iframe").get_by_role("heading", name="Learning curve").wait_for()
    _hide_path(opened)
    opened.wait_for_timeout(500)


def show_file(opened: "Page", address: str, path: str) -> None:
    """Open a picture among a run's artifacts."""
    opened.goto(f"{address}/artifacts/{path}?workflowType=machine_learning")
    opened.get_by_text(path, exact=True).wait_for()
    opened.wait_for_timeout(4000)  # it is drawn as a background, which has no event
    _hide_path(opened)


def _hide_path(opened: "Page") -> None:
    """Hide the artifact's absolute path, which is no one else's."""
    opened.get_by_text("Path: ").first.evaluate("element => { element.style.visibility = 'hidden' }")


def show_system(opened: "Page", address: str) -> None:
    """Open the system metrics of a run, and wait until they are drawn."""
    opened.goto(f"{address}/system-metrics?workflowType=machine_learning")
    opened.locator(".js-plotly-plot .trace").first.wait_for()
    opened.wait_for_timeout(2000)


def expand(opened: "Page", name: str) -> None:
    """Show the stages of the experiment of that name in a table."""
    experiment = opened.get_by_role("link", name=name, exact=True)
    opened.locator(".ag-row", has=experiment).locator("button").first.click()
    opened.get_by_role("link", name="retrain r01").first.wait_for()
    opened.wait_for_timeout(500)
