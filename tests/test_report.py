"""The report: one file with everything in it and the numbers right; the table for the terminal."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cdal import report
from tests.test_figures import make_curve, make_effort, make_timings

FACTS = {
    "method": "MCBN",
    "acquisition": "BALD",
    "seed": 3,
    "batch": 10,
    "data": "my <city>",
    "split.by": "scene",
}
LEVEL = {
    "precision": 0.81, "recall": 0.74, "f1": 0.7731, "accuracy": 0.97, "iou": 0.63, "roc_auc": 0.961,
    "average_precision": 0.8424, "ece": None,
    "tp": 91234, "fp": 21400, "fn": 32055, "tn": 1200345, "base_rate": 0.08,
}  # fmt: skip
METRICS = {
    "round": "r03",
    "labels": {
        "pool": 1536, "labelled": 50, "initial": 20, "acquired": 30, "validation": 30, "spent": 80,
        "change": 22, "no_change": 25, "ambiguous": 3, "human": 0,
    },
    "threshold": {"pixel": 0.45, "tile": None},
    "val": {"pixel": LEVEL, "tile": LEVEL},
    "test": {"pixel": LEVEL, "tile": {**LEVEL, "f1": None}},
    "effort": make_effort(),
    "notes": ["the initial set was drawn with labels (balanced)"],
}  # fmt: skip
VOID = {"meta", "link", "img", "br"}


@pytest.fixture
def png(tmp_path: Path) -> Path:
    """A small PNG."""
    Image.new("RGB", (40, 30), "#0072B2").save(tmp_path / "small.png")
    return tmp_path / "small.png"


def build(folder: Path, **changed: Any) -> str:
    """The page of a run, with arguments changed."""
    arguments: dict[str, Any] = {
        "facts": FACTS, "curve": make_curve(4), "metrics": METRICS, "figures": {}, "timings": [],
        "galleries": [],
    }  # fmt: skip
    report.build(folder / "report.html", **(arguments | changed))
    return (folder / "report.html").read_text()


class Page(HTMLParser):
    """Checks that tags nest, and collects what is referred to, images and headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.references += [found[name] or "" for name in ("src", "href", "srcset", "action") if name in found]
        if tag == "img":
            self.images.append(found)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_holds_every_picture_and_refers_to_nothing_outside(tmp_path: Path, png: Path) -> None:
    names = {name: png for name in (*report.CAPTIONS, "something_new")}
    html = build(tmp_path, figures=names, timings=make_timings(), galleries=[("r01", png), ("r02", png)])
    page = Page(html)
    assert len(page.images) == len(names) + 2
    assert all((image["src"] or "").startswith("data:image/") and image["alt"] for image in page.images)
    assert all(reference.startswith(("data:", "#")) for reference in page.references)
    assert not re.search(r"https?://|@import|url\(|<script", html)
    assert page.headings[0] == "h1"
    assert page.headings.count("h1") == 1
    assert '<html lang="en">' in html
    for reference in page.references:
        assert not reference.startswith("#") or f'id="{reference[1:]}"' in html


@pytest.mark.parametrize(
    "expected",
    [
        "MCBN", "BALD", "0.842", "0.773", "0.630", "0.961", "<dd>80</dd>", "1,200,345", "91,234", "0.450",
        "3.3 % of the pool's 1,536", "the initial set was drawn with labels (balanced)", "my &lt;city&gt;",
        "To find 80 % of the changed tiles, a person looks at 12 % of the tiles",
        "To find 99 % of the changed tiles, no threshold is known",
        "dvc exp run -S al.method=MCBN -S al.acquisition=BALD -S seed=3 -S al.batch=10 -S split.by=scene",
        "Timings live in MLflow; none were found", "no tiles were acquired",
    ],
)  # fmt: skip
def test_page_says(expected: str, tmp_path: Path) -> None:
    assert expected in build(tmp_path)


def test_page_has_a_row_for_each_round(tmp_path: Path) -> None:
    html = build(tmp_path, curve=make_curve(41))
    assert html.count('<tr><th scope="row">r') == 41
    assert "0.976" in html


def test_page_of_an_undefined_single_round(tmp_path: Path) -> None:
    html = build(tmp_path, facts={"method": "Random"}, curve=make_curve(1, undefined=True), metrics={})
    Page(html)
    assert report.DASH in html
    assert "nan" not in html
    assert "None" not in html


def test_page_is_deterministic(tmp_path: Path, png: Path) -> None:
    assert build(tmp_path, figures={"effort": png}) == build(tmp_path, figures={"effort": png})


def test_timings_are_listed_by_stage(tmp_path: Path) -> None:
    html = build(tmp_path, timings=make_timings())
    assert "none were found" not in html
    assert '<tr><th scope="row">score</th><td>2</td><td></td><td>49 s</td><td></td><td>11 s</td>' in html


@pytest.mark.parametrize("rounds", [2, 12])
def test_page_stays_below_5_mb_and_says_what_it_leaves_out(rounds: int, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1500, 1000, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png", compress_level=1)
    galleries = [(f"r{i:02d}", tmp_path / "noise.png") for i in range(1, rounds + 1)]
    html = build(tmp_path, galleries=galleries)
    assert 2_000_000 < len(html.encode()) < 5_000_000
    shown = re.findall(r"<summary>Round (r\d\d)", html)
    assert shown[-1] == f"r{rounds:02d}"
    assert ("leaves out" in html) == (len(shown) < rounds)


def test_large_figures_become_jpeg(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    assert "data:image/jpeg" in build(tmp_path, figures={"samples": tmp_path / "noise.png"})


def test_command_quotes_what_a_shell_would_split() -> None:
    assert report.reproduce({"method": "Random", "data.path": "my data", "seed": None}) == (
        "dvc exp run -S al.method=Random -S 'data.path=my data'"
    )


def test_terminal_table() -> None:
    assert report.table(make_curve(2)).splitlines() == [
        "round  labelled  change tiles     AP     F1    IoU    AUC",
        "  r00        20            10  0.500  0.500  0.500  0.500",
        "  r01        30            14  0.667  0.667  0.667  0.667",
        "test pixels; 30 validation tiles are labelled on top",
    ]


def test_terminal_table_of_undefined_metrics() -> None:
    assert report.table(make_curve(1, undefined=True)).splitlines()[1].split() == ["r00", "20", "10", *"----"]
