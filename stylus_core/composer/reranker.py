"""A reranker as the composer: a model that scores one pair of texts at a time, here or behind an endpoint.

In the paper's ablation it lowers CLIP by 1.74 against no adapters at all: it ranks candidates, and cannot tell that a
word of the prompt is not asking for any of them. It is here to compare with, and for those who have one anyway.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, Protocol

from stylus_core.composer.composer_rules import apply_rules, missing_half_notes
from stylus_core.composer.contract import Request
from stylus_core.composer.family import prefer_family
from stylus_core.composer.local import rated, sure_enough
from stylus_core.composer.settings import ComposerSettings
from stylus_core.errors import ComposerError
from stylus_core.llm.circuit_breaker import CircuitBreaker
from stylus_core.llm.endpoint import Endpoint
from stylus_core.net.errors import LATE, NetError
from stylus_core.net.exchange import HttpReply, HttpRequest, send
from stylus_core.types import Candidate, Composition

_DOCUMENT = 400  # characters of a candidate


class Scorer(Protocol):
    """Scores how well each document answers a query, 0 to 1. Raises `ComposerError`."""

    def scores(self, query: str, documents: Sequence[str]) -> list[float]:
        """Scores each document against the query; see `Scorer`."""


class CrossEncoderScorer:
    """A cross-encoder of sentence-transformers, by name or folder; loaded with the first call."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._model: Any = None

    def scores(self, query: str, documents: Sequence[str]) -> list[float]:
        """Scores each document by itself, all in one batch.

        Args:
            query: the prompt.
            documents: one text a candidate.

        Returns:
            One score a document, 0 to 1; of a model that ends without a sigmoid through one.

        Raises:
            ComposerError: the model cannot be loaded, or failed.
        """
        with self._lock:
            if self._model is None:
                self._model = self._load()
            try:
                raw = self._model.predict([(query, d) for d in documents], show_progress_bar=False)
            except (RuntimeError, ValueError, TypeError) as e:
                raise ComposerError(f"the reranker {self._name!r} failed: {e}") from None
        values = [float(v) for v in raw]
        if any(not 0 <= v <= 1 for v in values):  # a model that ends without a sigmoid
            values = [1 / (1 + math.exp(-max(-50.0, min(50.0, v)))) for v in values]
        return values

    def _load(self) -> Any:
        try:
            from sentence_transformers import CrossEncoder
        except ImportError:
            raise ComposerError(
                "a reranker needs the package sentence-transformers: pip install sentence-transformers"
            ) from None
        try:
            # weights are never unpickled: a model without safetensors is refused
            name = "model_kwargs" if "model_kwargs" in signature(CrossEncoder.__init__).parameters else "automodel_args"
            return CrossEncoder(self._name, **{name: {"use_safetensors": True}})
        except Exception as e:  # whatever a hub, a file or torch raises
            reason = (str(e).strip() or type(e).__name__).splitlines()[0][:200]
            raise ComposerError(f"the reranker {self._name!r} cannot be loaded: {reason}") from None


class EndpointScorer:
    """A rerank endpoint that speaks Cohere's protocol, as Jina, vLLM, llama.cpp, Infinity and others do."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._circuit_breaker = CircuitBreaker()

    def scores(self, query: str, documents: Sequence[str]) -> list[float]:
        """Scores each document against the query; see `Scorer`. An endpoint that failed rests, as a model's does."""
        e = self._endpoint
        if resting := self._circuit_breaker.resting():
            raise ComposerError(resting)
        body: dict[str, Any] = {"query": query, "documents": list(documents), "top_n": len(documents), **e.extra}
        if e.model:
            body["model"] = e.model
        url = e.base_url.rstrip("/")
        url = url if url.endswith("/rerank") else url + "/rerank"
        try:
            reply = send(HttpRequest(url, json.dumps(body).encode(), e.headers, e.timeout))
        except NetError as error:
            raise self._failed(f"the reranker at {e.shown} {error}", late=error.kind == LATE) from None
        if reply.status >= 400:
            raise self._failed(f"the reranker at {e.shown} answered {reply.status}")
        self._circuit_breaker.answered()
        return _read(reply, len(documents), e.shown)

    def _failed(self, why: str, *, late: bool = False) -> ComposerError:
        self._circuit_breaker.failed(why, late=late)
        return ComposerError(why)


def _read(reply: HttpReply, n: int, shown: str) -> list[float]:
    """`results[].index` and `.relevance_score`; a document that is not listed scores 0."""
    wrong = ComposerError(f"what the reranker at {shown} sent is no list of scores")
    try:
        results = reply.json()["results"]
        pairs = [(int(r["index"]), float(r["relevance_score"])) for r in results]
    except (ValueError, KeyError, TypeError, OverflowError):  # OverflowError: an index that is infinite
        raise wrong from None
    out = [0.0] * n
    for index, score in pairs:
        if not 0 <= index < n or not math.isfinite(score):
            raise wrong
        out[index] = score if 0 <= score <= 1 else 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))
    return out


class RerankerComposer:
    """Of what the local composer is sure enough of, takes what the reranker scores high enough, the highest first."""

    name = "reranker"
    label = "Reranker"
    asks_model = True

    def __init__(self, settings: ComposerSettings, scorer: Scorer | None = None) -> None:
        self._settings = settings
        self._scorer = scorer or _scorer(settings)

    @classmethod
    def from_settings(cls, settings: ComposerSettings, home: Path) -> RerankerComposer:
        """See `composer.contract`: it keeps nothing in `home`."""
        return cls(settings)

    def compose(self, request: Request) -> Composition:
        """Raises `ComposerError` with one sentence if the reranker cannot be asked."""
        # it reads strangers' texts and may do what they say: it takes away, and how sure a pick is says the local judge
        asked = sure_enough(rated(request), request)
        if not asked:
            return Composition(composer=self.name)
        text = " ".join(request.prompt.plain.split())
        scores = self._scorer.scores(text, [_document(a.candidate) for a in asked])
        order = sorted(range(len(scores)), key=lambda i: -scores[i])
        wanted = [
            replace(asked[i], reason=f"the reranker gives it {scores[i]:.2f}")
            for i in order
            if scores[i] >= self._settings.reranker_floor
        ]
        kept, refused = apply_rules(prefer_family(wanted, request), request)
        nearly = tuple(replace(a, reason=f"left out: {why}") for a, why in refused[:5])
        return Composition(tuple(kept), self.name, missing_half_notes(refused), nearly)


def _document(candidate: Candidate) -> str:
    card = candidate.adapter.card
    return f"{card.subject or candidate.adapter.title}. {card.description}"[:_DOCUMENT]


def _scorer(settings: ComposerSettings) -> Scorer:
    endpoint = settings.rerank_endpoint
    where = endpoint.base_url
    if not where:
        raise ComposerError(
            "no reranker is named: set STYLUS_RERANKER to a cross-encoder's name or folder, or to a rerank endpoint"
        )
    if where.partition(":")[0].lower() in ("http", "https"):
        if problem := endpoint.address_problem("the reranker's address"):
            raise ComposerError(problem)
        return EndpointScorer(endpoint)
    return CrossEncoderScorer(where)
