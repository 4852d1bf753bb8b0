"""What the composers that ask a model need to know: addresses, models, keys, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from stylus_core.llm.endpoint import BUDGET, Endpoint
from stylus_core.llm.endpoint_settings import endpoint_of, find_key, resolved


@dataclass(frozen=True, slots=True)
class ComposerSettings:
    """Settings of the LLM composer and of the reranker.

    What is empty the environment says: `llm.endpoint_settings.FIELDS` lists the variables.

    Args:
        base_url: an OpenAI-compatible server.
        model: its model.
        key: only used where the environment has none.
        key_env: name of another variable that holds the key.
        timeout: seconds for a prompt's call, waits and retries included.
        extra: further fields of the request's body.
        keep_alive: seconds for which Ollama keeps the model after a call; 0 frees its memory; None: as it likes.
        prompt_tokens: limit of the whole message; the catalogue shrinks to it.
        reranker: name or folder of a cross-encoder, or the URL of a Cohere-compatible rerank endpoint.
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
        names = ("base_url", "model", "key", "key_env", "timeout", "extra")
        return endpoint_of({name: getattr(self, name) for name in names})

    @property
    def rerank_endpoint(self) -> Endpoint:
        """The reranker as an endpoint; `base_url` may be a name or a folder instead."""
        where = resolved("reranker", self.reranker)
        return Endpoint(where, self.reranker_model, find_key(where, self.key, self.key_env), self.timeout, self.extra)
