"""Running a plan: keep the queue fed until everything is done, failed, or somebody stops it."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from cdal.errors import UserError
from study import queue
from study.plan import Job

Say = Callable[[str], None]
PAUSE = 30.0
"""Seconds between two looks at the queue: each costs a second or two of a core that an experiment could have."""


@dataclass
class Progress:
    """Names of experiments: done before and now, failed with the reason, and those nobody started yet."""

    done: list[str]
    waiting: list[Job]
    failed: dict[str, str] = field(default_factory=dict)
    queued: set[str] = field(default_factory=set)
    """Given to the queue, and nothing more known."""

    def line(self) -> str:
        """How far it has come."""
        total = len(self.done) + len(self.waiting) + len(self.failed) + len(self.queued)
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"{len(self.done)} of {total} done{failed}"


def run(jobs: Sequence[Job], *, kept: set[str], at_a_time: int, say: Say, after: Say) -> Progress:
    """Run those jobs that are not finished yet, several at a time. A failed one stops no other.

    kept: names of experiments that were finished elsewhere. after: called with the name of each experiment that
    finishes. Ctrl-C ends what runs and returns; so does SIGTERM.
    """
    found = queue.status()
    state = _begin(jobs, kept, found)
    say(state.line())
    with _stopped() as stop:
        lost = 0
        while (state.waiting or state.queued) and not stop.is_set():
            _feed(state, found, at_a_time, say, stop)
            stop.wait(PAUSE)
            found = queue.status()
            _collect(state, found, say, after)
            lost = lost + 1 if state.queued and not found.workers else 0
            if lost == 3:  # workers come and go between experiments, but not that long
                _recover(found, state, say)
                lost = 0
        if stop.is_set():
            say("stopping")
            _withdraw(state)
    return state


def _begin(jobs: Sequence[Job], kept: set[str], found: queue.Status) -> Progress:
    """What is finished, what an earlier call left in the queue, and the rest; its failures get another chance."""
    finished = queue.finished() | kept
    ours = {job.name for job in jobs}
    queue.remove([name for name in found.names("Failed") if name in ours])
    queued = {name for name in found.names("Queued", "Running") if name in ours - finished}
    waiting = [job for job in jobs if job.name not in finished | queued]
    return Progress([job.name for job in jobs if job.name in finished], waiting, queued=queued)


def _feed(state: Progress, found: queue.Status, at_a_time: int, say: Say, stop: threading.Event) -> None:
    """Keep one more in the queue than can run, and the workers alive.

    Only where too few run: on a busy machine DVC takes a worker for gone that is late to answer, and starts another.
    """
    while state.waiting and len(state.queued) <= at_a_time and not stop.is_set():
        job = state.waiting.pop(0)
        queue.add(job)
        state.queued.add(job.name)
        say(f"queued {job.name}")
    if len(queue.running(found)) < at_a_time and not stop.is_set():
        queue.start(at_a_time)


def _collect(state: Progress, found: queue.Status, say: Say, after: Say) -> None:
    for name in sorted(state.queued):
        became = found.tasks.get(name)
        if became not in ("Success", "Failed"):
            continue
        state.queued.remove(name)
        if became == "Success":
            state.done.append(name)
            after(name)
            say(f"{name} is done; {state.line()}")
        else:
            state.failed[name] = queue.reason(name)
            say(f"{name} FAILED: {state.failed[name]}; {state.line()}")


def _recover(found: queue.Status, state: Progress, say: Say) -> None:
    """Tasks without a process were cut off by a crash: no worker is there that could still begin them."""
    dead = [name for name in found.names("Running") if name in state.queued and not queue.is_alive(found.commits[name])]
    if dead:
        say(f"no worker runs {', '.join(dead)}")
        queue.kill(dead)


def _withdraw(state: Progress) -> None:
    """Leave the queue without our experiments: the next call queues them again.

    What waits goes first: a worker whose task ends takes the next one before it stops, and DVC would call that running
    for ever.
    """
    with suppress(UserError):  # one of them has begun
        queue.remove([name for name in queue.status().names("Queued") if name in state.queued])
    queue.stop()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = queue.status()
        if not [name for name in found.names("Running") if name in state.queued]:
            break
        time.sleep(2)
    queue.remove([name for name in queue.status().names("Queued", "Failed") if name in state.queued])


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    before = {each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
