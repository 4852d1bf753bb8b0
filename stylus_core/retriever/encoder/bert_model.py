"""A BERT sentence encoder as it lies in a sentence-transformers folder: its tokenizer, its weights, ready to be run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.errors import ModelError

Array = NDArray[np.float32]
Affine = tuple[Array, Array]  # weights and bias: of a linear layer (inputs, outputs) and (outputs,)


@dataclass(frozen=True, slots=True)
class BertLayer:
    """One layer's weights; the scale of the scores of attention is in the query's."""

    qkv: Affine
    attention_out: Affine
    attention_norm: Affine
    up: Affine
    down: Affine
    output_norm: Affine


@dataclass(frozen=True, slots=True)
class BertModel:
    """What a backend needs in order to run it."""

    dim: int
    heads: int
    eps: float
    words: Array  # (vocabulary, dim)
    positions: Array  # (positions, dim), the vector of the one type of token included
    norm: Affine
    layers: tuple[BertLayer, ...]
    tokenizer: Any

    def tokens(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """The numbers of each text's tokens, cut to what the model reads."""
        return [np.asarray(e.ids, np.int64) for e in self.tokenizer.encode_batch([t or " " for t in texts])]


def bert_model(folder: Path) -> BertModel:
    """Reads a model.

    Args:
        folder: of a sentence encoder.

    Returns:
        Its weights, in memory.

    Raises:
        ModelError: it holds another kind of model, or files are missing or damaged.
    """
    config = _read_config(folder)
    dim, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
    tokenizer = _tokenizer(folder, config)
    w = _weights(folder)
    try:
        return BertModel(
            dim,
            heads,
            float(config.get("layer_norm_eps", 1e-12)),
            w["embeddings.word_embeddings.weight"],
            # every token is of type 0, so the type's vector belongs to the position's
            w["embeddings.position_embeddings.weight"] + w["embeddings.token_type_embeddings.weight"][0],
            (w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"]),
            tuple(
                _layer(w, f"encoder.layer.{i}.", np.float32((dim // heads) ** -0.5))
                for i in range(int(config["num_hidden_layers"]))
            ),
            tokenizer,
        )
    except KeyError as e:
        raise ModelError(f"{folder} is not a BERT encoder: the tensor {e} is missing; name another model") from e


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


def _max_tokens(folder: Path, config: dict[str, Any]) -> int:
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
    tokenizer.enable_truncation(_max_tokens(folder, config))
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


def _layer(w: dict[str, Array], prefix: str, scale: np.float32) -> BertLayer:
    def linear(name: str) -> Affine:
        return np.ascontiguousarray(w[f"{prefix}{name}.weight"].T), w[f"{prefix}{name}.bias"]

    def norm(name: str) -> Affine:
        return w[f"{prefix}{name}.LayerNorm.weight"], w[f"{prefix}{name}.LayerNorm.bias"]

    q, k, v = (linear(f"attention.self.{n}") for n in ("query", "key", "value"))
    return BertLayer(
        # the scale of the scores goes into the query's weights: one pass less over them for each text
        qkv=(np.concatenate([q[0] * scale, k[0], v[0]], axis=1), np.concatenate([q[1] * scale, k[1], v[1]])),
        attention_out=linear("attention.output.dense"),
        attention_norm=norm("attention.output"),
        up=linear("intermediate.dense"),
        down=linear("output.dense"),
        output_norm=norm("output"),
    )
