"""Systems that rank adapters for a prompt: ours, and the plain ones that it has to beat.

Tokens, documents and fusion of the plain ones are the usual ones, simple on purpose: lower case, runs of word
characters, a short list of stop words; BM25Okapi with the defaults of rank_bm25, whose scores `retriever/bm25.py`
gives faster; reciprocal rank fusion with k = 60.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from stylus_core.composer.reranker import CrossEncoderScorer
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever.bm25 import BM25
from stylus_core.retriever.postings import build
from stylus_core.retriever.retriever import Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter
from stylus_study.evaluation.testbed import Testbed

#: A prompt -> ids of adapters, best first.
System = Callable[[str], list[int]]

DEPTH = 150
#: The plain system that the others are compared with: the best of those below that need no weights to be fitted.
BASELINE = "RRF of BM25 and MiniLM by parts"
OURS, WORDS = "ours", "ours, words alone"

_STOP = frozenset("a an the of in on at to for with and or is are was were be by from as it its this that".split())
_RERANKED = 30


def systems(testbed: Testbed, reranker: str = "") -> dict[str, System]:
    """All retrievers that can be had here, plain ones first. Without an encoder those that need one are missing.

    Args:
        testbed: the adapters that they rank.
        reranker: name or folder of a cross-encoder; "" leaves out the system that needs it.

    Returns:
        Name -> system; the last ones are ours.

    Raises:
        ComposerError: the cross-encoder cannot be had.
    """
    out: dict[str, System] = {"random": _random(testbed)}
    without, with_examples = (_bm25(testbed, n) for n in (0, 4))
    out["BM25 without examples"] = _ranking(testbed, without)
    out["BM25 with examples"] = _ranking(testbed, with_examples)
    if testbed.store is not None:
        research = _whole(testbed.store, [research_text(a) for a in testbed.adapters])
        parts = _parts(testbed.store, [f"{a.metadata.title} {', '.join(a.metadata.tags)}" for a in testbed.adapters])
        out["research text, dense alone"] = _ranking(testbed, research)
        out["name and tags, dense, best part"] = _ranking(testbed, parts)
        fused = _ranking(testbed, lambda p: reciprocal_rank_fusion(with_examples(p), parts(p)))
        out[BASELINE] = fused
        if reranker:
            out["the same, reranked"] = reranked(testbed, fused, reranker)
        out[WORDS] = ours(testbed.words)
    out[OURS] = ours(testbed.retriever)
    return out


def ours(retriever: Retriever) -> System:
    """The retriever as the tool uses it."""

    def rank(prompt: str) -> list[int]:
        parsed = parse(prompt)
        return [c.adapter.id for c in retriever.search(parsed, keywords(parsed), DEPTH).candidates]

    return rank


def reranked(testbed: Testbed, first: System, model: str) -> System:
    """Retrieve and rerank: a cross-encoder puts the first 30 in order.

    Args:
        testbed: the adapters.
        first: the system whose ranking it starts from.
        model: the cross-encoder's name or folder.

    Returns:
        The system.

    Raises:
        ComposerError: the cross-encoder cannot be had.
    """
    scorer = CrossEncoderScorer(model)

    def rank(prompt: str) -> list[int]:
        found = first(prompt)
        head = found[:_RERANKED]
        scores = scorer.scores(prompt, [plain_text(testbed.by_id[i], 0)[:400] for i in head])
        order = sorted(range(len(head)), key=lambda i: -scores[i])
        return [head[i] for i in order] + found[_RERANKED:]

    return rank


def plain_tokens(text: str) -> list[str]:
    """Lower case, runs of word characters, stop words out."""
    return [w for w in re.findall(r"\w+", text.lower()) if w not in _STOP]


def plain_text(adapter: Adapter, examples: int) -> str:
    """Name, tags, trigger words, description to 1,000 characters, and some example prompts."""
    m = adapter.metadata
    texts = [m.title, " ".join(m.tags), " ".join(m.trigger_words), m.description[:1000]]
    return " ".join([*texts, *(e.prompt for e in m.examples[:examples])])


def research_text(adapter: Adapter) -> str:
    """What the research code embeds of an adapter without a description of its own: title, description, tags."""
    m = adapter.metadata
    return f"{m.title} {m.description[:1000]} {', '.join(m.tags)}"


def plain_parts(prompt: str) -> list[str]:
    """Split at commas, brackets and weights out."""
    parts = (
        re.sub(r"\s+", " ", re.sub(r"[()\[\]{}]|:\d+\.?\d*|\\", "", p)).strip() for p in re.split(r"[,\n]", prompt)
    )
    return list(dict.fromkeys(p for p in parts if len(p) > 1)) or [prompt[:200]]


def reciprocal_rank_fusion(*scores: NDArray[np.float64], k: int = 60) -> NDArray[np.float64]:
    """Cormack et al. 2009."""
    total = np.zeros(len(scores[0]))
    for s in scores:
        rank = np.empty(len(s))
        rank[np.argsort(-s, kind="stable")] = np.arange(1, len(s) + 1)
        total += 1 / (k + rank)
    return total


_Scores = Callable[[str], NDArray[np.float64]]


def _ranking(testbed: Testbed, scores: _Scores) -> System:
    return lambda prompt: [testbed.adapters[i].id for i in np.argsort(-scores(prompt), kind="stable")[:DEPTH].tolist()]


def _random(testbed: Testbed) -> System:
    rng = np.random.default_rng(0)
    return _ranking(testbed, lambda _: rng.random(len(testbed.adapters)))


def _bm25(testbed: Testbed, examples: int) -> _Scores:
    postings = build(plain_tokens(plain_text(a, examples)) for a in testbed.adapters)
    index = BM25([postings], [np.ones(len(testbed.adapters), np.bool_)])
    return lambda prompt: index.scores(plain_tokens(prompt))


def _whole(store: VectorStore, texts: Sequence[str]) -> _Scores:
    matrix = store.many(texts)
    return lambda prompt: np.asarray(matrix @ store.short([prompt])[0][0], np.float64)


def _parts(store: VectorStore, texts: Sequence[str]) -> _Scores:
    matrix = store.many(texts)
    return lambda prompt: np.asarray((store.short(plain_parts(prompt))[0] @ matrix.T).max(axis=0), np.float64)
