"""The engine next to this machine's index, on the shared corpus: quality of both, how alike they rank, time a query.

`python -m benchmarks.engine [milvus://host:port/collection]`; without an address a file of milvus-lite is made anew.
Needs `pip install '.[milvus]'`. The collection's library "benchmark" is written and stays there.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from benchmarks.world import OUT, world
from stylus_core.library import Library
from stylus_core.library.database import DatabaseState
from stylus_core.prompt import parse
from stylus_core.prompt.keywords import keywords
from stylus_core.retriever.engine.address import parse_address
from stylus_core.retriever.engine.remote_index import RemoteIndex
from stylus_core.types import Adapter
from stylus_study.evaluation.markdown_table import MarkdownTable
from stylus_study.evaluation.ranking_metrics import quality

DEPTH = 150


class Corpus:
    """The corpus as the library of which an engine is told."""

    state = DatabaseState("corpus", 1)

    def __init__(self, adapters: Sequence[Adapter]) -> None:
        # two files of the corpus may have one name
        self._by_id = {a.id: replace(a, path=f"/corpus/{a.id}/{a.path}") for a in adapters}

    def changes_since(self, revision: int) -> tuple[set[int], set[int]]:
        """All adapters are new; none went."""
        return (set(self._by_id) if revision < self.state.revision else set()), set()

    def get(self, ids: Sequence[int]) -> dict[int, Adapter]:
        """The adapters with these ids."""
        return {i: self._by_id[i] for i in ids if i in self._by_id}


def run(address: str = "") -> list[MarkdownTable]:
    """One table of quality and time, with how it was indexed in the notes."""
    w = world()
    folder = OUT / "engine"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    where = parse_address(address or f"milvus://{folder / 'benchmark.db'}?library=benchmark")
    remote = RemoteIndex(where, folder / "home", [Path("/corpus")])
    corpus = cast(Library, Corpus(w.adapters))
    started = time.perf_counter()
    remote.index(corpus, w.index, w.store)
    wrote = time.perf_counter() - started
    table = MarkdownTable(
        f"The engine ({where}) next to this machine's index",
        ["index", *(f"{s} {c}" for s in w.sets() for c in ("R@10", "R@30", "R@150", "MRR", "ms p50", "ms p95"))],
    )

    def there(prompt: str) -> tuple[list[int], dict[str, float]]:
        return _ranked(lambda *a: remote.retriever(corpus, w.store)[0].search(*a), prompt)

    def here(prompt: str) -> tuple[list[int], dict[str, float]]:
        return _ranked(w.retriever.search, prompt)

    ranked: dict[str, list[list[int]]] = {}
    stages: dict[str, list[float]] = {}
    for name, system in (("this machine's", here), ("the engine's", there)):
        cells = []
        for which, queries in w.sets().items():
            for q in queries[:20]:  # warm
                system(q.query)
            times, rankings = [], []
            for q in queries:
                started = time.perf_counter()
                ids, laps = system(q.query)
                times.append((time.perf_counter() - started) * 1000)
                rankings.append(ids)
                for stage, ms in laps.items():
                    stages.setdefault(f"{name} {stage}", []).append(ms)
            found = quality(rankings, [q.relevant for q in queries])
            p50, p95 = np.percentile(times, (50, 95))
            cells += [f"{v:.3f}" for v in (*found.recall.values(), found.mrr)] + [f"{p50:.0f}", f"{p95:.0f}"]
            ranked[f"{name} {which}"] = rankings
        table.add(name, *cells)
    for which in w.sets():
        both = list(zip(ranked[f"this machine's {which}"], ranked[f"the engine's {which}"], strict=True))
        for k in (10, 30):
            same = np.mean([len(set(a[:k]) & set(b[:k])) / k for a, b in both])
            first = np.mean([a[:k] == b[:k] for a, b in both])
            table.notes.append(f"{which}: {same:.1%} of the first {k} are the same, {first:.1%} of them in one order")
    table.notes.append(f"{len(w.adapters)} adapters written in {wrote:.0f} s, their vectors known")
    slow = ", ".join(f"{s} {np.median(ms):.1f}" for s, ms in stages.items())
    table.notes.append(f"median ms of each stage: {slow}")
    remote.close()
    return [table]


def _ranked(search: Callable[..., Any], prompt: str) -> tuple[list[int], dict[str, float]]:
    parsed = parse(prompt)
    found = search(parsed, keywords(parsed), DEPTH)
    return [c.adapter.id for c in found.candidates], found.timings


def main() -> None:
    """Prints the table."""
    for table in run(*sys.argv[1:2]):
        print(table)


if __name__ == "__main__":
    main()
