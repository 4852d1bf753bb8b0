"""BERT sentence encoders such as all-MiniLM-L6-v2 in plain numpy: no torch to import, no padding to compute.

A prompt has one long text and some twenty parts of two or three words. Padded into a batch, most of the work is on
padding; here the tokens of all texts lie in one matrix, and only attention looks at one text at a time. Starting takes
a tenth of a second, where torch and sentence-transformers take many; the vectors are theirs up to 1e-5.
Method: Devlin et al. 2019 (BERT), Reimers and Gurevych 2019 (mean pooling), packing as in varlen attention.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.errors import ModelError

Array = NDArray[np.float32]

#: Tokens that go through the network at once: bounds memory, and keeps the matrices inside the processor's cache.
_TOKENS_AT_ONCE = 2048


class NumpyBertEncoder:
    """Runs a BERT encoder from a sentence-transformers folder. Raises `ModelError` if the folder holds another kind."""

    backend = "numpy"

    def __init__(self, folder: Path, key: str) -> None:
        self.key = key
        config = _read_config(folder)
        self.dim = int(config["hidden_size"])
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

    def encode(self, texts: Sequence[str]) -> Array:
        """Embeds texts; see `Encoder.encode`."""
        out = np.zeros((len(texts), self.dim), np.float32)
        if not texts:
            return out
        tokens = [np.asarray(e.ids, np.int64) for e in self._tokenizer.encode_batch([t or " " for t in texts])]
        lengths = np.array([len(t) for t in tokens])
        order = np.argsort(lengths, kind="stable")
        start = 0
        while start < len(order):
            end, total = start, 0
            while end < len(order) and (end == start or total + lengths[order[end]] <= _TOKENS_AT_ONCE):
                total += lengths[order[end]]
                end += 1
            rows = order[start:end]
            out[rows] = self._forward([tokens[i] for i in rows], lengths[rows])
            start = end
        return out

    def _forward(self, tokens: list[NDArray[np.int64]], lengths: NDArray[np.int64]) -> Array:
        positions = np.concatenate([np.arange(n) for n in lengths])
        x = _layer_norm(self._words[np.concatenate(tokens)] + self._positions[positions], self._norm, self._eps)
        runs = _runs(lengths)
        for layer in self._layers:
            x = _layer_norm(x + self._attend(x, runs, layer), layer["attention_norm"], self._eps)
            hidden = _gelu(_linear(x, layer["up"]))
            x = _layer_norm(x + _linear(hidden, layer["down"]), layer["output_norm"], self._eps)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        pooled = np.add.reduceat(x, starts, axis=0) / lengths[:, None].astype(np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", pooled, pooled))
        return np.asarray(pooled / np.maximum(norms, 1e-12)[:, None], np.float32)

    def _attend(self, x: Array, runs: list[tuple[int, int, int]], layer: dict[str, Any]) -> Array:
        width = self.dim // self._heads
        qkv = _linear(x, layer["qkv"])
        mixed = np.empty_like(x)
        for start, count, length in runs:  # texts of one length lie side by side: one product for all of them
            block = qkv[start : start + count * length].reshape(count, length, 3, self._heads, width)
            q, k, v = (block[:, :, i].transpose(0, 2, 1, 3) for i in range(3))
            scores = q @ k.transpose(0, 1, 3, 2)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            mixed[start : start + count * length] = (scores @ v).transpose(0, 2, 1, 3).reshape(count * length, self.dim)
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
    x = x - x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
    x *= (1.0 / np.sqrt(variance + np.float32(eps)))[:, None]
    x *= affine[0]
    x += affine[1]
    return x


def _gelu(x: Array) -> Array:
    """X Phi(x) with the error function of Abramowitz and Stegun 7.1.26, off by 1.5e-7 at most: numpy has none."""
    z = np.abs(x)
    z *= np.float32(0.7071067811865476)
    t = np.float32(1.0) / (np.float32(1.0) + np.float32(0.3275911) * z)
    poly = np.full_like(t, 1.061405429)
    for c in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        poly *= t
        poly += np.float32(c)
    poly *= t
    z *= z
    np.negative(z, out=z)
    np.exp(z, out=z)
    poly *= z  # 1 - erf(|x| / sqrt 2)
    half = np.float32(0.5) * x
    # x Phi(x) = x/2 + |x|/2 erf(|x|/sqrt 2)
    return np.asarray(half + np.abs(half) * (np.float32(1.0) - poly), np.float32)
