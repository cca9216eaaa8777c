"""Write the report and mirror the learning curve into MLflow, also when everything else came from the cache."""

import sys
from pathlib import Path

from cdal import digest, publish, stage, summary, tracking
from cdal.params import Params


def main(params: Params) -> None:
    last, tiles, out = map(Path, sys.argv[1:])
    if (out / "report.html").exists() and tracking.mirrored(params, _state(last, out)):
        return
    summary.write(last, tiles, out, params, tracking.timings(params))
    print(publish.publish(params, last, out))
    tracking.set_mirrored(params, _state(last, out))


def _state(last: Path, out: Path) -> str:
    return digest.of([Path("params.yaml"), last / "metrics.json", last / "curve.csv", out / "metrics.json"])


if __name__ == "__main__":
    stage.run(main)
