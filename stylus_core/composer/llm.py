"""The composer that asks a language model: one call for a distinct prompt, checked, cached, within a time budget.

The idea is that of Stylus (Luo et al., "Stylus: Automatic Adapter Selection for Diffusion Models", 2024): a model reads
the prompt next to short accounts of the candidates. There it reads 150 of them twice and picks; here a dozen short
lines at most, those that the local judge holds likeliest, and it gives each a verdict.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from stylus_core.composer.answer_validation import ValidatedAnswer, halves_not_asked_about, possible, validate_answer
from stylus_core.composer.contract import Request
from stylus_core.composer.instructions import CONSTANT, schema
from stylus_core.composer.llm_candidates import estimate_tokens, question
from stylus_core.composer.local import rated as judged
from stylus_core.composer.settings import ComposerSettings
from stylus_core.errors import ComposerError, LLMError
from stylus_core.llm.cache import AnswerCache, SingleFlight
from stylus_core.llm.client import LLMAnswer, LLMClient
from stylus_core.types import Assignment, Composition

log = logging.getLogger("stylus")

_MAX_TOKENS = 400  # of the answer: a dozen verdicts take 200 at most, and a model without a schema may say more
_CONSTANT_TOKENS = sum(estimate_tokens(m["content"]) + 4 for m in CONSTANT)
_NEARLY = 5

#: The candidates of a request at the words that they serve best, likeliest first, with the chance that each is wanted.
Judge = Callable[[Request], Sequence[Assignment]]


class LLMComposer:
    """Asks a language model through `ComposerSettings.endpoint`.

    Args:
        settings: endpoint and limits.
        home: folder in which answers and what is learnt of servers are kept.
        judge: says which adapters the model is asked about, and how likely each is.
        flights: the calls under way, which composers with the same settings may share.
    """

    name = "llm"
    label = "Stylus, language model"
    asks_model = True

    def __init__(
        self,
        settings: ComposerSettings,
        home: Path,
        judge: Judge = judged,
        flights: SingleFlight[LLMAnswer] | None = None,
    ) -> None:
        self._settings = settings
        self._client = LLMClient(settings.endpoint, home)
        self._cache = AnswerCache(home / "answers.sqlite")
        self._flights = SingleFlight() if flights is None else flights
        self._judge = judge

    @classmethod
    def from_settings(cls, settings: ComposerSettings, home: Path) -> LLMComposer:
        """See `composer.contract`: made of the endpoint that the settings name, its answers kept in `home`."""
        return cls(settings, home)

    def compose(self, request: Request) -> Composition:
        """Raises `ComposerError` with one sentence if the model cannot be asked or did not answer in any usable form.

        An answer that wants nothing, or nothing that may be used, is an answer.
        """
        if not request.candidates or request.adapters_in_prompt >= request.options.max_adapters:
            return Composition(composer=self.name)
        rated = self._judge(request)
        asked, halves = possible(rated, request), halves_not_asked_about(rated, request)
        if not asked:
            nothing = "nothing is likely enough to ask the language model about"
            return Composition(composer=self.name, notes=(*halves, nothing))
        limit = self._settings.prompt_tokens - _CONSTANT_TOKENS
        text, names = question(request.prompt, asked, limit)
        if not names:
            raise ComposerError("the prompt is too long to be shown to the language model with any candidate")
        messages = [*CONSTANT, {"role": "user", "content": text}]
        form = schema(names)
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
        made = self._composed(answer, validate_answer(answer.data, request, asked[: len(names)]), source)
        return replace(made, notes=(*made.notes, *halves))

    def _ask(self, messages: list[dict[str, str]], form: dict[str, Any], key: str) -> LLMAnswer:
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

    def _stored(self, key: str) -> LLMAnswer | None:
        value = self._cache.get(key)
        if value is None or not isinstance(value.get("data"), dict):
            return None
        sent, written = value.get("prompt_tokens"), value.get("completion_tokens")
        if not isinstance(sent, int) or not isinstance(written, int):
            return None
        return LLMAnswer(value["data"], sent, written, 0.0, "", calls=0)

    def _key(self, messages: list[dict[str, str]], form: dict[str, Any]) -> str:
        """Everything that the answer depends on; prompt, candidates and options are in the messages."""
        endpoint = self._settings.endpoint
        parts = [endpoint.shown, endpoint.model, dict(endpoint.extra), messages, form, _MAX_TOKENS]
        return sha256(json.dumps(parts, sort_keys=True, default=str).encode("utf-8", "surrogatepass")).hexdigest()

    def _composed(self, answer: LLMAnswer, found: ValidatedAnswer, source: str) -> Composition:
        notes = [
            f"the language model read {answer.prompt_tokens:,} tokens and wrote {answer.completion_tokens:,} ({source})"
        ]
        if found.refused:
            wanted = len(found.kept) + len(found.refused)
            notes.append(f"{len(found.refused)} of the {wanted} adapters that it wanted broke a rule and were dropped")
        if found.senseless:
            notes.append(f"{found.senseless} of its verdicts made no sense and were dropped")
        if not found.kept:
            notes.append("it found no adapter that fits this prompt" if not found.refused else "nothing is left of it")
        return Composition(tuple(_in_order(found.kept)), self.name, tuple(notes), _nearly(found))


def _nearly(found: ValidatedAnswer) -> tuple[Assignment, ...]:
    """What a rule forbids, then what the model did not want, likeliest first."""
    left_out = [*found.refused, *found.passed]
    return tuple(replace(a, reason=f"left out: {why}") for a, why in left_out[:_NEARLY])


def _in_order(assignments: Sequence[Assignment]) -> list[Assignment]:
    return sorted(assignments, key=lambda a: a.keyword.start)
