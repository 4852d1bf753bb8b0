"""The judge's calls: pictures read and checked, asked about, answers kept one by one."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from stylus_core.errors import LLMError, StylusError
from stylus_core.eta import Eta
from stylus_core.home import home
from stylus_core.llm.batch import CallBatch, CallTerms, hopeless
from stylus_core.llm.circuit_breaker import NEVER, CircuitBreaker
from stylus_core.llm.client import LLMClient, estimate
from stylus_core.llm.endpoint import Endpoint
from stylus_core.llm.pictures import TOKENS, data_url
from stylus_core.llm.run_state import RunState, TokensSpent
from stylus_core.pictures import MADE, read_file
from stylus_core.progress import Progress
from stylus_study.judge.questions import SCHEMA, messages, verdict
from stylus_study.study.types import StudyPicture

log = logging.getLogger("stylus")

_ANSWER = 800  # tokens that an answer may have
_REFUSALS = (400, 413, 415, 422, 500, 501)  # with which servers answer pictures that their model does not take
_NOTHING = TokensSpent()


class JudgeJob(NamedTuple):
    """One call: a pair in one order."""

    key: str
    criterion: str
    text: str
    first: tuple[StudyPicture, ...]
    second: tuple[StudyPicture, ...]

    @property
    def tokens(self) -> int:
        """Of the message, estimated."""
        return estimate(messages(self.criterion, self.text, (), ())) + TOKENS * (len(self.first) + len(self.second))


class Unreadable(StylusError):
    """A picture is not there as it was made."""


@dataclass(frozen=True, slots=True)
class _Judged:
    job: JudgeJob
    answer: dict[str, Any] | None = None
    failure: str = ""
    server: bool = False  # the failure is the server's and not this question's
    hopeless: bool = False
    picture: bool = False  # the failure is a picture's, which may be made again
    spent: TokensSpent = _NOTHING


class JudgeRun:
    """The calls of a run. `stopped` and `reasons` say how it went."""

    def __init__(self, endpoint: Endpoint, state: RunState, terms: CallTerms, progress: Progress | None) -> None:
        self._client = LLMClient(endpoint, home(), CircuitBreaker(after=NEVER))
        self._state = state
        self._terms = terms
        self._total = 0
        self._progress = progress
        self._eta = Eta()
        self._answered = False  # the model takes pictures: what is refused later is that one question
        self._done = 0
        self._tokens = [0, 0]  # read and written
        self.stopped = ""
        self.reasons: dict[str, int] = {}

    def through(self, jobs: Sequence[JudgeJob], stop: threading.Event) -> None:
        """Asks about all jobs and keeps each answer as it comes; setting `stop` ends it after those under way."""
        self._total = len(jobs)
        self._eta.start(len(jobs))
        try:
            CallBatch(self._ask, self._keep, self._end, self._terms.workers, stop).through(jobs)
        finally:
            self._client.close()

    def _ask(self, job: JudgeJob) -> _Judged:
        spent = _NOTHING
        try:
            first, second = ([_shown(picture) for picture in side] for side in (job.first, job.second))
            asked = messages(job.criterion, job.text, first, second)
            answer = self._client.complete(asked, SCHEMA, _ANSWER, self._terms.budget)
            self._answered = True
            spent = TokensSpent(1, answer.prompt_tokens, answer.completion_tokens, answer.seconds)
            verdict(answer.data)
            return _Judged(job, {name: answer.data[name] for name in SCHEMA["required"]}, spent=spent)
        except LLMError as error:
            own = error.answered or (self._answered and error.status in (400, 413, 422))
            blind = not self._answered and error.status in _REFUSALS
            failure = f"{error}; does the model take pictures?" if blind else str(error)
            return _Judged(job, failure=failure, server=not own, hopeless=hopeless(error))
        except Unreadable as error:
            return _Judged(job, failure=str(error), picture=True)
        except StylusError as error:
            return _Judged(job, failure=str(error), spent=spent)
        except Exception as error:  # one question's trouble must not end the run for the others
            log.debug("where it happened", exc_info=True)
            return _Judged(job, failure=f"{type(error).__name__}: {error}", spent=spent)

    def _keep(self, came: deque[_Judged]) -> None:
        while came:
            outcome = came[0]
            if outcome.answer is not None:
                self._state.answered(outcome.job.key, outcome.answer)
            elif not outcome.picture:
                self._state.failed(outcome.job.key, outcome.failure, passing=outcome.server)
            if outcome.failure:
                self.reasons[outcome.failure] = self.reasons.get(outcome.failure, 0) + 1
            if outcome.spent.calls:
                self._state.spend(self._client.endpoint.model, outcome.spent)
                self._tokens[0] += outcome.spent.prompt
                self._tokens[1] += outcome.spent.completion
            came.popleft()
            self._done += 1
            self._eta.step()
            self._say("judged")

    def _end(self, why: str) -> None:
        self.stopped = self.stopped or why
        self._say("finishing")

    def _say(self, what: str) -> None:
        if self._progress:
            price = self._terms.price(*self._tokens)
            cost = f"{sum(self._tokens):,} tokens" + (f", {price:.3f}" if price else "")
            self._progress(self._eta.said(f"{what} ({cost})"), self._done, self._total)


def _shown(picture: StudyPicture) -> str:
    """The picture for the model. Raises `Unreadable` where it is not the one that the study made."""
    try:
        raw = read_file(picture.path, MADE.bytes)
    except OSError as error:
        raise Unreadable(f"{picture.path} cannot be read: {error.strerror or error}") from None
    if picture.sha256 != hashlib.sha256(raw).hexdigest():
        raise Unreadable(f"{picture.path} is not the picture that was made: stylus study run makes it again")
    url = data_url(raw, limits=MADE)
    if url is None:
        raise Unreadable(f"{picture.path} is no picture that can be shown")
    return url
