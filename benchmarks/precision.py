"""How much faster a pool is scored in bfloat16 than in float32."""

from functools import partial
from pathlib import Path

from benchmarks.measured import Figure, figure, ratio, turns
from benchmarks.scoring import drawn, score_all
from benchmarks.workload import noise, siamese
from cdal.scoring import CHUNK_PIXELS

TURNS = 5


def figures(quick: bool = False) -> list[Figure]:
    """ResNet18 and ResNet34 at 64, 128 and 256 px, T = 1. No target where the processor lacks the instructions."""
    target = 1.6 if native() and not quick else None
    entries = []
    for backbone in ("mobilenet",) if quick else ("resnet18", "resnet34"):
        for size in (32,) if quick else (64, 128, 256):
            images = noise(2 if quick else CHUNK_PIXELS // size**2, size)
            tasks = {precision: partial(score_all, drawn(siamese(backbone, precision=precision), images, 1), images)
                     for precision in ("float32", "bfloat16")}  # fmt: skip
            taken = turns(tasks, 1 if quick else TURNS)
            name = f"scoring: bfloat16 / float32 speed, {backbone}, {size} px, T = 1"
            entries.append(figure(name, ratio(taken["float32"], taken["bfloat16"]), at_least=target))
    return entries


def native() -> bool:
    """Whether the processor multiplies bfloat16 itself."""
    info = Path("/proc/cpuinfo")
    flags = info.read_text().split() if info.exists() else []
    return "avx512_bf16" in flags or "amx_bf16" in flags or "bf16" in flags
