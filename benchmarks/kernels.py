"""Training and scoring with oneDNN's kernels against those that TensorFlow has of its own, on this processor."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import scoring, training
from benchmarks.measured import Figure, figure, ratio, turns
from benchmarks.workload import noise
from cdal import params, posterior
from cdal.tracking import processor
from cdal.training import Trainer

SWITCH = "TF_ENABLE_ONEDNN_OPTS"
"""Read by TensorFlow when it is imported, hence a process for each measurement; cdal/backend.py sets it."""
STEPS, TILES, TURNS = 8, 64, 3


def figures(quick: bool = False) -> list[Figure]:
    """The same network, batches and threads; processes take turns."""
    case = ("mobilenet", 32) if quick else ("resnet18", 64)
    taken = [(_apart("0", *case), _apart("1", *case)) for _ in range(1 if quick else TURNS)]
    return [
        figure(
            f"kernels: {job}, oneDNN's speed against TensorFlow's own, {case[0]}, {case[1]} px, {processor.kind()}",
            ratio([own[job] for own, _ in taken], [onednn[job] for _, onednn in taken]),
            at_least=1.0,
        )
        for job in ("training", "scoring")
    ]


def _apart(switch: str, backbone: str, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.kernels", backbone, str(size)]
    done = subprocess.run(command, env=os.environ | {SWITCH: switch}, stdout=subprocess.PIPE, text=True, check=True)
    taken: dict[str, float] = json.loads(done.stdout)
    return taken


def here(backbone: str, size: int) -> dict[str, float]:
    """Seconds of a step of training, and of scoring some tiles with one pass, in this process."""
    train = training.settings(STEPS)
    model = params.load().model.model_copy(update={"backbone": backbone, "weights": None})
    with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
        trainer = Trainer(model, train, training.noisy(Path(scratch), STEPS * train.batch, size), seed=1)
        step = training.ours(trainer)
    passes, images = posterior.single(trainer.network), noise(TILES, size)
    (taken,) = turns({"scoring": lambda: scoring.score_all(passes, images)}, 3).values()
    return {"training": step, "scoring": min(taken)}


if __name__ == "__main__":
    print(json.dumps(here(sys.argv[1], int(sys.argv[2]))))
