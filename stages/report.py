"""Write the report and mirror the learning curve into MLflow, also when everything else came from the cache."""

import sys
from pathlib import Path

from cdal import curve, digest, stage, summary, tracking
from cdal.params import Params


def main(params: Params) -> None:
    last, tiles, out = map(Path, sys.argv[1:])
    state = digest.of([Path("params.yaml"), last / "metrics.json", last / "curve.csv", out / "metrics.json"])
    if (out / "report.html").exists() and tracking.mirrored(params, state):
        return
    summary.write(last, tiles, out, params, tracking.timings(params))
    tracking.mirror(
        params,
        curve=curve.read(last / "curve.csv"),
        artifacts=[
            (out / "report.html", ""),
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
