"""The composer that asks a language model: one call for a distinct prompt, checked, cached, within a time budget.

The idea is that of Stylus (Luo et al., "Stylus: Automatic Adapter Selection for Diffusion Models", 2024): a model reads
the prompt next to short accounts of the candidates. There it reads 150 of them twice; here 30 short lines, once.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from stylus_core.composer.catalogue import question, tokens
from stylus_core.composer.checking import checked
from stylus_core.composer.contract import Request
from stylus_core.composer.instructions import CONSTANT, schema
from stylus_core.composer.settings import Settings
from stylus_core.errors import ComposerError, LLMError
from stylus_core.llm.cache import AnswerCache, SingleFlight
from stylus_core.llm.client import Answer, Client
from stylus_core.types import Assignment, Composition

log = logging.getLogger("stylus")

_MAX_TOKENS = 400  # of the answer: ten picks at most, each with a short reason
_CONSTANT_TOKENS = sum(tokens(m["content"]) + 4 for m in CONSTANT)
_NEARLY = 5


class LLMComposer:
    """Asks a language model through `Settings.endpoint`.

    Args:
        settings: endpoint and limits.
        home: folder in which answers and what is learnt of servers are kept.
    """

    name = "llm"

    def __init__(self, settings: Settings, home: Path) -> None:
        self._settings = settings
        self._client = Client(settings.endpoint, home)
        self._cache = AnswerCache(home / "answers.sqlite")
        self._flights: SingleFlight[Answer] = SingleFlight()

    def compose(self, request: Request) -> Composition:
        """Raises `ComposerError` with one sentence if the model cannot be asked or its answer cannot be used."""
        at_most = request.options.max_adapters - len(request.prompt.tags)
        if not request.candidates or at_most <= 0:
            return Composition(composer=self.name)
        limit = self._settings.prompt_tokens - _CONSTANT_TOKENS
        text, shown = question(request.prompt, request.candidates, at_most, limit)
        if not shown:
            raise ComposerError("the prompt is too long to be shown to the language model with any candidate")
        messages = [*CONSTANT, {"role": "user", "content": text}]
        form = schema(at_most)
        key = self._key(messages, form)
        stored = self._stored(key)
        if stored is not None:
            answer, source = stored, "from the cache"
        else:
            try:
                answer, own = self._flights.do(key, lambda: self._ask(messages, form, key))
            except LLMError as e:
                raise ComposerError(str(e)) from None
            source = f"{answer.seconds:.1f} s" if own else "shared with the same prompt"
        return self._composed(answer, request, shown, source)

    def _ask(self, messages: list[dict[str, str]], form: dict[str, Any], key: str) -> Answer:
        """One call. Another thread may have had the answer just before: then it is in the cache."""
        stored = self._stored(key)
        if stored is not None:
            return stored
        answer = self._client.complete(messages, form, _MAX_TOKENS, keep_alive=self._settings.keep_alive)
        self._cache.put(
            key,
            {"data": answer.data, "prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens},
        )
        log.info(
            "%s: %d prompt tokens, %d written, %d calls, %.2f s of which the server took %.2f",
            self._settings.endpoint.model,
            answer.prompt_tokens,
            answer.completion_tokens,
            answer.calls,
            answer.seconds,
            answer.server_seconds,
        )
        return answer

    def _stored(self, key: str) -> Answer | None:
        value = self._cache.get(key)
        if value is None or not isinstance(value.get("data"), dict):
            return None
        sent, written = value.get("prompt_tokens"), value.get("completion_tokens")
        if not isinstance(sent, int) or not isinstance(written, int):
            return None
        return Answer(value["data"], sent, written, 0.0, "", calls=0)

    def _key(self, messages: list[dict[str, str]], form: dict[str, Any]) -> str:
        """Everything that the answer depends on; prompt, candidates and options are in the messages."""
        endpoint = self._settings.endpoint
        parts = [endpoint.shown, endpoint.model, dict(endpoint.extra), messages, form, _MAX_TOKENS]
        return sha256(json.dumps(parts, sort_keys=True, default=str).encode("utf-8", "surrogatepass")).hexdigest()

    def _composed(self, answer: Answer, request: Request, shown: int, source: str) -> Composition:
        kept, refused, senseless = checked(answer.data, request, shown)
        dropped = len(refused) + senseless
        if dropped and not kept:
            raise ComposerError(f"none of the language model's {dropped} choices could be used: {_why(refused)}")
        notes = [
            f"the language model read {answer.prompt_tokens:,} tokens and wrote {answer.completion_tokens:,} ({source})"
        ]
        if dropped:
            notes.append(f"{dropped} of its {dropped + len(kept)} choices broke a rule and were dropped")
        if not kept:
            notes.append("it found no adapter that fits this prompt")
        return Composition(tuple(_in_order(kept)), self.name, tuple(notes), _nearly(refused, kept))


def _why(refused: list[tuple[Assignment, str]]) -> str:
    if not refused:
        return "they name no candidate, or no words of the prompt"
    first, why = refused[0]
    return f"{first.candidate.name} was refused because {why}"


def _nearly(refused: list[tuple[Assignment, str]], kept: list[Assignment]) -> tuple[Assignment, ...]:
    """Each adapter that was refused and not chosen for something else, once."""
    seen = {a.candidate.adapter.id for a in kept}
    out: list[Assignment] = []
    for a, why in refused:
        if a.candidate.adapter.id not in seen:
            seen.add(a.candidate.adapter.id)
            out.append(replace(a, reason=f"left out: {why}"))
    return tuple(out[:_NEARLY])


def _in_order(assignments: list[Assignment]) -> list[Assignment]:
    return sorted(assignments, key=lambda a: a.keyword.start)
