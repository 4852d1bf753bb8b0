"""One structured answer from a language model, within a time budget, from whatever server there is.

Servers differ: one answers `response_format` of type `json_schema` with HTTP 500, one takes no `temperature`, one calls
the limit of tokens something else. What a server cannot do is found out with the first call and kept on disk.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stylus_core.errors import LLMError
from stylus_core.llm.answers import Reply, read_object, read_reply
from stylus_core.llm.capabilities import MODES, Capabilities, Capability
from stylus_core.llm.circuit_breaker import CircuitBreaker
from stylus_core.llm.endpoint import Endpoint
from stylus_core.llm.transport import Transport, TransportFailure

log = logging.getLogger("stylus")

#: Statuses with which servers answer a request that has something in it that they do not know.
_UNKNOWN = (400, 422, 500, 501)
_PAUSE = 1.0  # seconds before the second try, where the server says nothing
_UNLOAD = 3.0  # seconds at most for telling the server to unload
_LEAST = 0.25  # seconds: with less left, another try is in vain

#: Parameters that some models refuse, as OpenAI's reasoning models do.
_OPTIONAL = ("temperature", "max_tokens")


@dataclass(frozen=True, slots=True)
class LLMAnswer:
    """What a model answered.

    Attributes:
        data: the JSON object; the fields that the schema requires are there, what lies deeper is unchecked.
        prompt_tokens: as the server counted them; 4 characters a token where it did not.
        completion_tokens: the same.
        seconds: from the call to the answer, everything included.
        mode: how the JSON was asked for: one of `capabilities.MODES`.
        server_seconds: the part of it that the server took.
        calls: requests that were sent.
    """

    data: dict[str, Any]
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    mode: str
    server_seconds: float = 0.0
    calls: int = 1


@dataclass(slots=True)
class _Call:
    """One `complete` under way."""

    messages: Sequence[Mapping[str, Any]]
    schema: Mapping[str, Any]
    max_tokens: int
    deadline: float
    clock: Callable[[], float]
    server: float = 0.0
    sent: int = 0

    @property
    def left(self) -> float:
        return self.deadline - self.clock()


class LLMClient:
    """Asks one endpoint. Safe to use from several threads.

    Args:
        endpoint: where to ask.
        state_dir: folder in which what is learnt of servers is kept.
        circuit_breaker: when the endpoint is left alone after failures.
        clock: seconds from any start, as `time.monotonic` has them.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        state_dir: str | os.PathLike[str],
        circuit_breaker: CircuitBreaker | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.endpoint = endpoint
        self._capabilities = Capabilities(Path(state_dir) / "servers.json")
        self._server = f"{endpoint.shown} {endpoint.model}"
        self._transport = Transport(endpoint)
        self._circuit_breaker = circuit_breaker or CircuitBreaker(clock)
        self._clock = clock
        self._sleep = sleep

    def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        schema: Mapping[str, Any],
        max_tokens: int,
        budget_seconds: float | None = None,
        keep_alive: float | str | None = None,
    ) -> LLMAnswer:
        """Asks for one JSON object that answers `messages`.

        Args:
            messages: as the API takes them, pictures (`image_url` parts) included.
            schema: JSON schema of the answer, an object with `properties` and `required`.
            max_tokens: limit of what the model writes.
            budget_seconds: for all of it, waits and retries included; the endpoint's timeout if None.
            keep_alive: seconds (or Ollama's notation) to keep the model loaded after the call; 0 frees its memory.
                None leaves it to the server, as do servers other than Ollama.

        Returns:
            The answer, with what it took.

        Raises:
            LLMError: with one sentence, for whatever goes wrong.
        """
        if problem := self.endpoint.problem:
            raise LLMError(problem)
        if resting := self._circuit_breaker.resting():
            raise LLMError(resting)
        self._transport.ready()
        start = self._clock()
        budget = self.endpoint.timeout if budget_seconds is None else budget_seconds
        call = _Call(messages, schema, max_tokens, start + budget, self._clock)
        try:
            answer = self._ask(call)
        except LLMError as e:
            if e.answered:  # the server is there: what one prompt led to says nothing of the next
                self._circuit_breaker.answered()
            else:
                self._circuit_breaker.failed(str(e), late=e.late)
            raise
        finally:
            if keep_alive is not None:
                self._unload(keep_alive, call)
        self._circuit_breaker.answered()
        return replace(answer, seconds=self._clock() - start, server_seconds=call.server, calls=call.sent)

    def close(self) -> None:
        """Closes the connections; a further call opens them again."""
        self._transport.close()

    def _ask(self, call: _Call) -> LLMAnswer:
        """Asks in the way that is known to work, or in one after the other until one does."""
        known = self._capabilities.of(self._server)
        capability = known if known.mode else replace(known, mode=MODES[0])
        retried = False
        while True:
            result = self._send(call, capability)
            if not isinstance(result, TransportFailure):
                answer = self._read(call, capability, result)
                if isinstance(answer, LLMAnswer):
                    if capability != known:
                        self._capabilities.learn(self._server, capability)
                    return answer
                result = answer
            weaker = _weaker(capability, result, known)
            if weaker is None:
                if retried or not _worth_another(result, call.left):
                    raise _error(result)
                retried = True
                self._sleep(min(_pause(result), max(0.0, call.left)))
            elif call.left < _LEAST:
                raise _error(result)
            else:
                log.debug("%s: %s; trying %s", self._server, result.sentence, weaker)
                capability = weaker

    def _send(self, call: _Call, capability: Capability) -> bytes | TransportFailure:
        begin = self._clock()
        call.sent += 1
        result = self._transport.post(self._parameters(call, capability), max(_LEAST, call.left))
        call.server += self._clock() - begin
        return result

    def _read(self, call: _Call, capability: Capability, body: bytes) -> LLMAnswer | TransportFailure:
        """The answer in a body; a server that ignores the form that was asked for counts as one that refuses it."""
        reply = read_reply(body)
        try:
            data = read_object(reply.text, call.schema)
        except LLMError as e:
            return TransportFailure(str(e), formless=True)
        return LLMAnswer(data, *_tokens(reply, call.messages), 0.0, capability.mode)

    def _parameters(self, call: _Call, capability: Capability) -> dict[str, Any]:
        out: dict[str, Any] = {"model": self.endpoint.model, "messages": list(call.messages)}
        if "temperature" not in capability.without:
            out["temperature"] = 0
        more = dict(self.endpoint.extra)
        if "max_tokens" in capability.without:
            more = {"max_completion_tokens": call.max_tokens, **more}  # which not every version of the client knows
        else:
            out["max_tokens"] = call.max_tokens
        if capability.mode == "json_schema":
            form = {"name": "answer", "strict": True, "schema": dict(call.schema)}
            out["response_format"] = {"type": "json_schema", "json_schema": form}
        elif capability.mode == "json_object":
            out["response_format"] = {"type": "json_object"}
        if more:
            out["extra_body"] = more
        return out

    def _unload(self, keep_alive: float | str, call: _Call) -> None:
        """Tells Ollama how long to keep the model; never raises."""
        if not call.sent:
            return
        from stylus_core.llm.unload import unload  # an HTTP client that few need

        capability = self._capabilities.of(self._server)
        if capability.ollama is False:
            return
        is_ollama = unload(self.endpoint, keep_alive, min(_UNLOAD, max(0.5, call.left)))
        if is_ollama is not None and is_ollama != capability.ollama:
            self._capabilities.learn(self._server, replace(capability, ollama=is_ollama))


def _weaker(capability: Capability, failure: TransportFailure, known: Capability) -> Capability | None:
    """What to try instead of something that this server may not know; None if that is not the trouble."""
    if failure.status in (400, 422):
        for name in _OPTIONAL:
            if name in failure.detail and name not in capability.without:
                return replace(capability, without=(*capability.without, name))
    unusable = failure.status in _UNKNOWN or failure.formless
    if not unusable or capability.mode == MODES[-1]:
        return None
    if failure.status != 400 and capability.mode == known.mode:
        return None  # it worked before: this is a failure and no lack
    return replace(capability, mode=MODES[MODES.index(capability.mode) + 1])


def _error(failure: TransportFailure) -> LLMError:
    return LLMError(failure.sentence, status=failure.status, answered=failure.formless, late=failure.late)


def _worth_another(failure: TransportFailure, left: float) -> bool:
    """Whether the same request may well succeed a moment later."""
    passing = failure.status in (408, 409, 429) or failure.status >= 500 or failure.broken
    return passing and _pause(failure) + _LEAST < left


def _pause(failure: TransportFailure) -> float:
    return _PAUSE if failure.retry_after is None else failure.retry_after


def _tokens(reply: Reply, messages: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    sent = reply.prompt_tokens if reply.prompt_tokens >= 0 else estimate(messages)
    return sent, reply.completion_tokens if reply.completion_tokens >= 0 else -(-len(reply.text) // 4)


def estimate(messages: Sequence[Mapping[str, Any]]) -> int:
    """Guesses tokens at 4 characters each.

    Args:
        messages: as the API takes them; pictures in them are left out.

    Returns:
        Tokens of all texts together.
    """
    total = 0
    for message in messages:
        content = message.get("content")
        parts: Sequence[Any] = content if isinstance(content, list) else [{"text": content}]
        total += sum(len(str(p.get("text") or "")) for p in parts if isinstance(p, Mapping))
    return -(-total // 4)
