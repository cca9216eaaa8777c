"""Write the report and mirror the learning curve into MLflow, also when everything else came from the cache."""

import sys
from pathlib import Path

from cdal import curve, digest, stage, summary, tracking
from cdal.params import Params


def main(params: Params) -> None:
    last, out = map(Path, sys.argv[1:])
    state = digest.of([Path("params.yaml"), last / "metrics.json", last / "curve.csv", out / "metrics.json"])
    if (out / "report.html").exists() and tracking.mirrored(params, state):
        return
    timings = tracking.timings(params)
    summary.write(last, out, params, timings)
    tracking.mirror(
        params,
        curve=curve.with_seconds(curve.read(last / "curve.csv"), timings),
        artifacts=[
            (out / "report.html", ""),
            (last / "curve.csv", "data"),
            (last / "labelled.csv", "data"),
            *((path, "figures") for path in sorted((out / summary.FIGURES).glob("*.png"))),
            *((path, "gallery") for path in sorted((last / "gallery").glob("*.png"))),
        ],
        description=summary.description(params, last),
    )
    tracking.set_mirrored(
        params,
        digest.of([Path("params.yaml"), last / "metrics.json", last / "curve.csv", out / "metrics.json"]),
    )


if __name__ == "__main__":
    stage.run(main)
