"""A finished experiment, as DVC left it, into MLflow: what the report stage and `python -m cdal track` do."""

from pathlib import Path

from cdal import curve, summary, tracking
from cdal.params import Params


def publish(params: Params, last: Path, out: Path) -> str:
    """Mirror the report in `out` and the last round in `last`, and register its model if `tracking.register` asks.

    Returns one line that says where it went.
    """
    run = tracking.mirror(
        params,
        curve=curve.with_seconds(curve.read(last / "curve.csv"), tracking.timings(params)),
        artifacts=summary.artifacts(last, out),
        description=summary.description(params, last),
    )
    if not params.tracking.registered:
        return run
    return f"{run}; {tracking.register(params, last, lambda folder: _export(last / 'model', folder))}"


def _export(model: Path, folder: Path) -> None:
    from cdal import checkpoint  # TensorFlow, which is seldom needed here

    checkpoint.export(model, folder)
