"""From a scored pool to the acquired tiles: what `acquire` writes. No TensorFlow."""

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdal import figures, ledger, store
from cdal.params import Params
from cdal.selection import select, spread
from cdal.selectors import SELECTORS, Candidates
from cdal.streams import stream


@dataclass(frozen=True)
class Picked:
    """Acquired tiles, best first: positions in scores.csv, ids, scores, classes and shares of changed pixels."""

    positions: NDArray[np.int64]
    tile_ids: list[str]
    scores: NDArray[np.float64]
    classes: list[str]
    fractions: NDArray[np.float64]

    def write(self, path: Path) -> None:
        """Write acquired.csv."""
        with path.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["rank", "tile_id", "score", "class", "change_fraction"])
            rows = zip(self.tile_ids, self.scores, self.classes, self.fractions, strict=True)
            for rank, (tile_id, score, name, fraction) in enumerate(rows, start=1):
                shown = "" if np.isnan(fraction) else f"{fraction:.6f}"
                writer.writerow([rank, tile_id, f"{score:.9g}", name, shown])

    def write_footprints(self, path: Path, tiles: Path) -> None:
        """Write the queried tiles as polygons with rank and score. tiles: the tile store."""
        from cdal.mapping import footprints  # GeoPandas

        _, index = store.load_images(tiles / "images")
        columns = {"rank": range(1, len(self.tile_ids) + 1), "score": self.scores}
        footprints.write(path, index, self.tile_ids, columns)

    def summary(self) -> dict[str, float]:
        """What a batch holds: tiles, change tiles if they are known, and its lowest and highest score."""
        known = {"acquired_change_tiles": float(self.classes.count("change"))} if any(self.classes) else {}
        return {
            "acquired_tiles": float(len(self.tile_ids)),
            **known,
            "score_lowest": float(self.scores.min()),
            "score_highest": float(self.scores.max()),
        }


def pick(tiles: Path, scored: Path, params: Params) -> Picked:
    """Select the round's tiles and reveal their class, unless people have yet to label them (then "" and nan).

    tiles: the tile store; scored: the round's folder with scores.csv and features.npy. Raises UserError
    if the pool is too small or a score is not finite.
    """
    with (scored / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    number = int(scored.name[1:])
    features = np.load(scored / "features.npy").astype(np.float32)
    candidates = Candidates(
        np.array([float(row["score"]) for row in rows]), np.array([float(row["change"]) for row in rows]),
        features[: len(rows)], features[len(rows) :], number,
    )  # fmt: skip
    positions = _select(candidates, [row["tile_id"] for row in rows], tiles, params, number)
    tile_ids = [rows[position]["tile_id"] for position in positions]
    scores = np.asarray(candidates.scores[positions], np.float64)
    if params.al.oracle == "human":
        return Picked(positions, tile_ids, scores, [""] * len(tile_ids), np.full(len(tile_ids), np.nan))
    _, labels = store.load_labels(tiles / "labels")
    revealed = labels.set_index("tile_id").loc[tile_ids]
    fractions = np.asarray(revealed["change_fraction"], np.float64)
    return Picked(positions, tile_ids, scores, list(revealed["class"]), fractions)


def reveal(picked: Picked, earlier: Path, out: Path, *, round: str) -> None:
    """Write the ledger `out`: that of the round before, and the tiles whose stored masks are known from now on."""
    entries = ledger.read(earlier)
    ledger.write(out, ledger.extend(entries, picked.tile_ids, round=round, origin="acquired", labeller="oracle"))


def ask(tiles: Path, scored: Path, picked: Picked, metrics: Path, out: Path) -> str:
    """Write the questions to people into the folder `out`; returns what they should do next.

    metrics: metrics.json of the model that scored, for the threshold of its predictions.
    """
    from cdal.queries import folder  # GeoPandas takes a second, which simulated rounds need not wait for

    maps = np.load(scored / "maps.npy", mmap_mode="r")[picked.positions, 0] / np.float32(255)
    threshold = json.loads(metrics.read_text())["threshold"]["pixel"]
    asked = folder.write(
        out, tiles / "images", picked.tile_ids, scores=list(picked.scores), probabilities=maps, threshold=threshold
    )
    return folder.next_steps(out, asked)


def _select(candidates: Candidates, tile_ids: list[str], tiles: Path, params: Params, number: int) -> NDArray[np.int64]:
    al, rng = params.al, stream(params.seed, "acquire", number)
    selector = SELECTORS["top" if al.method == "Random" else al.selector]
    if al.min_distance == 0:
        return select(candidates, al.batch, selector, random_share=al.random_share, rng=rng)
    _, index = store.load_images(tiles / "images")
    own = index.set_index("tile_id").loc[tile_ids]
    return spread(
        candidates, al.batch, selector, random_share=al.random_share, rng=rng,
        places=own[["row", "col"]].to_numpy(np.float64), scenes=np.unique(own["scene"], return_inverse=True)[1],
        least=al.min_distance,
    )  # fmt: skip


def draw(tiles: Path, scored: Path, picked: Picked, earlier: Path, out: Path, params: Params) -> None:
    """Write the round's gallery into `out`, beside those of earlier rounds."""
    shutil.copytree(earlier, out)
    images, index = store.load_images(tiles / "images")
    masks, _ = store.load_labels(tiles / "labels")
    maps = np.load(scored / "maps.npy", mmap_mode="r")[picked.positions] / np.float32(255)
    where = {tile_id: row for row, tile_id in enumerate(index["tile_id"])}
    rows = [where[tile_id] for tile_id in picked.tile_ids]
    known = masks[rows] if params.al.oracle == "masks" else np.full_like(masks[rows], 255)
    titles = [
        f"{rank}. {tile_id} · {params.al.acquisition} {score:.3g} · {name.replace('_', ' ') or 'not labelled yet'}"
        for rank, (tile_id, score, name) in enumerate(
            zip(picked.tile_ids, picked.scores, picked.classes, strict=True), start=1
        )
    ]
    figures.save(
        figures.gallery(images[rows, 0], images[rows, 1], known, maps[:, 0], maps[:, 1], titles),
        out / f"{scored.name}.png",
    )
