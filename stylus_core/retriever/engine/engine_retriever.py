"""Candidates out of an engine: several searches at once bring up a few hundred adapters, `Retriever` ranks them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from stylus_core.base_models import fits
from stylus_core.errors import EngineError
from stylus_core.prompt import ParsedPrompt
from stylus_core.prompt.keywords import phrases
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.engine.candidate_index import (
    BOUNDS,
    EngineQuery,
    GatheredDense,
    GatheredIndex,
    GatheredSignals,
    Votes,
    embedded_of,
    weights_of,
)
from stylus_core.retriever.engine.milvus import TEXTS, Milvus, Row, quoted
from stylus_core.retriever.engine.pool_query import PoolQuery
from stylus_core.retriever.engine.row_packing import Packed, PackedExample, unpack, unpack_example
from stylus_core.retriever.engine.statistics import Statistics
from stylus_core.retriever.engine.sync_state import SyncState
from stylus_core.retriever.fusion import caption_likeness, kind_labels
from stylus_core.retriever.index import Get, Index
from stylus_core.retriever.quantized_vectors import VIEWS
from stylus_core.retriever.retriever import Clock, Filter, Retrieval, Retriever, said
from stylus_core.retriever.signals import NEIGHBOURS
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
        milvus: connected.
        mirror: knows this machine's ids.
        name: the library's in the engine.
        statistics: of the library.
        get: adapters of this machine's library.
        store: in front of the encoder; None for words alone.
    """

    def __init__(
        self, milvus: Milvus, mirror: SyncState, name: str, statistics: Statistics, get: Get, store: VectorStore | None
    ) -> None:
        self._milvus, self._mirror, self._library, self._statistics = milvus, mirror, name, statistics
        self.get, self.dense = get, store
        self.until = 0.0  # of `time.monotonic`
        self._cache: dict[str, tuple[str, Packed]] = {}  # key -> (digest, row)
        self._samples: dict[tuple[str, tuple[str, ...]], Dense] = {}  # of each filter
        self._reach, self._reached = PoolQuery(None, mirror), 0
        self._pool = ThreadPoolExecutor(2 + len(TEXTS) + len(VIEWS), "stylus-engine")

    def renew(self, statistics: Statistics) -> None:
        """Scores by newer statistics; what is in memory of the adapters stays."""
        self._statistics = statistics
        self._samples.clear()

    def close(self) -> None:
        """Ends its threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def search(
        self, prompt: ParsedPrompt, keywords: Sequence[Keyword], k: int, wanted: Filter | None = None
    ) -> Retrieval:
        """The best `k` candidates."""
        clock = Clock()
        wanted = wanted or Filter()
        written = self._mirror.number("revision", -1)
        if wanted.pool is not self._reach.pool or (wanted.pool is not None and self._reached != written):
            started = time.monotonic()
            self._reach, self._reached = PoolQuery(wanted.pool, self._mirror), written
            self.until += time.monotonic() - started  # that was no time of the engine's
        text = said(prompt)
        parts = [p for p, _ in phrases(keywords)]
        whole = [text] if caption_likeness(prompt) > 0 or not parts else []
        vectors, embedded = np.zeros((0, 0), np.float32), 0
        if self.dense and text:
            vectors, embedded = self.dense.short([*whole, *parts])
            clock.lap("embed")
        query = EngineQuery(tokens(without_markup(text)))
        votes, keys, digests = self._brought_up(query, vectors, len(whole), wanted, max(k, _BY_WORDS))
        clock.lap("engine")
        rows = self._rows(keys, digests)
        clock.lap("rows")
        found = self._ranked(prompt, keywords, k, wanted, votes, rows)
        timings = clock.laps | {n: clock.laps.get(n, 0.0) + ms for n, ms in found.timings.items()}
        return replace(found, embedded=embedded, timings=timings)

    def _brought_up(
        self, query: EngineQuery, vectors: Floats, whole: int, wanted: Filter, k: int
    ) -> tuple[Votes, list[str], dict[str, str]]:
        """Votes, keys, and the digests of those rows that the engine itself brought up."""
        where, reach = self._where(wanted), self._reach
        weights = weights_of(query, self._statistics)
        jobs: list[Callable[[], list[list[Row]]]] = [
            self._job(field, [weights[field]], k, where) for field in TEXTS if field in weights
        ]
        for view in VIEWS if len(vectors) else ():
            of_parts = max(_BY_PART, k // max(1, len(vectors) - whole))
            for queries, n in ((vectors[:whole], k), (vectors[whole:], of_parts)):
                if len(queries):
                    jobs.append(self._job(view, queries.tolist(), n, where))
        near: list[list[Row]] = []
        if "examples" in weights:
            waiting = self._pool.submit(self._nearest, weights["examples"])
            found = self._all(jobs)
            near = waiting.result()
        else:
            found = self._all(jobs)
        votes = Votes(query, [e for hits in near for e in _examples(hits)], self._statistics)
        digests = {row["key"]: str(row["digest"]) for results in found for hits in results for row in hits}
        voted = reach.kept_keys(votes.first(len(votes.of)))[:_BY_VOTES]
        keys = dict.fromkeys([*digests, *voted, *self._popular(wanted)])
        if len(keys) < k:  # an index of vectors may miss what is far from everything that it finds
            keys |= dict.fromkeys(reach.few)
        return votes, list(keys), digests

    def _job(self, field: str, queries: Sequence[Any], k: int, where: str) -> Callable[[], list[list[Row]]]:
        """Brings up the `k` adapters that are nearest to each query."""
        reach = self._reach

        def job() -> list[list[Row]]:
            kept: list[list[Row]] = []
            for n in reach.depths(k):
                adapters = self._milvus.adapters
                found = self._milvus.search(adapters, field, queries, n, where, ["digest"], self._left())
                kept = [reach.kept(hits)[:k] for hits in found]
                if all(len(some) == k or len(hits) < n for some, hits in zip(kept, found, strict=True)):
                    break
            return kept

        return job

    def _nearest(self, weights: dict[int, float]) -> list[list[Row]]:
        """The example prompts that may have a vote, of all adapters: also of those that may not be picked."""
        mine = f"library == {quoted(self._library)}"
        examples, output = self._milvus.examples, ["owner", "packed"]
        return self._milvus.search(examples, "examples", [weights], _EXAMPLES, mine, output, self._left())

    def _all(self, jobs: Sequence[Callable[[], list[list[Row]]]]) -> list[list[list[Row]]]:
        """All at once; the first that fails is what is raised, after all have ended."""
        waiting = [self._pool.submit(job) for job in jobs]
        return [w.result() for w in waiting]

    def _left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise EngineError(f"the index at {self._milvus.address} did not answer in time")
        return left

    def _where(self, wanted: Filter) -> str:
        """What the engine itself leaves out; an architecture that came since the statistics is looked at afterwards."""
        said = [f"library == {quoted(self._library)}"]
        known = dict.fromkeys(self._statistics.group_architectures.tolist())
        if misfits := [quoted(label) for label in known if not fits(label, wanted.architecture)]:
            said.append(f"architecture not in [{', '.join(misfits)}]")
        if len(wanted.kinds) < len(KINDS):
            said.append(f"kind in [{', '.join(map(quoted, kind_labels(wanted.kinds)))}]")
        return " and ".join([*said, *filter(None, [self._reach.where])])

    def _permitted(self, wanted: Filter) -> NDArray[np.bool_]:
        """Which of the statistics' groups may be picked."""
        return wanted.takes(self._statistics.group_architectures.tolist(), self._statistics.group_kinds.tolist())

    def _popular(self, wanted: Filter) -> list[str]:
        s = self._statistics
        order = np.argsort(-s.prior, kind="stable")
        order = order[self._permitted(wanted)[s.popular_group[order]]]
        return self._reach.kept_keys([key.decode("ascii") for key in s.keys[s.popular[order]].tolist()])[:_BY_PRIOR]

    def _rows(self, keys: Sequence[str], digests: dict[str, str]) -> dict[str, Packed]:
        """What is scored, out of memory or the engine; keys that the engine or this machine has not are left out.

        A key that came without a digest is taken from memory as it was: it is in the way of no edit for long, as the
        next search that brings it up by its words has the digest.
        """
        missing = [k for k in keys if k not in self._cache or (k in digests and self._cache[k][0] != digests[k])]
        if missing:
            if len(self._cache) + len(missing) > _CACHED:
                self._cache = {k: self._cache[k] for k in keys if k in self._cache}
            for row in self._milvus.rows(self._milvus.adapters, missing, ["digest", "packed"], self._left()):
                try:
                    packed = unpack(row["packed"])
                except ValueError as e:
                    log.debug("the row %s is left out: %s", row["key"], e)
                    continue
                if packed.codes.shape[1] == self._milvus.dim:
                    self._cache[row["key"]] = (str(row["digest"]), packed)
        return {k: self._cache[k][1] for k in keys if k in self._cache}

    def _ranked(
        self,
        prompt: ParsedPrompt,
        keywords: Sequence[Keyword],
        k: int,
        wanted: Filter,
        votes: Votes,
        rows: dict[str, Packed],
    ) -> Retrieval:
        ids = self._mirror.ids(list(rows))
        # in the library's order, in which ties stand
        keys = sorted((key for key in rows if key in ids), key=lambda key: ids[key])
        mask = wanted.takes([rows[key].architecture for key in keys], [rows[key].kind for key in keys])
        keys = [key for key, wanted_here in zip(keys, mask, strict=True) if wanted_here]
        of, counted = [rows[key] for key in keys], self._statistics.groups[:, 0] > 0
        groups = self._statistics.groups[self._permitted(wanted) & counted]
        permitted = int(groups[:, 0].sum())
        if wanted.pool is not None:  # which all these keys are of
            permitted, wanted = min(permitted, len(wanted.pool.inside)), replace(wanted, pool=None)
        signals = GatheredSignals([ids[key] for key in keys], of, keys, votes, self._statistics, groups, permitted)
        dense = None
        if self.dense and of:
            dense = GatheredDense(self.dense, of, signals.bounded, self._sample(self.dense, wanted))
        # it asks of an index what these have, and nothing else
        retriever = Retriever(cast(Index, GatheredIndex(signals)), self.get, dense)
        found = retriever.search(prompt, keywords, k + BOUNDS if signals.bounded else k, wanted)
        # what the prompt's own tags call by its alias is known only now
        named = {t.name for t in prompt.tags}
        kept = [i for i, c in enumerate(found.candidates) if c.adapter.metadata.alias not in named][:k]
        return replace(
            found,
            candidates=tuple(found.candidates[i] for i in kept),
            affinity=found.affinity[:, kept],
            nearness=found.nearness.of(kept) if found.nearness else None,
            library=self._statistics.fields["about"].living,
        )

    def _sample(self, store: VectorStore, wanted: Filter) -> Dense:
        s, key = self._statistics, (wanted.architecture, wanted.kinds)
        if key not in self._samples:
            if len(self._samples) > _FILTERS:
                self._samples.clear()
            sampled = self._permitted(wanted)[s.sample_group]
            self._samples[key] = Dense(store, [embedded_of(s.codes[:, sampled], s.scales[:, sampled])])
        return self._samples[key]


def _examples(hits: Sequence[Row]) -> list[tuple[str, PackedExample]]:
    out = []
    for row in hits:
        try:
            out.append((str(row["owner"]), unpack_example(row["packed"])))
        except ValueError as e:
            log.debug("the example %s is left out: %s", row["key"], e)
    return out
