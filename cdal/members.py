"""Training the members of an ensemble, side by side where there are cores or GPUs for it."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import SpawnContext
from multiprocessing.queues import SimpleQueue
from threading import Thread

from cdal.backend import confine, gpus
from cdal.errors import UserError
from cdal.training import Member, Progress, Trainer, Validate

WORKERS = "CDAL_WORKERS"
"""Environment variable: members trained at a time. Speed and memory only; results do not depend on it."""

Make = Callable[[], tuple[Trainer, Validate]]
"""Makes a trainer and its validation; called once in every process, so it must be picklable."""


def side_by_side(make: Make, count: int, progress: Progress) -> list[Member]:
    """Train members 0 to count - 1, each in one of several processes, on equal shares of the cores.

    A member's threads depend on `count` and the machine alone, never on how many run at once, and with them its bits.
    Raises UserError when a training fails or a process is killed.
    """
    context, workers = get_context("spawn"), _workers(count)
    threads = max(1, _cores() // count)
    with _listener(context, progress) as steps:
        devices = context.SimpleQueue()
        for worker in range(workers):
            devices.put(worker if gpus() else None)
        with ProcessPoolExecutor(
            workers, mp_context=context, initializer=_start, initargs=(make, threads, devices, steps)
        ) as pool:
            try:
                return list(pool.map(_member, range(count)))
            except BrokenProcessPool:
                pool.shutdown(cancel_futures=True)
                raise UserError(
                    f"a training process was killed ({workers} at a time, probably out of memory); "
                    f"set {WORKERS}=1 in the environment, or lower train.batch"
                ) from None
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _workers(count: int) -> int:
    wanted = os.environ.get(WORKERS) or str(gpus() or _cores())
    if not wanted.isdigit() or int(wanted) < 1:
        raise UserError(f"{WORKERS} is {wanted!r}, expected a whole number from 1; correct or unset it")
    return min(int(wanted), count, gpus() or count)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _listener(context: SpawnContext, progress: Progress) -> Iterator["SimpleQueue"]:
    """A queue whose messages are told to `progress`."""
    steps = context.SimpleQueue()
    thread = Thread(target=_tell, args=(steps, progress), daemon=True)
    thread.start()
    try:
        yield steps
    finally:
        steps.put(None)
        thread.join()


def _tell(steps: "SimpleQueue", progress: Progress) -> None:
    while (step := steps.get()) is not None:
        progress(*step)


_made: tuple[Trainer, Validate, Progress] | Exception


def _start(make: Make, threads: int, devices: "SimpleQueue", steps: "SimpleQueue") -> None:
    """Set this process up: its share of the machine, a trainer of its own; an interrupt ends it without a word.

    What fails here is kept for the first member to tell: the pool would only say that a process is gone.
    """
    global _made
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    confine(threads=threads, gpu=devices.get())
    try:
        _made = (*make(), lambda *step: steps.put(step))
    except Exception as error:
        _made = error


def _member(index: int) -> Member:
    if isinstance(_made, Exception):
        raise _made
    trainer, validate, progress = _made
    return trainer.member(index, validate, progress)
