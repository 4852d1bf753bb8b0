"""How alike prompts are by their words: the Jaccard index of their sets of tokens."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from stylus_core.retriever.tokenizer import tokens, without_markup


class Overlap:
    """Prompts by their tokens, to be held against others.

    Tokens are those of the term index: lower case, plurals folded, stop words and markup out. A prompt without a
    single token resembles nothing, itself included.
    """

    def __init__(self, prompts: Iterable[str]) -> None:
        listed: dict[str, list[int]] = {}
        sizes: list[int] = []
        for row, prompt in enumerate(prompts):
            own = words(prompt)
            sizes.append(len(own))
            for token in own:
                listed.setdefault(token, []).append(row)
        self._rows = {token: np.array(rows, np.intp) for token, rows in listed.items()}
        self._sizes = np.array(sizes, np.float64)

    def __len__(self) -> int:
        return len(self._sizes)

    def to(self, prompt: str) -> NDArray[np.float64]:
        """The share of common tokens among all tokens of the two, shape (prompts,), 0 to 1."""
        own = words(prompt)
        found = [self._rows[token] for token in own if token in self._rows]
        if not found:
            return np.zeros(len(self))
        common = np.bincount(np.concatenate(found), minlength=len(self)).astype(np.float64)
        return common / (self._sizes + len(own) - common)


def words(prompt: str) -> frozenset[str]:
    """The set of a prompt's tokens."""
    return frozenset(tokens(without_markup(prompt)))
