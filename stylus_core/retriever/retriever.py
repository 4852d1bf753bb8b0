"""From a prompt to candidates: all signals, one ranking, and for each candidate why it is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stylus_core.base_models import fits
from stylus_core.prompt import ParsedPrompt
from stylus_core.prompt.keywords import phrases
from stylus_core.retriever.candidate_reasons import reason
from stylus_core.retriever.clock import Clock
from stylus_core.retriever.dense import SIGNALS as VECTOR_SIGNALS
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.embedding_rows import Get
from stylus_core.retriever.fusion import caption_likeness, kind_code, kind_labels
from stylus_core.retriever.index_view import IndexView
from stylus_core.retriever.parallel_tasks import results_of
from stylus_core.retriever.pool import Pool
from stylus_core.retriever.ranking import best, largest, ranking
from stylus_core.retriever.similarity import Similarity, whole_vector
from stylus_core.retriever.tokenizer import called, normal_form, tokens, without_markup
from stylus_core.types import KINDS, Candidate, Keyword

#: Rows of a large library whose vectors are looked at one by one; of 100 that are best, fewer than one is not in it.
_POOL = 2048
#: What comes on top of the score of each row of an index with these vectors: (n,).
Boost = Callable[[IndexView, Dense | None], NDArray[np.float32]]

_EMPTY_PARTS = re.compile(r" ?,(?: ?,)+ ?")  # in text without runs of white space: what is blanked may be long
_PARALLEL = 20_000  # adapters from which on a second thread pays
_ENDS = 64  # rows at either end of a signal that are among them


@dataclass(frozen=True, slots=True)
class Filter:
    """Which adapters may be candidates at all.

    Attributes:
        architecture: that they have to fit; "any" for all.
        kinds: of which they may be.
        exclude: ids of those that may not.
        pool: what else the options let be picked; None: all.
    """

    architecture: str = "any"
    kinds: tuple[str, ...] = KINDS
    exclude: frozenset[int] = frozenset()
    pool: Pool | None = None

    def takes(self, architectures: Sequence[str], kinds: Sequence[str]) -> NDArray[np.bool_]:
        """Which of some adapters may be candidates, by what they are made for and of.

        Args:
            architectures: (n,) of each.
            kinds: (n,) `kind_label` of each.

        Returns:
            (n,).
        """
        fitting = {label: fits(label, self.architecture) for label in set(architectures)}
        wanted = set(kinds if len(self.kinds) == len(KINDS) else kind_labels(self.kinds))
        return np.array([fitting[a] and k in wanted for a, k in zip(architectures, kinds, strict=True)], np.bool_)

    def steps(self, index: IndexView) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Which rows of an index each part of it lets be candidates, for those parts that leave somebody out.

        Args:
            index: whose rows.

        Returns:
            The name of the attribute, and (n,).
        """
        signals = index.signals
        if self.architecture != "any":
            fitting = np.array([fits(label, self.architecture) for label in signals.architecture_names], np.bool_)
            yield "architecture", fitting[signals.architectures]
        if len(self.kinds) < len(KINDS):
            yield "kinds", np.isin(signals.kinds, [kind_code(label) for label in kind_labels(self.kinds)])
        if self.pool is not None:
            yield "pool", self.pool.mask(index.ids)
        if self.exclude:
            yield "exclude", ~np.isin(index.ids, list(self.exclude))


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Candidates, best first, and how similar each keyword is to each of them."""

    candidates: tuple[Candidate, ...]
    affinity: NDArray[np.float32]  # (keywords, candidates): cosine, zeros without an encoder
    similarity: Similarity | None  # the cosines one by one; None without an encoder
    sentence: float  # 0: the prompt is a list of tags, 1: it is a sentence
    library: int  # adapters in the library, whether they may be picked or not
    embedded: int = 0  # texts that had to be embedded for this prompt
    timings: dict[str, float] = field(default_factory=dict)  # stage -> milliseconds
    places: tuple[int, ...] = ()  # of each candidate among those that there would be without a boost, from 0

    def for_composer(self, number: int) -> list[int]:
        """Chooses the candidates that a composer is asked about.

        Those that there are whoever the user is, and the first of those that a boost brings up, a third as many: a
        user's habits add to what is chosen from, and take nothing out of it.

        Args:
            number: of candidates, as the options have it.

        Returns:
            Where they stand among all candidates, in order; at most four thirds of the number.
        """
        return [i for i, place in enumerate(self.places) if place < number or i < number // 3]


@dataclass(frozen=True, slots=True)
class CandidateEvidence:
    """Signals of the whole library for one prompt. Those of `Dense` are near the truth where the library is large."""

    signals: dict[str, NDArray[np.float32]]  # name -> (n,); without an encoder, those of words alone
    whole: NDArray[np.float32] | None  # (0 or 1, dim): vector of the whole prompt
    parts: NDArray[np.float32] | None  # (parts, dim): vectors of the prompt's parts
    sentence: float  # 0: the prompt is a list of tags, 1: it is a sentence
    embedded: int  # texts that had to be embedded for this prompt


class Retriever:
    """Searches an index.

    Args:
        index: of this machine, or what an engine brought up.
        get: adapters by id.
        dense: the vectors of the index's rows; None where there is no encoder: words alone decide then.
    """

    def __init__(self, index: IndexView, get: Get, dense: Dense | None = None) -> None:
        self.index, self.get, self.dense = index, get, dense

    def search(
        self,
        prompt: ParsedPrompt,
        keywords: Sequence[Keyword],
        k: int,
        wanted: Filter | None = None,
        boost: Boost | None = None,
        ahead: int = 0,
    ) -> Retrieval:
        """The best candidates for a prompt.

        Args:
            prompt: the prompt.
            keywords: its keywords.
            k: how many candidates at most.
            wanted: which adapters may be candidates; None: all.
            boost: what comes on top of the scores; None: nothing.
            ahead: how many of the best with the boost; 0: as many as without.

        Returns:
            Candidates, best first. With a boost these are the first with it and, as far as they are not among them,
            the `k` best without it: it takes nobody's place.
        """
        clock = Clock()
        mask = self.index.selectable.copy()
        for _, rows_taken in (wanted or Filter()).steps(self.index):
            mask &= rows_taken
        library = len(self.index)
        parts = phrases(keywords)
        themselves = [n for n, (part, i) in enumerate(parts) if part == keywords[i].text]
        found = self.evidence(prompt, [p for p, _ in parts], clock, themselves)
        if not mask.any():
            none = np.zeros((len(keywords), 0), np.float32)
            return Retrieval((), none, None, found.sentence, library, found.embedded, clock.laps)
        outside = self.index.outside(found.whole, found.parts)
        ranked = ranking(found.signals, self.index.signals.kinds, mask, found.sentence, outside)
        rows = np.flatnonzero(mask)
        more = boost(self.index, self.dense) if boost else None
        if self.dense and found.parts is not None and found.whole is not None and not self.dense.is_exact:
            few = _POOL if found.sentence < 0.5 else 2 * _POOL  # a sentence's cosines weigh more, and it has few parts
            sums = _masked(ranked.sums(), mask, rows)
            pool = self._pool(sums, rows, found, max(few, 4 * k))
            if more is not None:
                pool = np.union1d(pool, self._pool(sums + more, rows, found, max(few, 4 * k)))
            clock.lap("fuse")
            better = results_of(self.dense.tasks(found.whole, found.parts, pool), len(mask) >= _PARALLEL)
            ranked = ranked.narrowed(pool, better)
            clock.lap("rescore")
            total, rows = ranked.totals(), pool
        else:
            total, pool = _masked(ranked.totals(), mask, rows), np.arange(len(mask))
        top = plain = best(total, pool, min(k, len(rows)))
        if more is not None:
            total = total + more[pool]
            top = best(total, pool, min(ahead, len(rows)) if ahead else len(plain))
            others = np.setdiff1d(plain, top)
            top = np.concatenate([top, others[np.lexsort((pool[others], -total[others]))]])
        rows = pool[top]
        ids = self.index.ids[rows].tolist()
        affinity = np.zeros((len(keywords), len(rows)), np.float32)
        nearest = np.full(len(rows), -1)
        similarity: Similarity | None = None
        if self.dense and found.parts is not None and found.whole is not None and parts and len(rows):
            similarity = self.dense.similarity(rows, whole_vector(found.whole, found.parts), found.parts, parts)
            affinity = similarity.affinity(len(keywords))
            nearest = np.maximum(similarity.title, similarity.description)[1:].argmax(axis=0)
        clock.lap("fuse")
        adapters = self.get(ids)
        clock.lap("read")
        out: list[Candidate] = []
        kept: list[int] = []
        for j, (at, row, number) in enumerate(zip(top.tolist(), rows.tolist(), ids, strict=True)):
            adapter = adapters.get(number)
            if adapter is None:  # gone since the index was brought up to date
                continue
            part = parts[nearest[j]][0] if nearest[j] >= 0 else ""
            scores = {name: float(values[at]) for name, values in ranked.signals.items()}
            weights = tuple(self.index.signals.observed_weights(row).values())
            why = reason(ranked.strongest(at), part)
            out.append(Candidate(adapter, float(total[at]), scores, part, why, weights))
            kept.append(j)
        clock.lap("fuse")
        similarity = similarity.of(kept) if similarity else None
        places = tuple(range(len(out)))
        if more is not None:
            place = {at: n for n, at in enumerate(plain.tolist())}
            places = tuple(place.get(at, len(pool)) for at in top[kept].tolist())
        return Retrieval(
            tuple(out), affinity[:, kept], similarity, found.sentence, library, found.embedded, clock.laps, places
        )

    def evidence(
        self,
        prompt: ParsedPrompt,
        parts: Sequence[str],
        clock: Clock | None = None,
        keywords: Sequence[int] | None = None,
    ) -> CandidateEvidence:
        """What speaks for each adapter of the library.

        A list of tags is not embedded as a whole: its parts say all of it, and they are what stays when a word changes.

        Args:
            prompt: the prompt.
            parts: its keywords and pieces of them.
            clock: for the time that each stage takes.
            keywords: which of the parts are whole keywords. They suffice where cosines are only near the truth: the
                pieces' nearest are near to the keyword too, and come into the pool with it.

        Returns:
            Signals of all rows, and the prompt's vectors.
        """
        clock = clock or Clock()
        text = query_text(prompt)
        sentence = caption_likeness(prompt)
        vectors: NDArray[np.float32] | None = None
        first: NDArray[np.float32] | None = None
        embedded = 0
        whole = [text] if sentence > 0 or not parts else []
        words = without_markup(text)
        if self.dense and text:
            vectors, embedded = self.dense.query([*whole, *parts])
            first, vectors = vectors[: len(whole)], vectors[len(whole) :]
            clock.lap("embed")
        tasks = self.index.signals.lexical(tokens(words), called(words), sentence > 0)
        if self.dense and vectors is not None and first is not None:
            some = vectors[keywords] if keywords and not self.dense.is_exact else vectors
            tasks += self.dense.tasks(first, some)
        signals = results_of(tasks, self.index.signals.size >= _PARALLEL)
        clock.lap("search")
        return CandidateEvidence(signals, first, vectors, sentence, embedded)

    def _pool(
        self, total: NDArray[np.float32], rows: NDArray[np.int64], found: CandidateEvidence, k: int
    ) -> NDArray[np.int64]:
        """The rows to look at more closely: those that may be among the best, and those at either end of a signal.

        The ends are what signals are scaled by, so the ranges come out as those of all rows.
        """
        every = len(rows) > 0.9 * len(total)  # then what may not be picked is taken out afterwards: no copies

        def highest(values: NDArray[np.float32], k: int) -> NDArray[np.int64]:
            return largest(values, k) if every else rows[largest(values[rows], k)]

        chosen = [highest(total, k)]
        for name in sorted(VECTOR_SIGNALS & found.signals.keys()):
            values = found.signals[name]
            chosen += [highest(values, _ENDS), highest(-values, _ENDS)]
        pool = np.unique(np.concatenate(chosen))
        return pool[np.isfinite(total[pool])]


def query_text(prompt: ParsedPrompt) -> str:
    """What a prompt asks for, in one line; a part that it does not want leaves no comma behind."""
    asked = " ".join(prompt.asked.split())
    if asked != " ".join(prompt.plain.split()):
        asked = _EMPTY_PARTS.sub(", ", asked).strip(" ,")
    return " ".join(normal_form(asked).split())


def _masked(total: NDArray[np.float32], mask: NDArray[np.bool_], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The same array, with what may not be picked below everything; `rows` are those that may be."""
    if len(rows) < len(mask):
        total[~mask] = -np.inf
    return total
