"""The same BERT encoder on a GPU, by the torch that the host has: for the many texts of a library.

Nothing of it lies on the GPU between two calls: pictures are made there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.encoder.bert_model import Affine, BertModel
from stylus_core.retriever.encoder.numpy_bert import NumpyBertEncoder

log = logging.getLogger("stylus")

Tensor = Any  # torch's, which is not imported here

#: Bytes that a token takes on the GPU while it goes through the network in a text of 256, and those of all weights.
_TOKEN_BYTES, _WEIGHT_BYTES = 64_000, 300_000_000
_MOST_TOKENS, _FEWEST_TOKENS = 65_536, 4_096


class TorchBertEncoder:
    """Runs an encoder's weights on a GPU while it has room, and on the CPU while it has none.

    Args:
        light: the encoder on the CPU.
        torch: the module.
        device: "cuda", "mps" or "cpu".
    """

    backend = "torch"

    def __init__(self, light: NumpyBertEncoder, torch: Any, device: str) -> None:
        self.key, self.dim = light.key, light.dim
        self._light, self._torch, self._device = light, torch, device

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeds texts; see `Encoder.encode`."""
        try:
            at_once = self._room()
            found = self._embed(texts, at_once) if at_once else None
        except RuntimeError as e:  # torch's error for too little memory is one, and so are a driver's
            log.info("texts are embedded without the GPU: %s", e)
            found = None
        finally:
            self._give_back()
        return self._light.encode(texts) if found is None else found

    def _room(self) -> int:
        """Tokens that may be on the GPU at once; 0 where others have all of it. No more than half is taken."""
        if self._device != "cuda":
            return _FEWEST_TOKENS
        cuda = self._torch.cuda
        # what torch keeps of what the host has given back is free, too
        free = cuda.mem_get_info()[0] + cuda.memory_reserved() - cuda.memory_allocated()
        tokens = (free // 2 - _WEIGHT_BYTES) // _TOKEN_BYTES
        return 0 if tokens < _FEWEST_TOKENS else min(int(tokens), _MOST_TOKENS)

    def _give_back(self) -> None:
        if self._device != "cpu":
            getattr(self._torch, self._device).empty_cache()

    def _embed(self, texts: Sequence[str], at_once: int) -> NDArray[np.float32]:
        out = np.zeros((len(texts), self.dim), np.float32)
        if not texts:
            return out
        tokens = self._light.model.tokens(texts)
        order = sorted(range(len(tokens)), key=lambda i: -len(tokens[i]))
        with self._torch.no_grad():
            network = _TorchNetwork(self._light.model, self._torch, self._device)
            start = 0
            while start < len(order):  # the longest come first: too little memory shows at once
                rows = order[start : start + max(1, at_once // len(tokens[order[start]]))]
                out[rows] = network.vectors([tokens[i] for i in rows])
                start += len(rows)
        return out


class _TorchNetwork:
    """The weights on a device, for as long as this lives."""

    def __init__(self, model: BertModel, torch: Any, device: str) -> None:
        self._torch, self._device, self._model = torch, device, model
        self._words, self._positions = self._there(model.words), self._there(model.positions)
        self._norm = self._affine(model.norm)
        self._layers = [
            {name: self._affine(getattr(layer, name)) for name in layer.__slots__} for layer in model.layers
        ]

    def vectors(self, tokens: list[NDArray[np.int64]]) -> NDArray[np.float32]:
        """Embeds texts of nearly one length, the longest first: (texts, dim)."""
        torch, layers = self._torch, self._layers
        count, longest, heads = len(tokens), len(tokens[0]), self._model.heads
        padded = np.zeros((count, longest), np.int64)
        for row, text in zip(padded, tokens, strict=True):
            row[: len(text)] = text
        lengths = self._there(np.array([[len(t)] for t in tokens], np.int64))
        real = torch.arange(longest, device=self._device)[None] < lengths
        hidden = real[:, None, None, :].logical_not()
        x = self._normed(self._words[self._there(padded)] + self._positions[:longest], self._norm)
        for layer in layers:
            q, k, v = self._linear(x, layer["qkv"]).view(count, longest, 3, heads, -1).permute(2, 0, 3, 1, 4)
            scores = self._product(q, k.transpose(-1, -2)).masked_fill_(hidden, float("-inf"))
            mixed = self._product(scores.softmax(-1), v).transpose(1, 2).reshape(count, longest, -1)
            x = self._normed(x + self._linear(mixed, layer["attention_out"]), layer["attention_norm"])
            up = torch.nn.functional.gelu(self._linear(x, layer["up"]))
            x = self._normed(x + self._linear(up, layer["down"]), layer["output_norm"])
        pooled = (x * real[:, :, None]).sum(1) / lengths
        found: NDArray[np.float32] = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return found

    def _there(self, values: NDArray[Any]) -> Tensor:
        return self._torch.from_numpy(values).to(self._device)

    def _affine(self, affine: Affine) -> tuple[Tensor, Tensor]:
        return self._there(affine[0]), self._there(affine[1])

    def _normed(self, x: Tensor, affine: tuple[Tensor, Tensor]) -> Tensor:
        return self._torch.nn.functional.layer_norm(x, x.shape[-1:], *affine, self._model.eps)

    def _linear(self, x: Tensor, affine: tuple[Tensor, Tensor]) -> Tensor:
        return self._product(x, affine[0]) + affine[1]

    def _product(self, a: Tensor, b: Tensor) -> Tensor:
        """A product in full precision, whatever the host has set: WebUIs let CUDA round its inputs to 10 bits (TF32).

        That takes vectors 2e-4 away, and the setting is the process's: pictures depend on it. Each factor is taken
        apart into what is left by such rounding and the rest; the rest's rest is too small to count.
        """
        if self._device == "mps":  # it does not round
            return a @ b
        (high_a, low_a), (high_b, low_b) = self._halves(a), self._halves(b)
        return high_a @ high_b + (low_a @ high_b + high_a @ low_b)

    def _halves(self, x: Tensor) -> tuple[Tensor, Tensor]:
        high = x.contiguous().view(self._torch.int32).bitwise_and(-8192).view(self._torch.float32)
        return high, x - high
