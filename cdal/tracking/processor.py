"""What kind of processor a run's sums were rounded by: the same training on another kind gives another network."""

import platform
from functools import cache
from pathlib import Path

SETS = (
    "amx_fp16", "amx_bf16", "amx_tile", "avx512_fp16", "avx512_bf16", "avx512_vnni", "avx512bw", "avx_vnni", "avx2",
    "sve", "bf16", "asimd",
)  # fmt: skip
"""Instruction sets as Linux names them, the first that there is being the one that oneDNN takes its kernels for."""
CPUS, GPUS = Path("/proc/cpuinfo"), Path("/proc/driver/nvidia/gpus")


@cache
def kind(cpus: Path = CPUS, gpus: Path = GPUS) -> str:
    """Such as `x86_64 avx512_bf16`; the graphics card's model before it if there is one of NVIDIA's.

    Only the architecture where the system does not tell more, as on macOS.
    """
    models = {_field(path, "Model") for path in sorted(gpus.glob("*/information"))}
    known = f"{_field(cpus, 'flags')} {_field(cpus, 'Features')}".split()
    widest = next((name for name in SETS if name in known), "")
    return ", ".join(filter(None, (*sorted(models), f"{platform.machine()} {widest}".strip())))


def _field(path: Path, name: str) -> str:
    """The value of the first line `name : value` of a file of Linux; empty if there is none."""
    if not path.is_file():
        return ""
    pairs = (line.partition(":") for line in path.read_text(errors="replace").splitlines())
    return next((value.strip() for key, _, value in pairs if key.strip() == name), "")
