"""Learning curves of many groups: means together, spread and seeds apart."""

from pathlib import Path

import pytest
from matplotlib.axes import Axes

from cdal.comparing import charts, learning_curves, page
from cdal.comparing.comparison import Comparison, Question, compare
from cdal.comparing.tables import tables
from tests.compared import experiment, full, settings

SEEDS = (1, 2, 3)
NAMES = ("Variance", "Entropy", "BALD", "Change", "Margin")


def comparison(number: int) -> Comparison:
    """Random and `number` groups more."""
    runs = [experiment(settings("Random", seed), [0.0, 0.4, 0.6, 0.8]) for seed in SEEDS]
    for name in NAMES[:number]:
        runs += [experiment(settings("MCBN", s, al_acquisition=name), [0.0, 0.5, 0.6, 0.1 * s]) for s in SEEDS]
    return compare([*runs, experiment(full(1), [0.8], source="full")], Question(axis="labelled"))


def widths(ax: Axes) -> list[float]:
    """Of the curves: thin ones are seeds, thick ones means; without the level, which spans the panel."""
    return sorted(line.get_linewidth() for line in ax.get_lines() if line.get_transform() == ax.transData)


def test_few_groups_show_seeds_and_spread_in_one_panel() -> None:
    found = comparison(4)
    assert "learning_curves_apart" not in charts.draw(found, tables(found), log=False)
    panel = learning_curves.together(found).axes[0]
    assert widths(panel) == [0.8] * 5 * 3 + [2.4] * 5 and len(panel.collections) == 5


def test_many_groups_show_their_means_together_and_the_rest_apart() -> None:
    found = comparison(5)
    figures = charts.draw(found, tables(found), log=False)
    assert (
        widths(figures["learning_curves"].axes[0]) == [2.4] * 6 and not figures["learning_curves"].axes[0].collections
    )
    apart = [ax for ax in figures["learning_curves_apart"].axes if ax.get_visible()]
    assert [ax.get_title(loc="left") for ax in apart] == ["Random", *(f"MCBN-{name}" for name in sorted(NAMES))]
    assert widths(apart[0]) == [0.8] * 3 + [2.4]
    for ax in apart[1:]:
        assert widths(ax) == [0.8] * 3 + [1.8, 2.4] and len(ax.collections) == 1
        assert ax.get_ylim() == apart[0].get_ylim()


@pytest.mark.parametrize("log", [False, True])
def test_the_page_has_them(tmp_path: Path, log: bool) -> None:
    found = comparison(5)
    page.write(tmp_path / "out", found, tables(found), log=log)
    assert (tmp_path / "out" / "learning_curves_apart.png").stat().st_size > 10_000
    assert "Learning curves of each group by itself" in (tmp_path / "out" / page.PAGE).read_text()
