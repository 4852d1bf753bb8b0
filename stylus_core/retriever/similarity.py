"""How near candidates are to a prompt and to each of its parts, in both views of an adapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Part = tuple[str, int]  # a phrase, and the index of the keyword that it is or is a piece of


@dataclass(frozen=True, slots=True)
class Similarity:
    """Cosines of the encoder's vectors.

    The first row of each array belongs to the whole prompt, the others to `parts`.

    Attributes:
        parts: the prompt's parts, and whose they are.
        title: (1 + parts, candidates) with the vector of title and tags.
        description: (1 + parts, candidates) with the vector of everything that says what an adapter is.
    """

    parts: tuple[Part, ...]
    title: NDArray[np.float32]
    description: NDArray[np.float32]

    def affinity(self, keywords: int) -> NDArray[np.float32]:
        """The best cosine of any part of each keyword, in either view; 0 where that is below.

        Args:
            keywords: how many there are.

        Returns:
            (keywords, candidates).
        """
        out = np.zeros((keywords, self.title.shape[1]), np.float32)
        if self.parts:
            owners = np.array([i for _, i in self.parts])
            np.maximum.at(out, owners, np.maximum(self.title[1:], self.description[1:]))
        return out

    def of(self, candidates: Sequence[int] | slice) -> Similarity:
        """The same of some candidates.

        Args:
            candidates: their places, in the order that is wanted.

        Returns:
            With one column for each of them.
        """
        return Similarity(self.parts, self.title[:, candidates], self.description[:, candidates])


def whole_vector(whole: NDArray[np.float32], parts: NDArray[np.float32]) -> NDArray[np.float32]:
    """(1, dim): the prompt's own vector, (0 or 1, dim) `whole`, or the mean direction of its parts where it has none.

    A list of tags is not embedded as a whole: its parts say all of it, and stay when a word of it changes.
    """
    if len(whole):
        return whole
    mean = parts.mean(axis=0, keepdims=True)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)
