"""From a prompt to candidates: all signals, one ranking, and for each candidate why it is there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stylus_core.prompt import ParsedPrompt
from stylus_core.prompt.keywords import phrases
from stylus_core.retriever.dense import Dense
from stylus_core.retriever.fusion import WEIGHTS, fuse, scaled, sentence_likeness
from stylus_core.retriever.index import Get, Index
from stylus_core.retriever.tokens import tokens, without_markup
from stylus_core.types import ARCHITECTURES, KINDS, Candidate, Keyword


@dataclass(frozen=True, slots=True)
class Filter:
    """Which adapters may be candidates at all."""

    architecture: str = "any"
    kinds: tuple[str, ...] = KINDS
    exclude: frozenset[int] = frozenset()  # ids


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Candidates, best first, and how near each keyword is to each of them."""

    candidates: tuple[Candidate, ...]
    affinity: NDArray[np.float32]  # (keywords, candidates): cosine, zeros without an encoder
    sentence: float  # 0: the prompt is a list of tags, 1: it is a sentence
    embedded: int = 0  # texts that had to be embedded for this prompt
    timings: dict[str, float] = field(default_factory=dict)  # stage -> milliseconds


@dataclass(frozen=True, slots=True)
class Evidence:
    """Signals of the whole library for one prompt."""

    signals: dict[str, NDArray[np.float32]]  # name -> (n,); without an encoder, those of words alone
    parts: NDArray[np.float32] | None  # (parts, dim): vectors of the prompt's parts
    sentence: float  # 0: the prompt is a list of tags, 1: it is a sentence
    embedded: int  # texts that had to be embedded for this prompt


class Retriever:
    """Searches an index. `dense` is None where there is no encoder: words alone decide then."""

    def __init__(self, index: Index, get: Get, dense: Dense | None = None) -> None:
        self.index, self.get, self.dense = index, get, dense

    def search(
        self, prompt: ParsedPrompt, keywords: Sequence[Keyword], k: int, wanted: Filter | None = None
    ) -> Retrieval:
        """The best `k` candidates."""
        clock = Clock()
        signals = self.index.signals
        mask = self._mask(wanted or Filter())
        parts = phrases(keywords)
        found = self.evidence(prompt, [p for p, _ in parts], clock)
        evidence, sentence = found.signals, found.sentence
        total = (
            fuse(evidence, np.asarray(signals.kinds, np.int8), mask, sentence)
            if mask.any()
            else np.zeros(signals.size, np.float32)
        )
        rows = _best(total, mask, k)
        adapters = self.get([int(i) for i in self.index.rows[rows]])
        affinity = np.zeros((len(keywords), len(rows)), np.float32)
        nearest = np.full(len(rows), -1)
        if self.dense and found.parts is not None and parts and len(rows):
            near = self.dense.affinity(rows, found.parts)
            np.maximum.at(affinity, np.array([i for _, i in parts]), near)
            nearest = near.argmax(axis=0)
        reasons = _Reasons(evidence, mask, sentence)
        out: list[Candidate] = []
        kept: list[int] = []
        for j, row in enumerate(rows.tolist()):
            adapter = adapters.get(int(self.index.rows[row]))
            if adapter is None:  # gone since the index was brought up to date
                continue
            part = parts[nearest[j]][0] if nearest[j] >= 0 else ""
            scores = {name: float(values[row]) for name, values in evidence.items()}
            out.append(Candidate(adapter, float(total[row]), scores, part, reasons.of(row, part)))
            kept.append(j)
        clock.lap("fuse")
        return Retrieval(tuple(out), affinity[:, kept], sentence, found.embedded, clock.laps)

    def evidence(self, prompt: ParsedPrompt, parts: Sequence[str], clock: Clock | None = None) -> Evidence:
        """What speaks for each adapter of the library.

        A list of tags is not embedded as a whole: its parts say all of it, and they are what stays when a word changes.
        """
        clock = clock or Clock()
        text = " ".join(prompt.plain.replace("\n", " ").split())
        sentence = sentence_likeness(prompt)
        vectors: NDArray[np.float32] | None = None
        embedded = 0
        whole = [text] if sentence > 0 or not parts else []
        if self.dense and text:
            vectors, embedded = self.dense.query([*whole, *parts])
            clock.lap("embed")
        signals = self.index.signals.lexical(tokens(without_markup(text)))
        clock.lap("bm25")
        if self.dense and vectors is not None:
            vectors, first = vectors[len(whole) :], vectors[: len(whole)]
            signals.update(self.dense.signals(first, vectors))
            clock.lap("dense")
        return Evidence(signals, vectors, sentence, embedded)

    def _mask(self, wanted: Filter) -> NDArray[np.bool_]:
        signals = self.index.signals
        mask = signals.alive.copy()
        if wanted.architecture != "any":
            codes = [ARCHITECTURES.index(a) for a in (wanted.architecture, "unknown")]
            mask &= np.isin(signals.architectures, codes)
        if len(wanted.kinds) < len(KINDS):
            mask &= np.isin(signals.kinds, [KINDS.index(k) for k in wanted.kinds])
        if wanted.exclude:
            mask &= ~np.isin(self.index.rows, list(wanted.exclude))
        return mask


def _best(total: NDArray[np.float32], mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(mask)
    if len(rows) > k:
        rows = rows[np.argpartition(-total[rows], k - 1)[:k]]
    # ties in the library's order, so that the same prompt gives the same ranking
    return rows[np.lexsort((rows, -total[rows]))]


class Clock:
    """Milliseconds a stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._at = time.perf_counter()

    def lap(self, name: str) -> None:
        """Ends the stage `name`."""
        now = time.perf_counter()
        self.laps[name] = (now - self._at) * 1000
        self._at = now


class _Reasons:
    """Says in a sentence which signal weighs most for a candidate."""

    _SAY: ClassVar[dict[str, str]] = {
        "trigger": "the prompt has its trigger words",
        "name": "the prompt names it",
        "tag": "the prompt has one of its tags",
        "bm25": "its texts and example prompts share words with the prompt",
        "about": "its description shares words with the prompt",
        "together": "pictures with prompts like this one were made with it",
        "used": "many pictures with other adapters use it too",
        "downloads": "it is widely used",
        "whole_label": "its title and tags are near to the prompt in meaning",
        "whole_account": "its description is near to the prompt in meaning",
        "part_label": "its title and tags are near to {part!r} in meaning",
        "part_account": "its description is near to {part!r} in meaning",
    }

    def __init__(self, evidence: dict[str, NDArray[np.float32]], mask: NDArray[np.bool_], sentence: float) -> None:
        self._scaled = {}
        for name, values in evidence.items():
            weight = WEIGHTS[name][0] * (1 - sentence) + WEIGHTS[name][1] * sentence
            if weight > 0:
                self._scaled[name] = (weight, values, scaled(values, mask))

    def of(self, row: int, part: str) -> str:
        shares = {n: w * float(s[row]) for n, (w, _, s) in self._scaled.items()}
        if not shares or max(shares.values()) <= 0:
            return "nothing speaks for it in particular"
        best = max(shares, key=lambda n: shares[n])
        return self._SAY[best].format(part=part or "the prompt")
