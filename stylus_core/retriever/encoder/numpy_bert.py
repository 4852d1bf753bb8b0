"""BERT sentence encoders such as all-MiniLM-L6-v2 in plain numpy: no torch to import, no padding to compute.

A prompt has one long text and some twenty parts of two or three words. Padded into a batch, most of the work is on
padding; here the tokens of all texts lie in one matrix, and only attention looks at one text at a time. Starting takes
a tenth of a second, where torch and sentence-transformers take many; the vectors are theirs up to 1e-5.
Method: Devlin et al. 2019 (BERT), Reimers and Gurevych 2019 (mean pooling), packing as in varlen attention.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.encoder.bert_model import BertLayer, bert_model
from stylus_core.retriever.encoder.blas_threads import one_thread_each, usable_threads
from stylus_core.retriever.parallel_tasks import for_each

Array = NDArray[np.float32]

#: Tokens that go through the network at once: what lies between two products stays in the processor's cache.
_TOKENS_AT_ONCE = 512

#: Scores of attention, and rows of the widest layer, that are worked on together: twenty passes go over them.
_SCORES_AT_ONCE, _ROWS_AT_ONCE = 1 << 18, 128

#: Packs of so many tokens that a prompt with its parts may have: more are shared out to threads.
_FEW = 4

#: Scores of attention of which exp, and its sum over any text, stays a finite and normal number.
_SAFE_SCORE = 80.0

#: a6 to a0 of `_gelu`: for |x| instead of |x| / sqrt 2, and to give erfc / 2.
_ERFC = tuple(
    np.float32(a * 2 ** (1 / 16 - power / 2))
    for power, a in zip(
        range(6, -1, -1),
        (0.0000430638, 0.0002765672, 0.0001520143, 0.0092705272, 0.0422820123, 0.0705230784, 1.0),
        strict=True,
    )
)


class NumpyBertEncoder:
    """Runs a BERT encoder from a sentence-transformers folder. Raises `ModelError` if the folder holds another kind."""

    backend = "numpy"

    def __init__(self, folder: Path, key: str) -> None:
        self.key = key
        self.model = bert_model(folder)
        self.dim = self.model.dim
        self._spare = 0

    def sparing(self, cores: int) -> NumpyBertEncoder:
        """The same encoder for work beside somebody's own.

        Args:
            cores: how many are left alone while many texts are embedded.

        Returns:
            One with the same weights in memory.
        """
        other = copy(self)
        other._spare = cores
        return other

    def encode(self, texts: Sequence[str]) -> Array:
        """Embeds texts; see `Encoder.encode`. Many are shared out to threads, few have all of numpy's."""
        out = np.zeros((len(texts), self.dim), np.float32)
        if not texts:
            return out
        tokens = self.model.tokens(texts)
        lengths = np.array([len(t) for t in tokens])

        def embed(rows: NDArray[np.int64]) -> None:
            out[rows] = self._forward([tokens[i] for i in rows], lengths[rows])

        packs = _packs(lengths)
        threads = usable_threads(self._spare) if len(packs) > _FEW else 0
        if threads:
            with one_thread_each():
                for_each(embed, packs, threads)
        else:
            for rows in packs:
                embed(rows)
        return out

    def _forward(self, tokens: list[NDArray[np.int64]], lengths: NDArray[np.int64]) -> Array:
        positions = np.concatenate([np.arange(n) for n in lengths])
        model = self.model
        x = _layer_norm(model.words[np.concatenate(tokens)] + model.positions[positions], model.norm, model.eps)
        runs = _runs(lengths, model.heads)
        for layer in model.layers:
            mixed = self._attend(x, runs, layer)
            mixed += x
            x = _layer_norm(mixed, layer.attention_norm, model.eps)
            out = _linear(_gelu(_linear(x, layer.up)), layer.down)
            out += x
            x = _layer_norm(out, layer.output_norm, model.eps)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        pooled = np.add.reduceat(x, starts, axis=0) / lengths[:, None].astype(np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", pooled, pooled))
        return np.asarray(pooled / np.maximum(norms, 1e-12)[:, None], np.float32)

    def _attend(self, x: Array, runs: list[tuple[int, int, int]], layer: BertLayer) -> Array:
        heads = self.model.heads
        width = self.dim // heads
        qkv = _linear(x, layer.qkv)
        mixed = np.empty_like(x)
        for start, count, length in runs:  # texts of one length lie side by side: one product for all of them
            rows = slice(start, start + count * length)
            q, k, v = qkv[rows].reshape(count, length, 3, heads, width).transpose(2, 0, 3, 1, 4)
            scores = q @ k.transpose(0, 1, 3, 2)
            if _longest(q) * _longest(k) > _SAFE_SCORE:  # no score is above: else exp might overflow
                scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            out = scores @ v
            out /= scores @ np.ones((length, 1), np.float32)  # of the few that come out, not of all scores
            mixed[rows] = out.transpose(0, 2, 1, 3).reshape(count * length, self.dim)
        return _linear(mixed, layer.attention_out)


def _packs(lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Which texts go through the network together: neighbours in length, the longest first.

    Whoever shares them out ends with the shortest, so that nobody waits long for the last one.
    """
    order = np.argsort(-lengths, kind="stable")
    packs, start, total = [], 0, 0
    for end, row in enumerate(order):
        if end > start and total + lengths[row] > _TOKENS_AT_ONCE:
            packs.append(order[start:end])
            start, total = end, 0
        total += lengths[row]
    return [*packs, order[start:]]


def _runs(lengths: NDArray[np.int64], heads: int) -> list[tuple[int, int, int]]:
    """(first row, number of texts, tokens of each) for runs of neighbours of one length, as far as the cache goes."""
    runs: list[tuple[int, int, int]] = []
    row = 0
    for n in lengths.tolist():
        if runs and runs[-1][2] == n and (runs[-1][1] + 1) * heads * n * n <= _SCORES_AT_ONCE:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1, n)
        else:
            runs.append((row, 1, n))
        row += n
    return runs


def _linear(x: Array, wb: tuple[Array, Array]) -> Array:
    y = x @ wb[0]
    y += wb[1]
    return y


def _layer_norm(x: Array, affine: tuple[Array, Array], eps: float) -> Array:
    """Overwrites `x`."""
    x -= x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
    x *= (1.0 / np.sqrt(variance + np.float32(eps)))[:, None]
    x *= affine[0]
    x += affine[1]
    return x


def _longest(vectors: Array) -> float:
    """The length of the longest."""
    return math.sqrt(float(np.einsum("...i,...i->...", vectors, vectors).max()))


def _gelu(x: Array) -> Array:
    """X Phi(x), off by 1e-6 at most; overwrites `x`. numpy has no error function.

    With Abramowitz and Stegun 7.1.28, erfc(z) = (1 + a1 z + ... + a6 z^6)^-16: of all their formulas the one without
    exp and with one division, in a third of the time. x Phi(x) = max(x, 0) - |x| erfc(|x| / sqrt 2) / 2.
    """
    with np.errstate(over="ignore"):  # far from 0 the power is infinite, and what is subtracted is 0
        for first in range(0, len(x), _ROWS_AT_ONCE):
            some = x[first : first + _ROWS_AT_ONCE]
            size = np.abs(some)
            power = size * _ERFC[0]
            for c in _ERFC[1:-1]:
                power += c
                power *= size
            power += _ERFC[-1]
            for _ in range(4):
                np.multiply(power, power, out=power)
            size /= power
            np.maximum(some, 0, out=some)
            some -= size
    return x
