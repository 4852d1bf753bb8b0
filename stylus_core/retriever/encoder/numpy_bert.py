"""BERT sentence encoders such as all-MiniLM-L6-v2 in plain numpy: no torch to import, no padding to compute.

A prompt has one long text and some twenty parts of two or three words. Padded into a batch, most of the work is on
padding; here the tokens of all texts lie in one matrix, and only attention looks at one text at a time. Starting takes
a tenth of a second, where torch and sentence-transformers take many; the vectors are theirs up to 1e-5.
Method: Devlin et al. 2019 (BERT), Reimers and Gurevych 2019 (mean pooling), packing as in varlen attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.encoder.bert_model import bert_model
from stylus_core.retriever.encoder.blas_threads import one_thread_each, usable_threads
from stylus_core.retriever.encoder.numpy_kernels import Array, Kernels, NumpyKernels, Run
from stylus_core.retriever.parallel_tasks import for_each

_NUMPY = NumpyKernels()

#: Tokens that go through the network at once, at least, where texts are shared out to threads.
_FEWEST_TOKENS = 256

#: Scores of attention that are worked on together.
_SCORES_AT_ONCE = 1 << 18

#: Packs of so many tokens that a prompt with its parts may have: more are shared out to threads.
_FEW = 4


class NumpyBertEncoder:
    """Runs a BERT encoder from a sentence-transformers folder. Raises `ModelError` if the folder holds another kind."""

    backend = "numpy"

    def __init__(self, folder: Path, key: str) -> None:
        self.key = key
        self.model = bert_model(folder)
        self.dim = self.model.dim
        self._spare = 0
        self._many: Kernels = _NUMPY

    def sparing(self, cores: int, kernels: Kernels | None = None) -> NumpyBertEncoder:
        """The same encoder for work beside somebody's own.

        Args:
            cores: how many are left alone while many texts are embedded.
            kernels: what runs the network for many texts; None: as for few.

        Returns:
            One with the same weights in memory.
        """
        other = copy(self)
        other._spare = cores
        other._many = kernels or self._many
        return other

    def encode(self, texts: Sequence[str]) -> Array:
        """Embeds texts; see `Encoder.encode`. Many are shared out to threads, few have all of numpy's."""
        out = np.zeros((len(texts), self.dim), np.float32)
        if not texts:
            return out
        tokens = self.model.tokens(texts)
        lengths = np.array([len(t) for t in tokens])

        packs = _packs(lengths, _NUMPY.tokens_at_once)
        threads = usable_threads(self._spare) if len(packs) > _FEW else 0
        kernels = self._many if threads else _NUMPY
        if threads:
            packs = _packs(lengths, kernels.tokens_at_once, threads)

        def embed(rows: NDArray[np.int64]) -> None:
            with kernels.alone():
                out[rows] = self._forward([tokens[i] for i in rows], lengths[rows], kernels)

        if threads:
            with one_thread_each():
                for_each(embed, packs, threads)
        else:
            for rows in packs:
                embed(rows)
        return out

    def _forward(self, tokens: list[NDArray[np.int64]], lengths: NDArray[np.int64], do: Kernels) -> Array:
        positions = np.concatenate([np.arange(n) for n in lengths])
        model = self.model
        x = do.norm(model.words[np.concatenate(tokens)] + model.positions[positions], model.norm, model.eps)
        runs = _runs(lengths, model.heads)
        for layer in model.layers:
            mixed = do.attention(do.linear(x, layer.qkv), runs, model.heads)
            mixed = do.linear(mixed, layer.attention_out)
            mixed += x
            x = do.norm(mixed, layer.attention_norm, model.eps)
            out = do.linear(do.gelu(do.linear(x, layer.up)), layer.down)
            out += x
            x = do.norm(out, layer.output_norm, model.eps)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        pooled = np.add.reduceat(x, starts, axis=0) / lengths[:, None].astype(np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", pooled, pooled))
        return np.asarray(pooled / np.maximum(norms, 1e-12)[:, None], np.float32)


def _packs(lengths: NDArray[np.int64], tokens_at_once: int, threads: int = 0) -> list[NDArray[np.int64]]:
    """Which texts go through the network together: neighbours in length, the longest first.

    Threads that share them out end with the shortest texts, in smaller packs: nobody waits long for the last one.
    """
    order = np.argsort(-lengths, kind="stable")
    packs, start, total, left = [], 0, 0, int(lengths.sum())
    for end, row in enumerate(order):
        room = min(tokens_at_once, max(_FEWEST_TOKENS, left // (2 * threads))) if threads > 1 else tokens_at_once
        if end > start and total + lengths[row] > room:
            packs.append(order[start:end])
            left -= total
            start, total = end, 0
        total += lengths[row]
    return [*packs, order[start:]]


def _runs(lengths: NDArray[np.int64], heads: int) -> list[Run]:
    """(first row, number of texts, tokens of each) for runs of neighbours of one length, as far as the cache goes."""
    runs: list[Run] = []
    row = 0
    for n in lengths.tolist():
        if runs and runs[-1][2] == n and (runs[-1][1] + 1) * heads * n * n <= _SCORES_AT_ONCE:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1, n)
        else:
            runs.append((row, 1, n))
        row += n
    return runs
