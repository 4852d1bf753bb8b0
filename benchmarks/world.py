"""The shared corpus with its queries, indexed once and kept in benchmarks/out between runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.evaluation.corpus import Query, load_adapters, load_queries
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.encoder import open_encoder
from stylus_core.retriever.index import Index
from stylus_core.retriever.retriever import Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter
from tests.shared import DATA

OUT = Path(__file__).resolve().parent / "out"

#: Prompts of our own that no adapter of the corpus fits.
NO_FIT = tuple((Path(__file__).parent / "no_fit_prompts.txt").read_text(encoding="utf-8").splitlines())

#: The same two by two, as long as a caption: what leaves a short prompt alone only because it is short shows here.
NO_FIT_LONG = tuple(f"{a.rstrip('.')} and {b[0].lower()}{b[1:]}" for a, b in zip(NO_FIT[::2], NO_FIT[1::2], strict=True))


class World:
    """Corpus, queries, index, vectors."""

    def __init__(self) -> None:
        if DATA is None:
            raise FileNotFoundError("the shared corpus is not beside the project")
        OUT.mkdir(exist_ok=True)
        self.adapters: list[Adapter] = load_adapters(DATA / "corpus.jsonl.gz")
        self.by_id = {a.id: a for a in self.adapters}
        self.user = load_queries(DATA / "queries_user.jsonl.gz")
        captions = load_queries(DATA / "queries_stylus.jsonl.gz")
        self.captions = [q for q in captions if q.relevant]
        self.unpicked = [q for q in captions if q.picked_in_all == 0]
        self.store = VectorStore(OUT / "vectors.sqlite", open_encoder())
        self.index = Index(OUT / "never-written" / "index")
        self.index._save = lambda: None  # type: ignore[method-assign]  # built anew each run: it is what is measured
        self.index.update(self.adapters, (), 1)
        self.dense: Dense = self.index.dense(self.store, self.get, everything=True)
        self.retriever = Retriever(self.index, self.get, self.dense)
        self.words = Retriever(self.index, self.get, None)

    def get(self, ids: Sequence[int]) -> Mapping[int, Adapter]:
        return {i: self.by_id[i] for i in ids}

    def sets(self) -> dict[str, list[Query]]:
        return {"user": self.user, "captions": self.captions}


@lru_cache(maxsize=1)
def world() -> World:
    """The one world of this process."""
    return World()


# -- the plain systems to compare with: tokens, fields and fusion as ../shared/data/README.md describes them

_STOP = frozenset("a an the of in on at to for with and or is are was were be by from as it its this that".split())


def plain_tokens(text: str) -> list[str]:
    """Lower case, runs of letters and digits, stop words out."""
    return [w for w in re.findall(r"\w+", text.lower()) if w not in _STOP]


def plain_text(adapter: Adapter, examples: int) -> str:
    """Name, tags, trigger words, description to 1,000 characters, and some example prompts."""
    m = adapter.metadata
    texts = [m.title, " ".join(m.tags), " ".join(m.trigger_words), m.description[:1000]]
    return " ".join([*texts, *(e.prompt for e in m.examples[:examples])])


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
