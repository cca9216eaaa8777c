"""`python -m cdal predict`: the change map of two images, of any size, by a trained model."""

from argparse import ArgumentParser, Namespace
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

HELP = "map the changes between two images with a trained model"


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("before", type=Path, help="the earlier image (GeoTIFF, TIFF, PNG or JPEG)")
    parser.add_argument("after", type=Path, help="the later image; georeferenced ones may be on different grids")
    parser.add_argument("--model", required=True, help="a round's model folder, models:/NAME/VERSION or runs:/RUN/NAME")
    parser.add_argument("--out", required=True, type=Path, help=".tif (three bands), or .png (mask; layers in .npy)")
    parser.add_argument("--polygons", type=Path, help="also write changed regions to this .gpkg")
    parser.add_argument(
        "--uncertainty", choices=("Variance", "Entropy", "BALD"), default="Entropy", help="third band (default Entropy)"
    )
    parser.add_argument("--posterior", choices=("Ensemble", "MCBN", "Single"), help="default: the model's own")
    parser.add_argument("--threshold", type=float, help="of P(change); default: the one chosen on validation")
    parser.add_argument("--bands", type=int, nargs="+", help="bands to read, from 1; default: all")
    parser.add_argument(
        "--resampling", choices=("nearest", "bilinear", "cubic", "average"), default="bilinear", help="of after"
    )
    parser.add_argument("--window", type=int, default=1024, help="side of a window in pixels (default 1024)")
    parser.add_argument("--overlap", type=int, default=384, help="of neighbouring windows in pixels (default 384)")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="arithmetic")


def run(options: Namespace) -> None:
    """Write the map and say what it holds."""
    from cdal.mapping import outputs, windows
    from cdal.rasters import Triple, inspect_pair

    outputs.check_targets(options.out, options.polygons)
    cut = windows.Cut(options.window, options.overlap)
    scene = inspect_pair(Triple(options.before.stem, options.before, options.after, None), options.bands)
    with _folder(options.model) as folder:
        from cdal.mapping import maps, models, predict  # TensorFlow: after what can be wrong without it

        networks = models.load(folder, precision=options.precision)
    maps.check_fits(scene, networks.description)
    posterior = networks.posterior(options.posterior)
    maps.check_uncertainty(posterior, options.uncertainty)
    threshold = networks.description.threshold["pixel"] if options.threshold is None else options.threshold
    found = maps.write_map(
        scene, networks, posterior, predict.Look(options.uncertainty, threshold),
        out=options.out, polygons=options.polygons, cut=cut, resampling=options.resampling,
    )  # fmt: skip
    regions = "" if found.regions is None else f" in {found.regions} regions"
    print(
        f"{options.out}: {found.changed} of {found.valid} pixels with data changed "
        f"({found.changed / max(1, found.valid):.1%}, P(change) >= {threshold:g}){regions}"
    )


def _folder(model: str) -> AbstractContextManager[Path]:
    from cdal.tracking import fetch

    return fetch.fetched(model) if fetch.is_uri(model) else nullcontext(Path(model))
