"""What the composers that ask somebody else need to know: addresses, models, keys, limits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from stylus_core.llm.endpoint import BUDGET, Endpoint, find_key

_BASE_URL, _MODEL, _RERANKER = ("STYLUS_BASE_URL", "STYLUS_ENDPOINT"), ("STYLUS_MODEL",), ("STYLUS_RERANKER",)


@dataclass(frozen=True, slots=True)
class ComposerSettings:
    """Settings of the LLM composer and of the reranker. Empty ones are taken from the environment by `resolved`.

    Args:
        base_url: an OpenAI-compatible server; else `STYLUS_BASE_URL` or `STYLUS_ENDPOINT`.
        model: its model; else `STYLUS_MODEL`.
        key: only used where the environment has none (`STYLUS_API_KEY`; `OPENAI_API_KEY` for OpenAI's own host).
        key_env: name of another variable that holds the key.
        timeout: seconds for a prompt's call, waits and retries included.
        extra: further fields of the request's body.
        keep_alive: seconds for which Ollama keeps the model after a call; 0 frees its memory; None: as it likes.
        prompt_tokens: limit of the whole message; the catalogue shrinks to it.
        reranker: name or folder of a cross-encoder, or the URL of a Cohere-compatible rerank endpoint; else
            `STYLUS_RERANKER`.
        reranker_model: the model that the rerank endpoint is to use.
        reranker_floor: a candidate is chosen from this score on; both kinds of reranker score from 0 to 1.
    """

    base_url: str = field(default="", repr=False)  # may hold a key until it was looked at
    model: str = ""
    key: str = field(default="", repr=False)
    key_env: str = ""
    timeout: float = BUDGET
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    keep_alive: float | None = None
    prompt_tokens: int = 2500
    reranker: str = field(default="", repr=False)  # the same
    reranker_model: str = ""
    reranker_floor: float = 0.5

    @property
    def endpoint(self) -> Endpoint:
        """The language model's endpoint, the environment's where nothing was given."""
        url = self.base_url or _first(_BASE_URL)
        return Endpoint(
            url, self.model or _first(_MODEL), find_key(url, self.key, self.key_env), self.timeout, self.extra
        )

    @property
    def rerank_endpoint(self) -> Endpoint:
        """The reranker as an endpoint; `base_url` may be a name or a folder instead."""
        where = self.reranker or _first(_RERANKER)
        return Endpoint(where, self.reranker_model, find_key(where, self.key, self.key_env), self.timeout, self.extra)


def _first(names: tuple[str, ...]) -> str:
    return next((value for n in names if (value := os.environ.get(n, "").strip())), "")
