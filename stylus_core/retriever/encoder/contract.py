"""The contract of every sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Encoder(Protocol):
    """Turns texts into unit vectors. Encoders with one `key` give the same vectors, up to 1e-4 in each component.

    Attributes:
        key: identity of the weights: vectors of different keys never mix.
        dim: of the vectors.
        backend: what runs it, "numpy", "torch" (on a GPU) or "sentence-transformers".
    """

    key: str
    dim: int
    backend: str

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of some texts.

        Args:
            texts: of any length; what is longer than the model reads is cut.

        Returns:
            (len(texts), dim), each row of length 1.
        """
        ...
