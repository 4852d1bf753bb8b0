"""What `benchmarks.scale` searches with: prompts of people, and an encoder for records that were grown."""

from __future__ import annotations

from benchmarks.grow import GrownEncoder
from benchmarks.world import OUT
from stylus_core.retriever.encoder import open_encoder
from stylus_core.retriever.vectors import VectorStore
from stylus_study.evaluation.corpus import load_queries
from tests.shared import DATA, REASON


def prompts() -> list[str]:
    """People's prompts, each with words of its own so that it was never seen."""
    if DATA is None:
        raise FileNotFoundError(REASON)
    return [q.query for q in load_queries(DATA / "queries_user.jsonl.gz")]


def stand_in() -> GrownEncoder:
    """The encoder with perturbed vectors for grown records."""
    encoder = open_encoder()
    store = VectorStore(OUT / "vectors.sqlite", encoder)
    try:
        return GrownEncoder(encoder, store.many)
    finally:
        store.close()
