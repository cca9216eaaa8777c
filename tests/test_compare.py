"""`python -m cdal compare` on a real MLflow store, filled through cdal.tracking; its tables, page and refusals."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, event

from cdal.__main__ import main
from cdal.tracking import provenance, store
from cdal.tracking.parent import find_or_create_parent
from tests import compared
from tests.servers import free_port, mlflow_server

RANDOM, MCBN = [0.0, 0.4, 0.6, 0.8], [0.0, 0.76, 0.78, 0.8]  # at 20, 60, 100 and 140 labels


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store of Random and MCBN with two seeds, full supervision and an unfinished run; the folder."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_ROOT", str(folder))
        patch.setattr(provenance, "changes", lambda: "")
        for name in ("MLFLOW_TRACKING_URI", "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
            patch.delenv(name, raising=False)
        forget()
        for seed in (1, 2):
            compared.mirror(compared.settings("Random", seed), RANDOM, folder / f"r{seed}", first=0, hits=2)
            compared.mirror(compared.settings("MCBN", seed), MCBN, folder / f"m{seed}", first=60)
        compared.mirror(compared.full(1), [0.8], folder / "full")
        find_or_create_parent(compared.settings("MCBN", 3))
        yield folder
    forget()


@pytest.fixture(autouse=True)
def here(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts in an empty folder, with the store of `filled`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(filled))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    forget()


def forget() -> None:
    store.uri.cache_clear()
    store.client.cache_clear()


def refused(*words: str) -> str:
    """The one line with which the command ends; nothing is written."""
    with pytest.raises(SystemExit) as ended:
        main(["compare", *words])
    assert not Path("comparison").exists() or "--out" in words
    message = str(ended.value.code)  # text: Python prints it and exits with 1
    assert message.startswith("cdal: ") and "\n" not in message
    return message.removeprefix("cdal: ")


def test_it_prints_and_writes_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", "--axis", "labelled"])
    printed = capsys.readouterr().out
    assert "MCBN-BALD needs 45 % [45, 45] of Random's labels for 95 % of full supervision; 2 seeds" in printed
    assert re.search(r"MCBN-BALD seed 3 \(.*running, or stopped before its report, 0 of 4 rounds", printed)
    assert "comparison/compare.html has the curves" in printed
    folder = Path("comparison")
    pairs = pd.read_csv(folder / "pairs.csv").iloc[0]
    assert (pairs["group"], pairs["against"], pairs["seeds"]) == ("MCBN-BALD", "Random", 2)
    assert pairs["area_difference"] == pytest.approx(((0.38 + 0.77 + 0.79) - (0.2 + 0.5 + 0.7)) / 3, abs=1e-5)
    assert pairs["labels_ratio_95"] == pytest.approx(60 / 132, abs=1e-5)
    rounds = pd.read_csv(folder / "rounds.csv").set_index(["group", "round"])
    assert list(rounds.loc["MCBN-BALD", "change_share"]) == [0.25] * 3
    assert list(rounds.loc["Random", "change_share"]) == [0.05] * 3 == list(rounds.loc["Random", "pool_share"])
    groups = pd.read_csv(folder / "groups.csv").set_index("group")
    assert list(groups["change_share"]) == [0.05, 0.25] and list(groups["pool_share"]) == [0.05, 0.05]
    assert "25 % (5 %)" in printed
    overlap = pd.read_csv(folder / "overlap.csv")
    assert list(overlap["overlap"]) == pytest.approx([0, 20 / 140, 60 / 180], abs=1e-5)  # tiles 0-119 and 60-179
    curves = pd.read_csv(folder / "curves.csv")
    assert list(curves[curves["run"] == "MCBN-BALD seed 2"]["test_pixel_average_precision"]) == MCBN
    assert {path.name for path in folder.glob("*.png")} == {
        "learning_curves.png", "differences.png", "rounds.png", "overlap.png",
    }  # fmt: skip


def test_a_second_comparison_replaces_the_first_and_nothing_else(tmp_path: Path) -> None:
    for _ in range(2):
        main(["compare", "--log", "--metric", "test_pixel_roc_auc"])
    assert [path.name for path in tmp_path.iterdir()] == ["comparison"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    shutil.rmtree("comparison")
    assert refused("--out", "mine").startswith("mine holds other files, expected a new folder or an earlier comparison")
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


def test_a_query_a_need_not_a_run() -> None:
    from cdal.tracking import read

    statements: list[str] = []

    def note(*found: object) -> None:
        statements.append(str(found[2]))

    store.client()
    event.listen(Engine, "before_cursor_execute", note)
    try:
        read.experiments("cdal", tags={}, since=None, metrics=("test_pixel_average_precision", "test_pixel_roc_auc"))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    histories = [text for text in statements if "FROM metrics" in text]
    assert len(histories) == 12  # two metrics and the ten columns beside them, each for all six runs
    assert len([text for text in statements if "FROM latest_metrics" in text or "FROM runs" in text]) <= 4


def test_runs_are_chosen_by_tag_date_and_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", "--tag", "cdal.data=dddddddddddddddd", "--where", "seed=1", "--since", "2020-01-01"])
    assert "with 1 seed; nothing can be concluded from one seed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--experiment", "other"],
            r"sqlite:///.* has no MLflow experiment 'other', only .*cdal; choose one with --exp",
        ),
        (
            ["--tag", "team=none"],
            r"no parent run of the MLflow experiment 'cdal' matches .*; run experiments first",
        ),
        (["--tag", "team"], r"found --tag 'team', expected KEY=VALUE"),
        (["--since", "2999-01-01"], r"no parent run of the MLflow experiment 'cdal' matches .* change --exp.*--since"),
        (["--where", "seed=9"], r"no run meets --where seed=9: seed is 1 or 2 or 3 there; change the condition"),
        (["--where", "al.method=Random"], r"one group only: 2 runs are all Random, expected two groups or more"),
        (["--metric", "test_pixel_nonsense"], r"none of 5 finished runs logged test_pixel_nonsense; they have test_"),
        (["--by", "al.nothing"], r"no run has the parameter al.nothing; see `python -m cdal compare --help`"),
        (["--dvc", "--tag", "a=b"], r"found --tag with --dvc, but DVC experiments have no tags"),
    ],
)
def test_refusals_are_one_line_and_write_nothing(words: list[str], message: str) -> None:
    assert re.match(message, refused(*words))


def test_a_comparison_can_be_exported_and_made_again_without_a_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["compare", "--export", "kept/sweep.json"])
    printed = capsys.readouterr().out
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    forget()
    main(["compare", "--records", "kept/sweep.json", "--out", "again"])
    assert capsys.readouterr().out.replace("again/", "comparison/") == printed
    for table in ("groups", "pairs", "needed", "rounds", "overlap", "runs"):
        assert Path("again", f"{table}.csv").read_bytes() == Path("comparison", f"{table}.csv").read_bytes(), table
    message = refused("--records", "kept/sweep.json", "--tag", "a=b", "--out", "other")
    assert message.startswith("found --records with --tag, --since or --dvc")


def test_a_day_that_is_none_is_refused_by_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["compare", "--since", "yesterday"])
    assert "'yesterday' is not a day such as 2025-03-31" in capsys.readouterr().err


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    forget()
    assert refused().startswith("no MLflow server answers at http://127.0.0.1:")


def test_without_a_store_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    forget()
    assert refused().startswith(f"{tmp_path}/mlflow.db not found, expected the store of your experiments")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_server_gives_the_same(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main(["compare"])
    with mlflow_server(f"sqlite:///{filled / 'mlflow.db'}", tmp_path) as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
        forget()
        main(["compare", "--out", "served"])
    for table in ("pairs", "needed", "overlap", "curves", "rounds"):
        assert Path("served", f"{table}.csv").read_bytes() == Path("comparison", f"{table}.csv").read_bytes(), table
