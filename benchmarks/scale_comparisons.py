"""Speed next to others at the same work: the research code's retriever, and sentence-transformers."""

from __future__ import annotations

import statistics
from functools import partial

import numpy as np

from benchmarks.grow import grown
from benchmarks.measuring import timed
from benchmarks.research import ResearchRetriever
from benchmarks.scale_inputs import prompts
from benchmarks.world import OUT
from stylus_core import ModelError, Stylus
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever.documents import document
from stylus_core.retriever.encoder import find_model, open_encoder
from stylus_core.retriever.quantized_vectors import VIEWS
from stylus_core.retriever.retriever import Retriever
from stylus_study.evaluation.markdown_table import MarkdownTable

_PROMPTS = 25  # that the research code's retriever is timed on


def against_research(stylus: Stylus) -> dict[str, float]:
    """Median milliseconds of its ranking and of ours for the same prompts over the same vectors.

    `ranking` and `ours` have the prompt's embedding at hand; `batch`, `alone` and `our selection` start from its text.
    """
    index = stylus.local_index.index
    store = stylus.local_index.vectors()
    if store is None:
        raise ModelError(stylus.local_index.problem)
    dense = index.dense(store, stylus.library.get)
    everything = np.arange(len(index.ids))
    axes = np.eye(dense.encoder.dim, dtype=np.float32)
    theirs = ResearchRetriever(
        np.ascontiguousarray(dense.cosines("description", everything, axes).T), stylus.library.adapters(), OUT / "grown"
    )
    some = [parse(f"{p}, study number {n}") for n, p in enumerate(prompts()[20 : 20 + _PROMPTS])]
    vectors = [dense.query([p.plain])[0] for p in some]
    retriever = Retriever(index, stylus.library.get, dense)
    ours = []
    for p in some:
        retriever.search(p, keywords(p), 30)
        ours.append(timed(partial(retriever.search, p, keywords(p), 30)) * 1000)
    its = [timed(partial(theirs.rank, v, 150)) * 1000 for v in vectors]
    out = {"ranking": statistics.median(its), "ours": statistics.median(ours)}
    texts = [f"{p}, research number {n}" for n, p in enumerate(prompts()[20 : 20 + _PROMPTS])]
    try:
        model = str(find_model())
        for name, action in (("batch", theirs.in_batch), ("alone", theirs.alone)):
            took = [timed(partial(action, t, model, 150)) for t in texts[:5]]
            out[name] = statistics.median(took) * 1000
    except ImportError:
        return out
    out["our selection"] = statistics.median(timed(partial(stylus.select, t)) for t in texts) * 1000
    return out


def embedding() -> MarkdownTable:
    """Documents a second, next to sentence-transformers on the same texts."""
    encoder = open_encoder()
    texts = [t for a in grown(256) for t in (lambda d: [getattr(d, v) for v in VIEWS])(document(a))]
    encoder.encode(texts[:32])
    ours = len(texts) / timed(lambda: encoder.encode(texts), 3)
    table = MarkdownTable("Embedding labels and accounts of real adapters", ["encoder", "texts a second", "ratio"])
    try:
        from sentence_transformers import SentenceTransformer

        plain = SentenceTransformer(str(find_model()), device="cpu")
        plain.encode(texts[:32], show_progress_bar=False)
        theirs = len(texts) / timed(lambda: plain.encode(texts, show_progress_bar=False), 3)
        table.add("sentence-transformers, as it comes", f"{theirs:.0f}", "1.00")
        table.add(f"ours ({encoder.backend})", f"{ours:.0f}", f"{ours / theirs:.2f}")
    except ImportError:
        table.add(f"ours ({encoder.backend})", f"{ours:.0f}", "")
        table.notes.append("sentence-transformers is not installed: nothing to compare with")
    return table
