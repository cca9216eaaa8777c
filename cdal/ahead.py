"""Doing the next thing while the last one is used."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Generator[T, None, None]) -> Generator[T, None, None]:
    """The same items in the same order; a thread makes the next one meanwhile. None ends them.

    Once this is exhausted or closed, nothing goes on in the background, and `items` is closed too. What `items`
    raises is raised here.
    """
    with ThreadPoolExecutor(1) as worker:
        pending = worker.submit(next, items, None)
        try:
            while (item := pending.result()) is not None:
                pending = worker.submit(next, items, None)
                yield item
        finally:
            pending.exception()  # wait: a generator that runs cannot be closed
            items.close()
