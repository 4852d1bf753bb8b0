"""Many calls at once: what comes is kept before more is asked."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from stylus_core.llm.batch import CallBatch
from tests.clock import until


@dataclass(frozen=True)
class _Came:
    number: int
    failure: str = ""
    server: bool = False
    hopeless: bool = False


def test_no_worker_asks_again_before_its_answer_is_kept() -> None:
    """A process that is killed loses one answer a worker at most, however slow the disk is."""
    lock = threading.Lock()
    asked, kept, most = 0, [], 0

    def ask(number: int) -> _Came:
        nonlocal asked
        with lock:
            asked += 1
        return _Came(number)

    def keep(came: deque[_Came]) -> None:
        nonlocal most
        for outcome in list(came):
            time.sleep(0.01)  # a disk
            with lock:
                most = max(most, asked - len(kept))
            kept.append(outcome.number)
            came.popleft()

    CallBatch(ask, keep, lambda why: None, 3, threading.Event()).through(range(40))
    assert sorted(kept) == list(range(40))
    assert most <= 3


def test_an_error_of_keeping_ends_the_workers_that_wait_for_it() -> None:
    def keep(came: deque[_Came]) -> None:
        if came:
            raise RuntimeError("the disk is full")

    before = threading.active_count()
    try:
        CallBatch(_Came, keep, lambda why: None, 3, threading.Event()).through(range(40))
    except RuntimeError as error:
        assert "full" in str(error)
    else:
        raise AssertionError("the error did not come through")
    until(lambda: threading.active_count() <= before, "the end of the workers")
