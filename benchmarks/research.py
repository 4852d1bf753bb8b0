"""The research code's retriever, written again from its description to be timed: not a line of it is here.

For every prompt it opens its encoder and embeds the prompt, reads the whole matrix of embeddings from a file, turns it
into a tensor, brings every row to length one, multiplies, and sorts all cosines. By default its encoder is a service;
with the kind that runs here, which it knows as well, it loads the model anew for every prompt.
Stylus (Luo et al. 2024), `compute_rankings` with policy "rank".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class ResearchRetriever:
    """Ranks rows of `vectors`, (n, dim), which it keeps in a file in `folder` as the research code does."""

    def __init__(self, vectors: NDArray[np.float32], folder: Path) -> None:
        self._file = folder / "research.npy"
        np.save(self._file, vectors)

    def rank(self, prompt: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """The `k` nearest rows to the prompt's vector, (1, dim)."""
        import torch

        rows = torch.tensor(np.load(self._file))
        rows = torch.nn.functional.normalize(rows, p=2, dim=1)
        query = torch.nn.functional.normalize(torch.tensor(prompt), p=2, dim=1)
        cosines = torch.mm(query, rows.transpose(0, 1)).numpy().flatten()
        return np.argsort(cosines)[::-1][:k]

    def compute(self, prompt: str, model: str, k: int) -> NDArray[np.int64]:
        """From the prompt's text on, with the encoder in the folder `model`."""
        from sentence_transformers import SentenceTransformer

        return self.rank(np.asarray(SentenceTransformer(model, device="cpu").encode([prompt])), k)
