"""Recall of the retriever next to the plain systems that it has to beat, in one run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.table import Table
from benchmarks.world import World, plain_parts, plain_text, plain_tokens, reciprocal_rank_fusion, world
from stylus_core.evaluation.metrics import quality, recall_at
from stylus_core.evaluation.statistics import bootstrap_mean
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever.bm25 import BM25
from stylus_core.retriever.postings import build

DEPTH = 150
_System = Callable[[str], list[int]]


def ours(w: World, dense: bool = True) -> _System:
    """Our retriever as the tool uses it."""
    retriever = w.retriever if dense else w.words

    def rank(prompt: str) -> list[int]:
        parsed = parse(prompt)
        return [c.adapter.id for c in retriever.search(parsed, keywords(parsed), DEPTH).candidates]

    return rank


def _ranked(w: World, scores: NDArray[np.float64]) -> list[int]:
    return [w.adapters[i].id for i in np.argsort(-scores, kind="stable")[:DEPTH]]


def baselines(w: World) -> dict[str, _System]:
    """Chance, rank_bm25's scores, MiniLM on one text, their fusions, and the research code's document text."""
    alive = [np.ones(len(w.adapters), np.bool_)]
    texts = {n: BM25([build(plain_tokens(plain_text(a, n)) for a in w.adapters)], alive) for n in (0, 4)}
    label = w.store.many([f"{a.metadata.title} {', '.join(a.metadata.tags)}" for a in w.adapters])
    research = w.store.many(
        [f"{a.metadata.title} {a.metadata.description[:1000]} {', '.join(a.metadata.tags)}" for a in w.adapters]
    )
    rng = np.random.default_rng(0)

    def bm25(n: int, prompt: str) -> NDArray[np.float64]:
        return texts[n].scores(plain_tokens(prompt))

    def whole(matrix: NDArray[np.float32], prompt: str) -> NDArray[np.float64]:
        return np.asarray(matrix @ w.store.short([prompt])[0][0], np.float64)

    def parts(prompt: str) -> NDArray[np.float64]:
        return np.asarray((w.store.short(plain_parts(prompt))[0] @ label.T).max(axis=0), np.float64)

    return {
        "random": lambda p: _ranked(w, rng.random(len(w.adapters))),
        "research text, MiniLM": lambda p: _ranked(w, whole(research, p)),
        "name + tags, MiniLM": lambda p: _ranked(w, whole(label, p)),
        "name + tags, MiniLM, best part": lambda p: _ranked(w, parts(p)),
        "rank_bm25 without examples": lambda p: _ranked(w, bm25(0, p)),
        "rank_bm25 with examples": lambda p: _ranked(w, bm25(4, p)),
        "RRF of the two last (bold row)": lambda p: _ranked(w, reciprocal_rank_fusion(bm25(4, p), parts(p))),
    }


def run() -> list[Table]:
    """One table."""
    w = world()
    table = Table(
        "Retrieval: recall and MRR on both query sets, one configuration",
        ["system", *(f"{s} {c}" for s in w.sets() for c in ("R@10", "R@30", "R@150", "MRR", "nDCG@10"))],
    )
    systems = {**baselines(w), "ours, words alone": ours(w, dense=False), "ours": ours(w)}
    for name, rank in systems.items():
        cells: list[str] = []
        for queries in w.sets().values():
            rankings = [rank(q.query) for q in queries]
            wanted = [q.relevant for q in queries]
            q = quality(rankings, wanted)
            cells += [f"{v:.3f}" for v in (q.recall[10], q.recall[30], q.recall[150], q.mrr, q.ndcg10)]
            if name == "ours":
                found = bootstrap_mean([recall_at(r, x, 10) for r, x in zip(rankings, wanted, strict=True)])
                if found:
                    table.notes.append(
                        f"95% interval of our recall@10, {len(queries)} queries: {found.low:.3f} to {found.high:.3f}"
                    )
        table.add(name, *cells)
    return [table]
