"""A million records straight in the index, without files: `python -m benchmarks.scale --million`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.grow import grown
from benchmarks.measuring import megabytes, percentiles, resident, timed
from benchmarks.scale_inputs import prompts, stand_in
from benchmarks.world import OUT
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever.encoder import open_encoder
from stylus_core.retriever.index import Index
from stylus_core.retriever.retriever import Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter


def measure_records(size: int) -> dict[str, Any]:
    """The index alone, as far as it goes without files."""
    folder = OUT / "grown" / f"records-{size}"
    shutil.rmtree(folder, ignore_errors=True)
    encoder = stand_in()
    store = VectorStore(OUT / "vectors.sqlite", open_encoder())
    started = time.perf_counter()
    index = Index(folder)
    index.update(grown(size), (), 1)
    took = time.perf_counter() - started

    class Straight:
        """Vectors of grown records without a cache between."""

        def __init__(self) -> None:
            self.encoder = encoder

        def many(self, texts: Sequence[str]) -> Any:
            return encoder.encode(texts)

    def get(ids: Sequence[int]) -> dict[int, Adapter]:
        return {i: next(grown(i, i - 1)) for i in ids}

    index.dense(Straight(), get, everything=True)  # type: ignore[arg-type]
    del index
    before = resident()
    opened: list[Index] = []
    ready = timed(lambda: opened.append(Index(folder)))
    known: dict[int, Adapter] = {}

    def named(ids: Sequence[int]) -> dict[int, Adapter]:
        return {i: known.setdefault(i, Adapter(i, "/grown/a.safetensors", "a")) for i in ids}

    dense = opened[0].dense(store, named)
    retriever = Retriever(opened[0], named, dense)
    timings = []
    for prompt in prompts()[20:120]:
        parsed = parse(prompt)
        retriever.search(parsed, keywords(parsed), 30)
        found = retriever.search(parsed, keywords(parsed), 30).timings
        timings.append(sum(v for stage, v in found.items() if stage != "embed"))
    return {
        "size": size,
        "index": took,
        "ready": ready,
        "retrieval": percentiles(timings),
        "memory": resident() - before,
        "disk": {"index": megabytes(folder)},
    }
