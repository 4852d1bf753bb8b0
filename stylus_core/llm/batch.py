"""Many calls: several at once, kept one by one as they come, stopped and interrupted at any point."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from stylus_core.errors import LLMError
from stylus_core.eta import duration

IN_A_ROW = 3  # failures of the server after which a run ends
HOPELESS = (401, 403, 404)  # no other call will fare better
_LOOK = 0.5  # seconds after which the main thread looks up, news or not


@dataclass(frozen=True, slots=True)
class CallTerms:
    """How many calls are made, and what they cost.

    Args:
        workers: calls under way at once.
        budget: seconds for one call.
        price_in: what a million prompt tokens cost, in any currency; 0 if not known.
        price_out: the same for the tokens that the model writes.
        retry: ask again without waiting where a call failed.
    """

    workers: int = 4
    budget: float = 180.0
    price_in: float = 0.0
    price_out: float = 0.0
    retry: bool = False

    def price(self, prompt: int, completion: int) -> float:
        """Adds up what tokens cost.

        Args:
            prompt: tokens that the model reads.
            completion: tokens that it writes.

        Returns:
            The sum in the currency of the prices; 0 where these are not known.
        """
        return (prompt * self.price_in + completion * self.price_out) / 1e6


def told_cost(prompt: int, completion: int, price: float, seconds: float | None) -> str:
    """Puts an estimate into words.

    Args:
        prompt: tokens to read.
        completion: tokens to write.
        price: in any currency; 0: not known, and not told.
        seconds: for all; None: not known, and not told.

    Returns:
        Parts of a sentence, parted by commas.
    """
    told = [f"about {prompt:,} tokens to read and {completion:,} to write"]
    if price:
        told.append(f"{price:.2f} by the prices given")
    if seconds is not None:
        told.append(f"about {duration(seconds)}")
    return ", ".join(told)


class CallOutcome(Protocol):
    """What came of one call."""

    @property
    def failure(self) -> str:
        """One sentence; empty if there is none."""

    @property
    def server(self) -> bool:
        """Whether the failure is the server's and not that of what was asked."""

    @property
    def hopeless(self) -> bool:
        """Whether no other call will fare better."""


Asked = TypeVar("Asked")
Came = TypeVar("Came", bound=CallOutcome)


class CallBatch(Generic[Asked, Came]):
    """Asks about each of many things.

    Args:
        ask: called from the workers; gives an outcome and raises nothing.
        keep: called from the thread that calls `through`, with the outcomes that came; it takes each from the left
            once that is stored, so that what an interrupt finds half done is done again.
        ended: called with one sentence when the run ends early, at most once for each cause.
        workers: calls under way at once.
        stop: once set, no further call is made; those under way are waited for and kept, for they are paid for.
    """

    def __init__(
        self,
        ask: Callable[[Asked], Came],
        keep: Callable[[deque[Came]], None],
        ended: Callable[[str], None],
        workers: int,
        stop: threading.Event,
    ) -> None:
        self._ask = ask
        self._keep = keep
        self._tell = ended
        self._workers = workers
        self._stop = stop
        self._ended = threading.Event()  # like `stop`, but ours: the caller's is not ours to set
        self._in_a_row = 0
        self._given_up = ""
        self._lock = threading.Lock()
        self._outcomes: deque[Came] = deque()
        self._came = 0  # outcomes so far, those included that are kept by now
        self._kept = threading.Condition()
        self._news = threading.Event()

    def through(self, jobs: Sequence[Asked]) -> None:
        """Asks about all of them. A server that fails again and again, or refuses every call, ends the run early.

        Args:
            jobs: what is asked about, in this order.

        Raises:
            KeyboardInterrupt: it came meanwhile. The first one does the same as `stop` and is raised when the calls
                under way are done, a second one at once.
        """
        waiting = iter(jobs)
        # Daemons, so that a second Ctrl-C ends the process and does not wait for a server.
        threads = [
            threading.Thread(target=self._work, args=(waiting,), name="stylus-ask", daemon=True)
            for _ in range(max(1, min(self._workers, len(jobs))))
        ]
        for thread in threads:
            thread.start()
        interrupted = False
        while self._outcomes or any(thread.is_alive() for thread in threads):
            try:
                self._news.wait(_LOOK)
                self._news.clear()
                self._keep(self._outcomes)
                with self._kept:
                    self._kept.notify_all()
            except KeyboardInterrupt:
                if interrupted:
                    raise
                interrupted = True
                self._end("it was interrupted; what is done is kept, and the next run goes on from here")
            except BaseException:
                self._ended.set()
                raise
        if interrupted:
            raise KeyboardInterrupt
        if self._given_up:
            self._end(self._given_up)
        if self._stop.is_set():
            self._end("it was stopped; what is done is kept, and the next run goes on from here")

    def _end(self, why: str) -> None:
        self._ended.set()
        self._tell(why)

    def _work(self, waiting: Iterator[Asked]) -> None:
        while not (self._stop.is_set() or self._ended.is_set()):
            with self._lock:
                job = next(waiting, None)
            if job is None:
                break
            outcome = self._ask(job)
            self._weigh(outcome)
            with self._kept:
                self._outcomes.append(outcome)
                self._came += 1
                mine = self._came
            self._news.set()
            self._wait_until_kept(mine)
        self._news.set()  # that this thread ends is news too

    def _wait_until_kept(self, number: int) -> None:
        """Before the next call: were the process killed, no worker has more than one answer to lose."""
        with self._kept:
            while self._came - len(self._outcomes) < number and not self._ended.is_set():
                self._kept.wait(_LOOK)

    def _weigh(self, outcome: Came) -> None:
        """Ends the run where the server is the trouble: at once, before another worker asks it in vain."""
        with self._lock:
            self._in_a_row = self._in_a_row + 1 if outcome.server else 0
            if outcome.hopeless or self._in_a_row >= IN_A_ROW:
                self._given_up = self._given_up or f"the run ended early: {outcome.failure}"
                self._ended.set()


def hopeless(error: LLMError) -> bool:
    """Tells whether no other call of this server will fare better.

    Args:
        error: what one call came to.

    Returns:
        True for a wrong key, a forbidden call and a model that is not there.
    """
    return error.status in HOPELESS
