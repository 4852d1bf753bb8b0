"""The contract of every sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns texts into unit vectors. Encoders with one `key` give the same vectors, up to 1e-4 in each component."""

    key: str  # identity of the weights: vectors of different keys never mix
    dim: int
    backend: str  # "numpy", "transformers", "sentence-transformers"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dim), rows of length 1. Texts longer than the model reads are cut."""
        ...
