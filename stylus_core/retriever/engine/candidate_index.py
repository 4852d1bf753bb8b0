"""The candidates that an engine brought up, as an index that `Retriever` searches.

Signals are computed from counts and vectors as those of a whole index are. They are scaled over the whole library, so
where not all of it was brought up, two rows more carry the lowest and the highest values outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever import name_codes
from stylus_core.retriever.bm25 import K1, B
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.documents import UNIT_TYPES
from stylus_core.retriever.engine.row_packing import Packed, PackedExample, dimension
from stylus_core.retriever.engine.statistics import Field, Statistics
from stylus_core.retriever.fusion import kind_code
from stylus_core.retriever.quantized_vectors import VIEWS, QuantizedVectors
from stylus_core.retriever.signals import NEIGHBOURS, SHARPNESS, telling
from stylus_core.retriever.tokenizer import term
from stylus_core.retriever.vectors import VectorStore

Scores = NDArray[np.float32]

BOUNDS = 2  # rows that are no adapters


class EngineQuery:
    """A prompt's words: their dimensions, and how often each occurs."""

    def __init__(self, tokens: Sequence[str]) -> None:
        counted = sorted(Counter(dimension(term(t)) for t in tokens).items())
        self.terms = np.array([d for d, _ in counted], np.uint32)
        self.times = np.array([n for _, n in counted], np.float64)

    def telling(self, field: Field) -> EngineQuery:
        """The words by which example prompts are compared."""
        out, keep = EngineQuery(()), telling(field.frequencies(self.terms), field.living)
        out.terms, out.times = self.terms[keep], self.times[keep]
        return out

    def sparse(self, field: Field) -> dict[int, float]:
        """The query's side of an inner product; empty if it has no words."""
        weights = self.times * field.weights(self.terms)
        return {int(d): float(w) for d, w in zip(self.terms, weights, strict=True) if w > 0}

    def matches(self, terms: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(where in `terms`, which of the query's) for each term that the query has."""
        if not len(self.terms):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        at = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        here = np.flatnonzero(self.terms[at] == terms)
        return here, at[here]


class Votes:
    """The example prompts nearest to a query, and what they were made with; `Signals.together` says how they count.

    Args:
        examples: (owner's key, example) of some that may be among the nearest.
    """

    def __init__(
        self, query: EngineQuery, examples: Sequence[tuple[str, PackedExample]], statistics: Statistics
    ) -> None:
        self.of: dict[str, float] = {}
        if not examples:
            return
        field = statistics.fields["examples"]
        query = query.telling(field)
        owner = np.repeat(np.arange(len(examples)), [len(e.terms) for _, e in examples])
        terms, counts = (np.concatenate([getattr(e, name) for _, e in examples]) for name in ("terms", "counts"))
        near = _bm25(query, field, terms, counts, owner, np.array([e.length for _, e in examples]))
        order = np.argsort(-near, kind="stable")[:NEIGHBOURS]
        best = float(near[order[0]])
        if best <= 0:
            return
        ideal = max(1e-9, float((query.times * field.idf(query.terms)).sum()))
        for i in order.tolist():
            key, example = examples[i]
            vote = (float(near[i]) / best) ** SHARPNESS * min(1.0, best / ideal)
            self.of[key] = self.of.get(key, 0.0) + vote
            for other in statistics.called(example.uses):
                if other != key:
                    self.of[other] = self.of.get(other, 0.0) + vote

    def first(self, n: int) -> list[str]:
        """The keys with most votes."""
        return sorted(self.of, key=lambda k: -self.of[k])[:n]


class GatheredSignals:
    """What `Signals` is for an index. Rows: n candidates, then perhaps two bounds."""

    def __init__(
        self,
        ids: Sequence[int],
        rows: Sequence[Packed],
        keys: Sequence[str],
        votes: Votes,
        statistics: Statistics,
        groups: NDArray[np.int64],
        permitted: int,
    ) -> None:
        """`groups`: those of `statistics.groups` that may be picked; `permitted`: how many adapters may."""
        self._rows, self._keys, self._votes, self._statistics, self._groups = rows, keys, votes, statistics, groups
        self.bounded = permitted > len(rows) > 0
        more = BOUNDS if self.bounded else 0
        self.size = len(rows) + more
        self.alive = np.ones(self.size, np.bool_)
        like = [*rows, *(rows[0] for _ in range(more))]  # bounds are of what may be picked
        self.kinds = np.array([kind_code(r.kind) for r in like], np.int8)
        self.architectures, names = name_codes.coded([r.architecture for r in like])
        self.architecture_names: list[str] = names.tolist()
        self.ids = np.array([*ids, *range(-more, 0)], np.int64)

    def lexical(
        self, tokens: Sequence[str], called: Sequence[str], sentence: bool = True
    ) -> list[Callable[[], dict[str, Scores]]]:
        """As `Signals.lexical`."""
        return [partial(self._lexical, EngineQuery(tokens), EngineQuery(called))]

    def _lexical(self, query: EngineQuery, called: EngineQuery) -> dict[str, Scores]:
        terms = np.concatenate([np.zeros(0, np.uint32), *(r.terms for r in self._rows)])
        owner = np.repeat(np.arange(len(self._rows)), [len(r.terms) for r in self._rows])
        out: dict[str, Scores] = {}
        for i, (signal, name) in enumerate((("bm25", "everything"), ("about", "about"))):
            counts = np.concatenate([np.zeros(0, np.uint8), *(getattr(r, name) for r in self._rows)])
            lengths = np.array([r.lengths[i] for r in self._rows])
            scores = _bm25(query, self._statistics.fields[name], terms, counts, owner, lengths)
            out[signal] = self._between(scores, 0.0)
        for name, scores in self._named(called).items():
            out[name] = self._between(scores, 0.0)
        out["together"] = self._between(np.array([self._votes.of.get(k, 0.0) for k in self._keys]), 0.0)
        used = np.log1p([self._used(k) for k in self._keys])
        out["used"] = self._between(used, 0.0, float(np.log1p(self._groups[:, 1].max(initial=0))))
        downloads = np.log1p([r.downloads for r in self._rows])
        fewest, most = (self._groups[:, 2], self._groups[:, 3]) if len(self._groups) else (np.zeros(1), np.zeros(1))
        out["downloads"] = self._between(downloads, float(np.log1p(fewest.min())), float(np.log1p(most.max())))
        return out

    def elsewhere(self, row: int) -> dict[int, float]:
        """As `Signals.elsewhere`; the engine does not keep these weights."""
        return {}

    def _named(self, query: EngineQuery) -> dict[str, NDArray[np.float64]]:
        """As `Signals.named`."""
        about = self._statistics.fields["about"]
        rarest = max(1e-6, float(np.log((about.living + 1) / 1.5)))
        terms = np.concatenate([np.zeros(0, np.uint32), *(r.terms[r.unit_terms] for r in self._rows)])
        sizes = np.concatenate([np.zeros(0, np.uint8), *(r.unit_sizes for r in self._rows)])
        types = np.concatenate([np.zeros(0, np.uint8), *(r.unit_types for r in self._rows)])
        owner = np.repeat(np.arange(len(self._rows)), [len(r.unit_sizes) for r in self._rows])
        unit = np.repeat(np.arange(len(sizes)), sizes)
        rarity = about.rarity(terms)
        mass = np.bincount(unit, rarity, len(sizes))
        here, _ = query.matches(terms)
        hit = np.bincount(unit[here], rarity[here], len(sizes))
        value = hit / rarest * (hit / np.maximum(mass, 1e-6)) ** 2
        out = {}
        for i, name in enumerate(UNIT_TYPES):
            out[name] = np.zeros(len(self._rows))
            np.maximum.at(out[name], owner[types == i], value[types == i])
        return out

    def _used(self, key: str) -> int:
        i = self._statistics.place.get(key)
        return 0 if i is None else int(self._statistics.used[i])

    def _between(self, scores: NDArray[np.floating], low: float, high: float | None = None) -> Scores:
        if self.bounded:
            top = float(scores.max(initial=low))
            scores = np.append(scores, [low, top if high is None else max(high, top)])
        return scores.astype(np.float32)


class GatheredDense(Dense):
    """What `Dense` is for an index; a sample of the library says how low cosines are outside of the candidates."""

    def __init__(self, store: VectorStore, rows: Sequence[Packed], bounded: bool, sample: Dense) -> None:
        """`sample`: of what may be picked."""
        codes, scales = np.stack([r.codes for r in rows], 1), np.stack([r.scales for r in rows], 1)
        if bounded:
            codes = np.pad(codes, ((0, 0), (0, BOUNDS), (0, 0)))
            scales = np.pad(scales, ((0, 0), (0, BOUNDS)))
        super().__init__(store, [embedded_of(codes, scales)])
        self._bounded, self._sample = bounded, sample

    def tasks(
        self, whole: Scores, parts: Scores, rows: NDArray[np.int64] | None = None
    ) -> list[Callable[[], dict[str, Scores]]]:
        """As `Dense.tasks`, with the bounds' rows."""
        found, low = super().tasks(whole, parts, rows), self._sample.tasks(whole, parts)
        return [partial(self._between, *both) for both in zip(found, low, strict=True)] if self._bounded else found

    def _between(
        self, task: Callable[[], dict[str, Scores]], low: Callable[[], dict[str, Scores]]
    ) -> dict[str, Scores]:
        sample, out = low(), {}
        for name, scores in task().items():
            real = scores[:-BOUNDS]
            lowest = min(float(real.min()), float(sample[name].min(initial=1.0)))
            out[name] = np.append(real, [lowest, real.max()]).astype(np.float32)
        return out


class GatheredIndex:
    """What `Retriever` asks of an index."""

    def __init__(self, signals: GatheredSignals) -> None:
        self.signals = signals

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        return self.signals.ids


def weights_of(query: EngineQuery, statistics: Statistics) -> Mapping[str, dict[int, float]]:
    """Of each field the query's sparse vector; none for a query without words."""
    found = {n: (query.telling(f) if n == "examples" else query).sparse(f) for n, f in statistics.fields.items()}
    return {name: weights for name, weights in found.items() if weights}


def _bm25(
    query: EngineQuery,
    field: Field,
    terms: NDArray[np.uint32],
    counts: NDArray[np.uint8],
    owner: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.float64]:
    """(texts,): the scores of `BM25`; `owner` says to which text each of `terms` belongs."""
    here, which = query.matches(terms)
    norms = K1 * (1 - B + B * lengths / field.mean)
    count, text = counts[here].astype(np.float64), owner[here]
    weight = (query.times * field.weights(query.terms))[which]
    scores = np.bincount(text, weight * (K1 + 1) * count / (count + norms[text]), len(lengths))
    return scores.astype(np.float64)  # of nothing at all they would be whole numbers


def embedded_of(codes: NDArray[np.int8], scales: NDArray[np.float32]) -> QuantizedVectors:
    """Vectors out of arrays (2, n, dim) and (2, n), as `Packed` and `Statistics` have them."""
    out = QuantizedVectors(0, codes.shape[2])
    for i, view in enumerate(VIEWS):
        out.codes[view], out.scales[view] = codes[i], scales[i]
    return out
