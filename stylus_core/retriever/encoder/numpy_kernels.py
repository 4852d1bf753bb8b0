"""What a BERT network is made of, in plain numpy: products, attention within each text, gelu and norm."""

from __future__ import annotations

import contextlib
import math
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.encoder.bert_model import Affine

Array = NDArray[np.float32]
Run = tuple[int, int, int]  # first row, number of texts, tokens of each

#: Rows of the widest layer that are worked on together: twenty passes go over them.
_ROWS_AT_ONCE = 128

#: Scores of attention of which exp, and its sum over any text, stays a finite and normal number.
_SAFE_SCORE = 80.0

#: a6 to a0 of `NumpyKernels.gelu`: for |x| instead of |x| / sqrt 2, and to give erfc / 2.
_ERFC = tuple(
    np.float32(a * 2 ** (1 / 16 - power / 2))
    for power, a in zip(
        range(6, -1, -1),
        (0.0000430638, 0.0002765672, 0.0001520143, 0.0092705272, 0.0422820123, 0.0705230784, 1.0),
        strict=True,
    )
)


class Kernels(Protocol):
    """The steps of the network. Whatever runs them, they give the same up to rounding.

    Attributes:
        tokens_at_once: how many go through the network together where that is quickest.
    """

    tokens_at_once: int

    def alone(self) -> AbstractContextManager[object]:
        """While it lasts, this thread's steps take no other thread, as far as they have threads of their own."""
        ...

    def linear(self, x: Array, affine: Affine) -> Array:
        """A linear layer: (rows, outputs)."""
        ...

    def attention(self, qkv: Array, runs: list[Run], heads: int) -> Array:
        """What each token gathers from those of its text: (rows, width).

        Args:
            qkv: (rows, 3 width), the scale of the scores in the queries.
            runs: of texts of one length that lie side by side; together all rows.
            heads: of the layer.

        Returns:
            All heads side by side, before the layer behind them.
        """
        ...

    def gelu(self, x: Array) -> Array:
        """X Phi(x). May overwrite `x`."""
        ...

    def norm(self, x: Array, affine: Affine, eps: float) -> Array:
        """Each row with mean 0 and deviation 1, scaled and shifted. May overwrite `x`."""
        ...


class NumpyKernels:
    """In numpy."""

    tokens_at_once = 512  # what lies between two products stays in the processor's cache

    def alone(self) -> AbstractContextManager[object]:
        """See `Kernels.alone`; numpy's threads are told by `blas_threads`."""
        return contextlib.nullcontext()

    def linear(self, x: Array, affine: Affine) -> Array:
        """See `Kernels.linear`."""
        y = x @ affine[0]
        y += affine[1]
        return y

    def attention(self, qkv: Array, runs: list[Run], heads: int) -> Array:
        """See `Kernels.attention`."""
        width = qkv.shape[1] // 3
        mixed = np.empty((len(qkv), width), np.float32)
        for start, count, length in runs:  # texts of one length lie side by side: one product for all of them
            rows = slice(start, start + count * length)
            q, k, v = qkv[rows].reshape(count, length, 3, heads, width // heads).transpose(2, 0, 3, 1, 4)
            scores = q @ k.transpose(0, 1, 3, 2)
            if _longest(q) * _longest(k) > _SAFE_SCORE:  # no score is above: else exp might overflow
                scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            out = scores @ v
            out /= scores @ np.ones((length, 1), np.float32)  # of the few that come out, not of all scores
            mixed[rows] = out.transpose(0, 2, 1, 3).reshape(count * length, width)
        return mixed

    def gelu(self, x: Array) -> Array:
        """X Phi(x), off by 1e-6 at most; overwrites `x`. numpy has no error function.

        With Abramowitz and Stegun 7.1.28, erfc(z) = (1 + a1 z + ... + a6 z^6)^-16: of all their formulas the one
        without exp and with one division, in a third of the time. x Phi(x) = max(x, 0) - |x| erfc(|x| / sqrt 2) / 2.
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

    def norm(self, x: Array, affine: Affine, eps: float) -> Array:
        """See `Kernels.norm`; overwrites `x`."""
        x -= x.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
        x *= (1.0 / np.sqrt(variance + np.float32(eps)))[:, None]
        x *= affine[0]
        x += affine[1]
        return x


def _longest(vectors: Array) -> float:
    """The length of the longest."""
    return math.sqrt(float(np.einsum("...i,...i->...", vectors, vectors).max()))
