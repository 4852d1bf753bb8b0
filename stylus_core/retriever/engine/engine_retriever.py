"""Candidates out of an engine: several searches at once bring up a few hundred adapters, `Retriever` ranks them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.base_models import fits
from stylus_core.errors import EngineError
from stylus_core.prompt import ParsedPrompt
from stylus_core.prompt.keywords import phrases
from stylus_core.retriever.clock import Clock
from stylus_core.retriever.cooccurrence import NEIGHBOURS
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.embedding_rows import Get
from stylus_core.retriever.engine.candidate_index import CandidateIndex, NearestExamples, query_weights
from stylus_core.retriever.engine.contract import TEXTS, Condition, Engine, Row
from stylus_core.retriever.engine.pool_query import PoolQuery
from stylus_core.retriever.engine.published_statistics import PublishedStatistics
from stylus_core.retriever.engine.row_packing import PackedAdapter, PackedExample, unpack, unpack_example
from stylus_core.retriever.engine.sync_state import SyncState
from stylus_core.retriever.fusion import caption_likeness, kind_labels
from stylus_core.retriever.quantized_vectors import STORED_VIEWS, QuantizedVectors
from stylus_core.retriever.retriever import Boost, Filter, Retrieval, Retriever, query_text
from stylus_core.retriever.tokenizer import tokens, without_markup
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import KINDS, Keyword

log = logging.getLogger("stylus")

Floats = NDArray[np.float32]

# how many adapters each way of searching brings up
_BY_WORDS = 200  # and by the whole prompt, and by all its parts together
_BY_PART = 40  # at least
_BY_VOTES = 150
_BY_PRIOR = 150
_EXAMPLES = NEIGHBOURS + 50  # some more than count, as the engine's own order is only near theirs
_FILTERS = 8  # whose samples stay in memory
_CACHED = 10_000  # adapters that stay in memory, some 3 kB each


class EngineRetriever:
    """The contract of `Retriever`. Raises `EngineError` if the engine does not answer before `until`.

    Args:
        engine: connected.
        sync: knows this machine's ids.
        name: the library's in the engine.
        statistics: of the library.
        get: adapters of this machine's library.
        store: in front of the encoder; None for words alone.
    """

    def __init__(
        self,
        engine: Engine,
        sync: SyncState,
        name: str,
        statistics: PublishedStatistics,
        get: Get,
        store: VectorStore | None,
    ) -> None:
        self._engine, self._sync, self._library, self._statistics = engine, sync, name, statistics
        self.get, self.dense = get, store
        self.until = 0.0  # of `time.monotonic`
        self._cache: dict[str, tuple[str, PackedAdapter]] = {}  # key -> (digest, row)
        self._samples: dict[tuple[str, tuple[str, ...]], Dense] = {}  # of each filter
        self._pool_query, self._pool_revision = PoolQuery(None, sync), 0
        self._threads = ThreadPoolExecutor(2 + len(TEXTS) + len(STORED_VIEWS), "stylus-engine")

    def renew(self, statistics: PublishedStatistics) -> None:
        """Scores by newer statistics; what is in memory of the adapters stays.

        Args:
            statistics: of the library.
        """
        self._statistics = statistics
        self._samples.clear()

    def close(self) -> None:
        """Ends its threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def search(
        self,
        prompt: ParsedPrompt,
        keywords: Sequence[Keyword],
        k: int,
        wanted: Filter | None = None,
        boost: Boost | None = None,
        ahead: int = 0,
    ) -> Retrieval:
        """The best candidates for a prompt, as `Retriever.search` finds them.

        Args:
            prompt: the prompt.
            keywords: its keywords.
            k: how many candidates at most.
            wanted: which adapters may be candidates; None: all.
            boost: as for `Retriever.search`; it says nothing of what the engine does not bring up.
            ahead: as for `Retriever.search`.

        Returns:
            Candidates, best first. Those of this machine's library alone, whatever else the engine has.

        Raises:
            EngineError: the engine failed, or did not answer in time.
        """
        clock = Clock()
        wanted = wanted or Filter()
        written = self._sync.number("revision", -1)
        if wanted.pool is not self._pool_query.pool or (wanted.pool is not None and self._pool_revision != written):
            started = time.monotonic()
            self._pool_query, self._pool_revision = PoolQuery(wanted.pool, self._sync), written
            self.until += time.monotonic() - started  # that was no time of the engine's
        text = query_text(prompt)
        parts = [p for p, _ in phrases(keywords)]
        whole = [text] if caption_likeness(prompt) > 0 or not parts else []
        vectors, embedded = np.zeros((0, 0), np.float32), 0
        if self.dense and text:
            vectors, embedded = self.dense.short([*whole, *parts])
            clock.lap("embed")
        words = tokens(without_markup(text))
        nearest, keys, digests = self._brought_up(words, vectors, len(whole), wanted, max(k, _BY_WORDS))
        clock.lap("engine")
        rows = self._rows(keys, digests)
        clock.lap("rows")
        found = self._ranked(prompt, keywords, k, wanted, nearest, rows, boost, ahead)
        timings = clock.laps | {n: clock.laps.get(n, 0.0) + ms for n, ms in found.timings.items()}
        return replace(found, embedded=embedded, timings=timings)

    def _brought_up(
        self, words: Sequence[str], vectors: Floats, whole: int, wanted: Filter, k: int
    ) -> tuple[NearestExamples, list[str], dict[str, str]]:
        """The nearest examples, keys of adapters, and the digests of those rows that the engine itself brought up."""
        where, pool_query = self._where(wanted), self._pool_query
        weights = query_weights(words, self._statistics)
        jobs: list[Callable[[], list[list[Row]]]] = [
            self._job(field, [weights[field]], k, where) for field in TEXTS if field in weights
        ]
        for view in STORED_VIEWS.values() if len(vectors) else ():
            of_parts = max(_BY_PART, k // max(1, len(vectors) - whole))
            for queries, n in ((vectors[:whole], k), (vectors[whole:], of_parts)):
                if len(queries):
                    jobs.append(self._job(view, queries.tolist(), n, where))
        near: list[list[Row]] = []
        if "examples" in weights:
            waiting = self._threads.submit(self._nearest, weights["examples"])
            found = self._all(jobs)
            near = waiting.result()
        else:
            found = self._all(jobs)
        nearest = NearestExamples([e for hits in near for e in _examples(hits)], self._statistics)
        digests = {row["key"]: str(row["digest"]) for results in found for hits in results for row in hits}
        voted = pool_query.kept_keys(nearest.voted(words))[:_BY_VOTES]
        keys = dict.fromkeys([*digests, *voted, *self._popular(wanted)])
        if len(keys) < k:  # an index of vectors may miss what is far from everything that it finds
            keys |= dict.fromkeys(pool_query.few)
        return nearest, list(keys), digests

    def _job(
        self, field: str, queries: Sequence[Any], k: int, where: Sequence[Condition]
    ) -> Callable[[], list[list[Row]]]:
        """Brings up the `k` adapters that are nearest to each query."""
        pool_query = self._pool_query

        def job() -> list[list[Row]]:
            kept: list[list[Row]] = []
            for n in pool_query.depths(k):
                adapters = self._engine.adapters
                found = self._engine.search(adapters, field, queries, n, where, ["digest"], self._left())
                kept = [pool_query.kept(hits)[:k] for hits in found]
                if all(len(some) == k or len(hits) < n for some, hits in zip(kept, found, strict=True)):
                    break
            return kept

        return job

    def _nearest(self, weights: dict[int, float]) -> list[list[Row]]:
        """The example prompts that may have a vote, of all adapters: also of those that may not be picked."""
        mine = [Condition("library", "==", self._library)]
        examples, output = self._engine.examples, ["owner", "packed"]
        return self._engine.search(examples, "examples", [weights], _EXAMPLES, mine, output, self._left())

    def _all(self, jobs: Sequence[Callable[[], list[list[Row]]]]) -> list[list[list[Row]]]:
        """All at once; the first that fails is what is raised, after all have ended."""
        waiting = [self._threads.submit(job) for job in jobs]
        return [w.result() for w in waiting]

    def _left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise EngineError(f"the index at {self._engine.address} did not answer in time")
        return left

    def _where(self, wanted: Filter) -> list[Condition]:
        """What the engine itself leaves out; an architecture that came since the statistics is looked at afterwards."""
        out = [Condition("library", "==", self._library)]
        known = dict.fromkeys(self._statistics.group_architectures.tolist())
        if misfits := [label for label in known if not fits(label, wanted.architecture)]:
            out.append(Condition("architecture", "not in", misfits))
        if len(wanted.kinds) < len(KINDS):
            out.append(Condition("kind", "in", kind_labels(wanted.kinds)))
        return [*out, *self._pool_query.where]

    def _permitted(self, wanted: Filter) -> NDArray[np.bool_]:
        """Which of the statistics' groups may be picked."""
        return wanted.takes(self._statistics.group_architectures.tolist(), self._statistics.group_kinds.tolist())

    def _popular(self, wanted: Filter) -> list[str]:
        s = self._statistics
        order = np.argsort(-s.prior, kind="stable")
        order = order[self._permitted(wanted)[s.popular_group[order]]]
        return self._pool_query.kept_keys([key.decode("ascii") for key in s.keys[s.popular[order]].tolist()])[
            :_BY_PRIOR
        ]

    def _rows(self, keys: Sequence[str], digests: dict[str, str]) -> dict[str, PackedAdapter]:
        """What is scored, out of memory or the engine; keys that the engine or this machine has not are left out.

        A key that came without a digest is taken from memory as it was: it is in the way of no edit for long, as the
        next search that brings it up by its words has the digest.
        """
        missing = [k for k in keys if k not in self._cache or (k in digests and self._cache[k][0] != digests[k])]
        if missing:
            if len(self._cache) + len(missing) > _CACHED:
                self._cache = {k: self._cache[k] for k in keys if k in self._cache}
            for row in self._engine.rows(self._engine.adapters, missing, ["digest", "packed"], self._left()):
                try:
                    packed = unpack(row["packed"])
                except ValueError as e:
                    log.debug("the row %s is left out: %s", row["key"], e)
                    continue
                if packed.codes.shape[1] == self._engine.dim:
                    self._cache[row["key"]] = (str(row["digest"]), packed)
        return {k: self._cache[k][1] for k in keys if k in self._cache}

    def _ranked(
        self,
        prompt: ParsedPrompt,
        keywords: Sequence[Keyword],
        k: int,
        wanted: Filter,
        nearest: NearestExamples,
        rows: dict[str, PackedAdapter],
        boost: Boost | None,
        ahead: int,
    ) -> Retrieval:
        fitting = wanted.takes([row.architecture for row in rows.values()], [row.kind for row in rows.values()])
        ids = self._sync.ids([key for key, fits_too in zip(rows, fitting, strict=True) if fits_too])
        ids = dict(sorted(ids.items(), key=lambda item: item[1]))
        groups = self._statistics.groups[self._permitted(wanted) & (self._statistics.groups[:, 0] > 0)]
        selectable = int(groups[:, 0].sum())
        if wanted.pool is not None:  # which all these keys are of
            selectable, wanted = min(selectable, len(wanted.pool.inside)), replace(wanted, pool=None)
        sample = self._sample(self.dense, wanted) if self.dense else None
        index = CandidateIndex(ids, rows, nearest, self._statistics, groups, selectable, sample)
        retriever = Retriever(index, self.get, index.dense(self.dense) if self.dense and ids else None)
        # what the prompt's own tags call by its alias is known only when it is read
        named = {t.name for t in prompt.tags}
        found = retriever.search(prompt, keywords, k + len(named), wanted, boost, ahead)
        kept = [i for i, c in enumerate(found.candidates) if c.adapter.metadata.alias not in named]
        kept = kept if boost else kept[:k]
        return replace(
            found,
            candidates=tuple(found.candidates[i] for i in kept),
            affinity=found.affinity[:, kept],
            similarity=found.similarity.of(kept) if found.similarity else None,
            places=tuple(found.places[i] for i in kept) if boost else tuple(range(len(kept))),
        )

    def _sample(self, store: VectorStore, wanted: Filter) -> Dense:
        s, key = self._statistics, (wanted.architecture, wanted.kinds)
        if key not in self._samples:
            if len(self._samples) > _FILTERS:
                self._samples.clear()
            sampled = self._permitted(wanted)[s.sample_group]
            self._samples[key] = Dense(store, [QuantizedVectors.of(s.codes[:, sampled], s.scales[:, sampled])])
        return self._samples[key]


def _examples(hits: Sequence[Row]) -> list[tuple[str, PackedExample]]:
    out = []
    for row in hits:
        try:
            out.append((str(row["owner"]), unpack_example(row["packed"])))
        except ValueError as e:
            log.debug("the example %s is left out: %s", row["key"], e)
    return out
