"""Describes a library's adapters with a model: several at once, stored one by one, stopped and resumed at any point."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from stylus_core.errors import LLMError, StylusError
from stylus_core.library import Library
from stylus_core.llm.batch import HOPELESS, CallBatch, hopeless
from stylus_core.llm.circuit_breaker import NEVER, CircuitBreaker
from stylus_core.llm.client import LLMAnswer, LLMClient
from stylus_core.llm.endpoint import Endpoint
from stylus_core.llm.run_state import RunState, TokensSpent
from stylus_core.refiner.model.example_pictures import data_url
from stylus_core.refiner.model.model_prompt import SCHEMA, has_text, messages, record_of
from stylus_core.refiner.model.refine_plan import RefineJob, RefinePlan, RefineSettings, job_of, make_plan
from stylus_core.refiner.model.validation import UnusableDescription, card_of
from stylus_core.types import Card

log = logging.getLogger("stylus")

_ANSWER = 800  # tokens that an answer may have; 130 is usual
_NOT_THE_PICTURES = (*HOPELESS[:2], 408, 409, 429, 502, 503, 504)
_BLIND_AFTER = 2  # adapters that went without their pictures before the model is taken for one that cannot see
_NOTHING = TokensSpent()


@dataclass(slots=True)
class RefineReport:
    """How far a run came. A callback gets the same object again and again, with what changed."""

    total: int = 0
    done: int = 0  # described and stored
    failed: int = 0
    unseen: int = 0  # described from text although they have pictures: the model or the server takes none
    unreadable: int = 0  # described from text because their pictures are broken
    prompt_tokens: int = 0
    completion_tokens: int = 0
    price: float = 0.0  # 0 where no price is known
    stopped: str = ""  # why the run ended early, one sentence; empty if it did not
    reasons: dict[str, int] = field(default_factory=dict)  # why adapters failed -> how many

    @property
    def told(self) -> list[str]:
        """How it went and what it cost, in words; the reasons of failures and why it ended early are left out."""
        price = f", {self.price:.3f} by the prices given" if self.price else ""
        tokens = f"{self.prompt_tokens:,} tokens read and {self.completion_tokens:,} written"
        kinds = (
            (self.unseen, "from text alone: the server or its model takes no pictures"),
            (self.unreadable, "from text alone: their pictures are broken"),
            (self.failed, "failed; they are tried again later"),
        )
        more = [f"{count:,} {what}" for count, what in kinds if count]
        return [f"{self.done:,} of {self.total:,} described; {tokens}{price}", *more]

    @property
    def worst(self) -> list[tuple[str, int]]:
        """The reasons of failures, the most frequent first."""
        return sorted(self.reasons.items(), key=lambda item: -item[1])


@dataclass(frozen=True, slots=True)
class _Described:
    job: RefineJob
    card: Card | None = None
    failure: str = ""
    server: bool = False  # the failure is the server's and not this adapter's
    hopeless: bool = False
    unseen: bool = False
    unreadable: bool = False
    spent: TokensSpent = _NOTHING


def refine_library(
    library: Library,
    home: Path,
    endpoint: Endpoint,
    settings: RefineSettings | None = None,
    *,
    only: Collection[int] | None = None,
    approve: Callable[[RefinePlan], bool] | None = None,
    progress: Callable[[RefineReport], None] | None = None,
    stop: threading.Event | None = None,
) -> tuple[RefinePlan, RefineReport]:
    """Describes the adapters of which the inputs changed since their last description.

    Args:
        library: scanned.
        home: the library's folder of state, where failures and costs are kept.
        endpoint: the server and model to ask.
        settings: how; the defaults if None.
        only: ids of adapters; all if None.
        approve: gets the plan with its estimate before anything is sent; False ends it there.
        progress: called after every adapter, from the calling thread.
        stop: once set, no further call is made; those under way are waited for and kept, for they are paid for.

    A KeyboardInterrupt does the same as `stop` and is raised when the calls under way are done; a second one is raised
    at once. What is stored stays stored either way, and the next run goes on from there.

    Returns:
        The plan, and what it came to.

    Raises:
        LLMError: for an endpoint that cannot be used at all.
        ModelError: where pictures need Pillow.
        LibraryError: for the library's database, and `StateError` for that of failures and costs.
    """
    settings = settings or RefineSettings()
    if problem := endpoint.problem:
        raise LLMError(problem)
    state = RunState(home / "refiner.sqlite")
    try:
        plan = make_plan(library, state, endpoint.model, settings, only)
        report = RefineReport(total=len(plan.jobs))
        if plan.jobs and (approve is None or approve(plan)):
            # It is this run that decides when a server is given up: a refusal of one adapter is no reason to rest.
            client = LLMClient(endpoint, home, CircuitBreaker(after=NEVER))
            try:
                run = _RefineRun(library, client, state, settings, report, progress)
                many = CallBatch(run.ask, run.keep, run.end, settings.workers, stop or threading.Event())
                many.through(plan.jobs)
            finally:
                client.close()
        return plan, report
    finally:
        state.close()


class _RefineRun:
    def __init__(
        self,
        library: Library,
        client: LLMClient,
        state: RunState,
        settings: RefineSettings,
        report: RefineReport,
        progress: Callable[[RefineReport], None] | None,
    ) -> None:
        self._library = library
        self._client = client
        self._state = state
        self._settings = settings
        self._report = report
        self._progress = progress
        self._sees: bool | None = None  # whether the model takes pictures; None until that is known
        self._without = 0  # adapters that had to go without their pictures

    def end(self, why: str) -> None:
        self._report.stopped = self._report.stopped or why
        if self._progress:
            self._progress(self._report)

    def ask(self, job: RefineJob) -> _Described:
        spent = TokensSpent()
        try:
            adapter = self._library.get([job.adapter_id]).get(job.adapter_id)
            now = job_of(adapter, self._client.endpoint.model, self._settings.pictures) if adapter else None
            if adapter is None or now is None:
                return _Described(job)  # the file went in the meantime
            record = record_of(adapter)
            shown = now.pictures if self._sees is not False else ()
            urls = [url for picture in shown if (url := data_url(picture))]
            unreadable = bool(shown) and not urls
            if not urls and not has_text(adapter):
                raise UnusableDescription("nothing is known of it but pictures that cannot be shown")
            answer, seen = self._complete(record, urls, has_text(adapter))
            spent = TokensSpent(1, answer.prompt_tokens, answer.completion_tokens, answer.seconds)
            card = card_of(answer.data, adapter, "vlm" if seen else "llm")
            unseen = bool(now.pictures) and not seen and not unreadable
            return _Described(now, card, unseen=unseen, unreadable=unreadable, spent=spent)
        except LLMError as error:
            server = not error.answered and error.status not in (400, 413, 422)
            return _Described(job, failure=str(error), server=server, hopeless=hopeless(error))
        except StylusError as error:
            return _Described(job, failure=str(error), spent=spent)
        except Exception as error:  # one adapter's trouble must not end the run for the others
            log.debug("where it happened", exc_info=True)
            return _Described(job, failure=f"{type(error).__name__}: {error}", spent=spent)

    def _complete(self, record: str, urls: list[str], has_words: bool) -> tuple[LLMAnswer, bool]:
        """The answer, and whether the model saw the pictures. Servers refuse pictures with any status there is."""
        if urls:
            try:
                answer = self._call(record, urls)
                self._sees = True
                return answer, True
            except LLMError as error:
                refused = error.status >= 400 and error.status not in _NOT_THE_PICTURES
                refused = refused and not (self._sees and error.status >= 500)  # it took others: this will pass
                if not (refused and has_words):
                    raise
                answer = self._call(record, [])
                self._without += 1
                if self._sees is None and self._without >= _BLIND_AFTER:
                    self._sees = False
                log.warning("the model was not shown the pictures (%s)", error)
                return answer, False
        return self._call(record, []), False

    def _call(self, record: str, urls: list[str]) -> LLMAnswer:
        return self._client.complete(messages(record, urls), SCHEMA, _ANSWER, self._settings.budget)

    def keep(self, came: deque[_Described]) -> None:
        """Stores what came: descriptions first, they cost money."""
        outcomes = list(came)
        for source in ("vlm", "llm"):
            cards = {o.job.adapter_id: o.card for o in outcomes if o.card is not None and o.card.source == source}
            if cards:
                keys = {o.job.adapter_id: o.job.key for o in outcomes}
                self._library.put_cards(cards, source, keys)
        for outcome in outcomes:
            self._count(outcome)
            came.popleft()
            if self._progress:
                self._progress(self._report)

    def _count(self, outcome: _Described) -> None:
        report, spent = self._report, outcome.spent
        if spent.calls:
            self._state.spend(self._client.endpoint.model, spent)
            report.prompt_tokens += spent.prompt
            report.completion_tokens += spent.completion
            report.price += self._settings.price(spent.prompt, spent.completion)
        if outcome.card is not None:
            self._state.answered(outcome.job.key)
            report.done += 1
            report.unseen += outcome.unseen
            report.unreadable += outcome.unreadable
        elif outcome.failure:
            report.failed += 1
            report.reasons[outcome.failure] = report.reasons.get(outcome.failure, 0) + 1
            self._state.failed(outcome.job.key, outcome.failure, passing=outcome.server)
        else:
            report.total -= 1
