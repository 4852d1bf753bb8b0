"""BERT sentence encoders such as all-MiniLM-L6-v2 in plain numpy: no torch to import, no padding to compute.

A prompt has one long text and some twenty parts of two or three words. Padded into a batch, most of the work is on
padding; here the tokens of all texts lie in one matrix, and only attention looks at one text at a time. Starting takes
a tenth of a second, where torch and sentence-transformers take many; the vectors are theirs up to 1e-5.
Method: Devlin et al. 2019 (BERT), Reimers and Gurevych 2019 (mean pooling), packing as in varlen attention.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.errors import ModelError
from stylus_core.retriever.encoder.blas_threads import one_thread_each, usable_threads
from stylus_core.retriever.parallel_tasks import for_each

Array = NDArray[np.float32]

#: Tokens that go through the network at once: what lies between two products stays in the processor's cache.
_TOKENS_AT_ONCE = 512

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
        config = _read_config(folder)
        self.dim = int(config["hidden_size"])
        self._spare = 0
        self._heads = int(config["num_attention_heads"])
        self._eps = float(config.get("layer_norm_eps", 1e-12))
        self._tokenizer = _tokenizer(folder, config)
        w = _weights(folder)
        try:
            self._words = w["embeddings.word_embeddings.weight"]
            # every token is of type 0, so the type's vector belongs to the position's
            self._positions = (
                w["embeddings.position_embeddings.weight"] + w["embeddings.token_type_embeddings.weight"][0]
            )
            self._norm = (w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"])
            scale = np.float32((self.dim // self._heads) ** -0.5)
            self._layers = [_layer(w, f"encoder.layer.{i}.", scale) for i in range(int(config["num_hidden_layers"]))]
        except KeyError as e:
            raise ModelError(f"{folder} is not a BERT encoder: the tensor {e} is missing; name another model") from e

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
        tokens = [np.asarray(e.ids, np.int64) for e in self._tokenizer.encode_batch([t or " " for t in texts])]
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
        x = _layer_norm(self._words[np.concatenate(tokens)] + self._positions[positions], self._norm, self._eps)
        runs = _runs(lengths)
        for layer in self._layers:
            mixed = self._attend(x, runs, layer)
            mixed += x
            x = _layer_norm(mixed, layer["attention_norm"], self._eps)
            out = _linear(_gelu(_linear(x, layer["up"])), layer["down"])
            out += x
            x = _layer_norm(out, layer["output_norm"], self._eps)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        pooled = np.add.reduceat(x, starts, axis=0) / lengths[:, None].astype(np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", pooled, pooled))
        return np.asarray(pooled / np.maximum(norms, 1e-12)[:, None], np.float32)

    def _attend(self, x: Array, runs: list[tuple[int, int, int]], layer: dict[str, Any]) -> Array:
        width = self.dim // self._heads
        qkv = _linear(x, layer["qkv"])
        mixed = np.empty_like(x)
        for start, count, length in runs:  # texts of one length lie side by side: one product for all of them
            rows = slice(start, start + count * length)
            q, k, v = qkv[rows].reshape(count, length, 3, self._heads, width).transpose(2, 0, 3, 1, 4)
            scores = q @ k.transpose(0, 1, 3, 2)
            if _longest(q) * _longest(k) > _SAFE_SCORE:  # no score is above: else exp might overflow
                scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            out = scores @ v
            out /= scores.sum(axis=-1, keepdims=True)  # of the few that come out, not of all scores
            mixed[rows] = out.transpose(0, 2, 1, 3).reshape(count * length, self.dim)
        return _linear(mixed, layer["attention_out"])


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise ModelError(f"{folder} has no readable config.json ({e}); give the folder of a sentence encoder") from e
    if config.get("model_type") != "bert" or config.get("hidden_act", "gelu") != "gelu":
        raise ModelError(
            f"{folder} holds a model of type {config.get('model_type')!r}, which needs sentence-transformers"
        )
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise ModelError(f"{folder} uses relative positions, which need sentence-transformers")
    pooling = folder / "1_Pooling" / "config.json"
    if pooling.is_file() and not json.loads(pooling.read_text(encoding="utf-8")).get("pooling_mode_mean_tokens", True):
        raise ModelError(f"{folder} pools other than by the mean, which needs sentence-transformers")
    return dict(config)


def max_tokens(folder: Path, config: dict[str, Any]) -> int:
    """How many tokens of a text the model reads: what its folder says, as sentence-transformers does."""
    limit = int(config.get("max_position_embeddings", 512))
    try:
        said = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8")).get("max_seq_length")
    except (OSError, ValueError):
        said = None
    return min(limit, int(said)) if said else limit


def _tokenizer(folder: Path, config: dict[str, Any]) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as e:
        raise ModelError("the package tokenizers is missing; pip install tokenizers") from e
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as e:  # the library raises bare Exception
        raise ModelError(f"{folder / 'tokenizer.json'} cannot be read ({e}); fetch the whole model folder again") from e
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens(folder, config))
    return tokenizer


def _weights(folder: Path) -> dict[str, Array]:
    try:
        from safetensors.numpy import load_file
    except ImportError as e:
        raise ModelError("the package safetensors is missing; pip install safetensors") from e
    try:
        raw = load_file(folder / "model.safetensors")
    except Exception as e:  # OSError, or the library's own error
        raise ModelError(
            f"{folder / 'model.safetensors'} cannot be read ({e}); fetch the whole model folder again"
        ) from e
    return {k.removeprefix("bert."): np.asarray(v, np.float32) if v.dtype.kind == "f" else v for k, v in raw.items()}


def _layer(w: dict[str, Array], prefix: str, scale: np.float32) -> dict[str, Any]:
    def linear(name: str) -> tuple[Array, Array]:
        return np.ascontiguousarray(w[f"{prefix}{name}.weight"].T), w[f"{prefix}{name}.bias"]

    q, k, v = (linear(f"attention.self.{n}") for n in ("query", "key", "value"))
    return {
        # the scale of the scores goes into the query's weights: one pass less over them for each text
        "qkv": (np.concatenate([q[0] * scale, k[0], v[0]], axis=1), np.concatenate([q[1] * scale, k[1], v[1]])),
        "attention_out": linear("attention.output.dense"),
        "attention_norm": (
            w[f"{prefix}attention.output.LayerNorm.weight"],
            w[f"{prefix}attention.output.LayerNorm.bias"],
        ),
        "up": linear("intermediate.dense"),
        "down": linear("output.dense"),
        "output_norm": (w[f"{prefix}output.LayerNorm.weight"], w[f"{prefix}output.LayerNorm.bias"]),
    }


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


def _runs(lengths: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """(first row, number of texts, tokens of each) for every run of neighbours of one length."""
    runs: list[tuple[int, int, int]] = []
    row = 0
    for n in lengths.tolist():
        if runs and runs[-1][2] == n:
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
    size = np.abs(x)
    power = size * _ERFC[0]
    for c in _ERFC[1:-1]:
        power += c
        power *= size
    power += _ERFC[-1]
    with np.errstate(over="ignore"):  # far from 0 it is infinite, and what is subtracted is 0
        for _ in range(4):
            np.multiply(power, power, out=power)
    size /= power
    np.maximum(x, 0, out=x)
    x -= size
    return x
