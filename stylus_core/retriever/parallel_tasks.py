"""The signals of one prompt, worked out by two threads at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

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


@lru_cache(maxsize=1)
def _helper() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="stylus-words")
