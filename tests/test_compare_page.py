"""The page of a comparison in a real browser that is offline."""

import re
from pathlib import Path

import pytest

from cdal.comparing import page
from cdal.comparing.comparison import Question, compare
from cdal.comparing.tables import tables
from docs import browser
from tests.compared import experiment, full, settings

RANDOM, MCBN = [0.0, 0.4, 0.6, 0.8], [0.0, 0.76, 0.78, 0.8]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = [experiment(settings("Random", seed), RANDOM) for seed in (1, 2, 3)]
    runs += [experiment(settings("MCBN", seed), MCBN) for seed in (1, 2, 3)]
    runs += [experiment(full(1), [0.8], source="full"), experiment(settings("MCBN", 9), MCBN[:2], status="FAILED")]
    found = compare(runs, Question(axis="labelled"))
    out = tmp_path_factory.mktemp("page") / "comparison"
    page.write(out, found, tables(found), log=False)
    return out / page.PAGE


def test_it_is_one_file_that_fetches_nothing(written: Path) -> None:
    text = written.read_text()
    assert len(text) < 5e6
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(src|href|url)\s*[=(]\s*["']?(https?:)?//""", markup)
    assert "MCBN-BALD seed 9 (MCBN9)" in markup and "failed, 2 of 4 rounds" in markup


def corners(opened: "browser.Page") -> set[int]:
    """How many points the lines of the chart have."""
    paths = "[...document.querySelectorAll('#chart svg .mark-line.role-mark path')].map(path => path.getAttribute('d'))"
    return {len(re.findall("[ML]", path)) for path in opened.evaluate(paths)}


@pytest.mark.slow
@pytest.mark.browser
def test_it_renders_offline(written: Path) -> None:
    asked: list[str] = []
    troubles: list[str] = []
    with browser.page(1100, 900) as opened:
        opened.context.set_offline(True)
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("pageerror", lambda error: troubles.append(str(error)))
        opened.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
        opened.goto(written.as_uri())
        opened.locator("#chart svg .mark-line.role-mark path").first.wait_for()
        lines = opened.locator("#chart svg .mark-line.role-mark path").count()
        assert lines == 2 + 6  # two means, a line for every seed
        assert corners(opened) == {4}  # rounds of one metric, not of both
        assert opened.locator("#chart svg .mark-rule.role-mark line").count() == 1
        loaded = "[...document.images].every(image => image.complete && image.naturalWidth > 300)"
        assert opened.locator("img").count() == 4 and opened.evaluate(loaded)
        before = opened.locator("#chart svg .role-axis-label text").all_text_contents()
        opened.locator("#log").check()
        opened.wait_for_timeout(500)
        after = opened.locator("#chart svg .role-axis-label text").all_text_contents()
        assert before != after
        opened.locator("#chart select").select_option("pixel ROC AUC")
        opened.wait_for_timeout(500)
        assert opened.locator("#chart svg .mark-line.role-mark path").count() == 2 + 6
        assert corners(opened) == {4}
        assert opened.locator("#chart svg .role-axis-label text").all_text_contents() != after  # from 0.9 on
        assert opened.locator("#chart svg .mark-rule.role-mark line").count() == 0  # full supervision is of the other
        assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    unexpected = [text for text in troubles if "Infinite extent" not in text]  # Vega on a layer without rows: no level
    assert not unexpected
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
