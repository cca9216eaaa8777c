"""`python -m cdal annotations import rNN SOURCE`: take in what people labelled, for `dvc repro` to go on."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

HELP = "take in what people labelled in a round"


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("action", choices=["import"])
    parser.add_argument("round", help="the round that asked, such as r01")
    parser.add_argument(
        "source", type=Path, help="folder of masks, file of polygons (GeoPackage, GeoJSON), or Label Studio JSON export"
    )
    parser.add_argument("--partial", action="store_true", help="return tiles that nobody looked at to the pool")
    parser.add_argument("--labeller", default="human", metavar="NAME", help="who drew it (default: %(default)s)")
    parser.add_argument("--all-seen", action="store_true", help="tiles without a polygon were looked at: no change")
    parser.add_argument("--replace", action="store_true", help="drop earlier labels of this round that SOURCE lacks")
    folder = "folder of the rounds' folders (default: %(default)s)"
    parser.add_argument("--queries", type=Path, default=Path("queries"), help=folder)
    parser.add_argument("--out", type=Path, default=Path("data/annotations"), help=folder)


def run(options: Namespace) -> None:
    """Import, and say what came."""
    from cdal.annotations import importing

    print(
        importing.take(
            options.source, options.queries / options.round, options.out / options.round, labeller=options.labeller,
            partial=options.partial, all_seen=options.all_seen, replace=options.replace,
        )
    )  # fmt: skip
