"""One colour and dash for each group, in every chart."""

from collections.abc import Sequence

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8c6d31")
RANDOM = "#6b6b6b"
DASHES = ("-", "--", ":", "-.")
DASH_LENGTHS: dict[str, list[int]] = {"-": [1, 0], "--": [6, 4], ":": [2, 3], "-.": [7, 3, 2, 3]}


def looks(labels: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(colour, dash) by label; Random is grey, and dashes tell groups apart once the colours have been used."""
    found, number = {}, 0
    for label in labels:
        if label == "Random":
            found[label] = (RANDOM, "-")
            continue
        found[label] = (COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)])
        number += 1
    return found
