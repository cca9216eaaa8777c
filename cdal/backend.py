"""TensorFlow and Keras, set up once: quiet, quick, and repeatable to the bit. Everything else takes them from here."""

import ctypes
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

THREADS = "CDAL_THREADS"
"""Environment variable: threads that a process computes with; all cores without it. With it the last bits change, for
sums over threads are added in another order."""
CHATTER = re.compile(rb"^(I0000 |WARNING: All log messages before absl|To enable the following instructions)")


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Hold back what C++ code writes to stderr, and pass on all but TensorFlow's start-up notices.

    No log level reaches these: they are written before the logging is set up.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            lines = [line for line in held if not CHATTER.match(line)]
            os.write(2, b"".join(lines))


def _keep_memory() -> None:
    """Have glibc keep freed memory for the next tensor instead of handing it back to the kernel.

    By default every activation of a megabyte is mapped, zeroed and unmapped anew in each step: training of small tiles
    is 1.25 times as fast without (benchmarks/training.py). Other C libraries are left alone.
    """
    if hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
        mallopt = ctypes.CDLL(None).mallopt
        trim, top_pad, mmap = -1, -2, -3  # malloc.h
        for option, size in ((trim, 2**31 - 1), (top_pad, 64 * 2**20), (mmap, 32 * 2**20)):  # the most it takes
            mallopt(option, size)


def _threads() -> int:
    """Most threads of this process; 0 for as many as there are cores. Ends the process with one line if unreadable."""
    wanted = os.environ.get(THREADS) or "0"
    if not wanted.isdigit():
        sys.exit(f"cdal: {THREADS} is {wanted!r}, expected a whole number; correct or unset it")
    return int(wanted)


_keep_memory()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if platform.machine() == "x86_64":
    # TensorFlow takes oneDNN's kernels by itself only where there are VNNI or AMX instructions; with AVX2 alone they
    # train three times as fast as its own (benchmarks/kernels.py)
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
with _without_chatter():
    import keras
    import tensorflow as tf
    from keras import layers, ops

# with operations side by side, training is not repeatable to the bit; a network is a chain, so this costs no speed
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.threading.set_intra_op_parallelism_threads(_threads())
tf.config.experimental.enable_op_determinism()


def gpus() -> int:
    """GPUs that TensorFlow sees."""
    return len(tf.config.list_physical_devices("GPU"))


def confine(*, threads: int, gpu: int | None) -> None:
    """Have this process compute with so many threads (no more than CDAL_THREADS), and on one GPU alone; before anything
    was computed."""
    tf.config.threading.set_intra_op_parallelism_threads(min(threads, _threads() or threads))
    if gpu is not None:
        tf.config.set_visible_devices(tf.config.list_physical_devices("GPU")[gpu], "GPU")


__all__ = ["confine", "gpus", "keras", "layers", "ops", "tf"]
