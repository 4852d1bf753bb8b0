"""Work that several threads share: the signals of one prompt, and the many texts of a library."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Task = Callable[[], dict[str, NDArray[np.float32]]]


def results_of(tasks: Sequence[Task], parallel: bool) -> dict[str, NDArray[np.float32]]:
    """What all tasks give together. In parallel two threads take them from both ends.

    Products of matrices leave the interpreter to the other thread, sums over postings do not: tasks of one sort stand
    side by side.

    Args:
        tasks: functions that each give some signals by name.
        parallel: whether a second thread helps, which pays in a large library.

    Returns:
        All signals by name, in the order of the tasks.
    """
    queue, done = deque(enumerate(tasks)), {}

    def work(take: Callable[[], tuple[int, Task]]) -> None:
        while True:
            try:
                i, task = take()
            except IndexError:
                return
            done[i] = task()

    other = _helper().submit(work, queue.popleft) if parallel else None
    work(queue.pop)
    if other and not other.cancel():  # where it still works for another prompt, this one is done without it
        other.result()
    # in the order of the tasks, whoever was faster: sums of the signals come out the same to the last bit
    return {name: values for i in range(len(tasks)) for name, values in done[i].items()}


Item = TypeVar("Item")


def for_each(task: Callable[[Item], None], items: Iterable[Item], threads: int) -> None:
    """Does something with each of many items, in several threads, the caller's among them.

    Args:
        task: done in any of the threads; it is done with no further item once it raised.
        items: begun in this order.
        threads: how many there are.

    Raises:
        Exception: what `task` raised first.
    """
    queue = deque(items)

    def work() -> None:
        while True:
            try:
                item = queue.popleft()
            except IndexError:
                return
            try:
                task(item)
            except BaseException:
                queue.clear()
                raise

    with ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="stylus-texts") as pool:
        others = [pool.submit(work) for _ in range(threads - 1)]
        work()
        for other in others:
            other.result()


@lru_cache(maxsize=1)
def _helper() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="stylus-words")
