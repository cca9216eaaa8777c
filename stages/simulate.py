"""Write the built-in city, before and after, in the layout of real data."""

import sys
from pathlib import Path

from cdal import stage, tracking
from cdal.params import Params
from cdal.simulate import simulate


def main(params: Params) -> None:
    with tracking.stage(params, "simulate") as run, run.timed("simulation"):
        city = params.simulate
        simulate(Path(sys.argv[1]), scenes=city.scenes, size=city.size, seed=city.seed)


if __name__ == "__main__":
    stage.run(main)
