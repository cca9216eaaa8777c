"""The ledger keeps who labelled what, and when."""

from pathlib import Path

import pytest

from cdal import ledger
from cdal.ledger import Entry


def test_round_trip_and_order(tmp_path: Path) -> None:
    first = ledger.extend([], ["b", "a"], round="r00", origin="initial", labeller="oracle")
    both = ledger.extend(first, ["c"], round="r01", origin="acquired", labeller="human")
    ledger.write(tmp_path / "labelled.csv", both)
    assert ledger.read(tmp_path / "labelled.csv") == both
    assert both == [
        Entry("b", "r00", "initial", "oracle"),
        Entry("a", "r00", "initial", "oracle"),
        Entry("c", "r01", "acquired", "human"),
    ]
    header = (tmp_path / "labelled.csv").read_text().splitlines()[0]
    assert header == "tile_id,round,origin,labeller"


def test_no_tile_is_labelled_twice() -> None:
    entries = ledger.extend([], ["a"], round="r00", origin="initial", labeller="oracle")
    with pytest.raises(ValueError, match="a is labelled already"):
        ledger.extend(entries, ["a"], round="r01", origin="acquired", labeller="oracle")
