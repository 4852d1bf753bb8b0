"""The research code's retriever, written again from what it does, to be timed: not a line of it is here.

For every prompt `compute_rankings` with policy "rank" (Stylus, Luo et al. 2024) opens its encoder and embeds the
prompt, reads the whole matrix of embeddings from a file, turns it into a tensor, brings every row to length one,
multiplies, and sorts all cosines. For one prompt it also reads the pickled records of all adapters first; a batch of
prompts keeps those. By default its encoder is a service; of the kinds that it knows, the one that runs here is taken.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.types import Adapter


@dataclass
class Record:
    """What it keeps of an adapter."""

    adapter_id: str
    alias: str
    title: str
    base_model: str
    description: str
    tags: list[str]
    trigger_words: list[str]
    stats: dict[str, int]
    download_url: str
    llm_description: str | None
    image_urls: list[str]
    image_prompts: list[str]
    image_negative_prompts: list[str]


def record(adapter: Adapter) -> Record:
    """Of one of our adapters; addresses are as long as real ones."""
    m = adapter.metadata
    prompts, negative = [e.prompt for e in m.examples], [e.negative_prompt for e in m.examples]
    address = f"https://example.org/api/download/models/{adapter.id:07d}"
    return Record(
        str(adapter.id), m.alias, m.title, m.base_model, m.description, list(m.tags), list(m.trigger_words),
        {"downloadCount": m.downloads or 0}, address, None, [address] * len(prompts), prompts, negative,
    )  # fmt: skip


class ResearchRetriever:
    """Ranks rows of `vectors`, (n, dim); like the research code it keeps them and the records in files in `folder`."""

    def __init__(self, vectors: NDArray[np.float32], adapters: Iterable[Adapter], folder: Path) -> None:
        self._file, self._records = folder / "research.npy", folder / "research.pkl"
        np.save(self._file, vectors)
        with self._records.open("wb") as f:
            pickle.dump(list(map(record, adapters)), f)

    def rank(self, prompt: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """The `k` nearest rows to the prompt's vector, (1, dim)."""
        import torch

        rows = torch.nn.functional.normalize(torch.tensor(np.load(self._file)), p=2, dim=1)
        query = torch.nn.functional.normalize(torch.tensor(prompt), p=2, dim=1)
        cosines = torch.mm(query, rows.transpose(0, 1)).numpy().flatten()
        return np.argsort(cosines)[::-1][:k]

    def in_batch(self, prompt: str, model: str, k: int) -> NDArray[np.int64]:
        """From the prompt's text on, with the encoder in the folder `model`; the records are at hand."""
        from sentence_transformers import SentenceTransformer

        return self.rank(np.asarray(SentenceTransformer(model, device="cpu").encode([prompt])), k)

    def alone(self, prompt: str, model: str, k: int) -> list[Record]:
        """All that it does for one prompt."""
        with self._records.open("rb") as f:
            records = pickle.load(f)  # noqa: S301 - a file of our own, as the code that is timed has one
        return [records[i] for i in self.in_batch(prompt, model, k)]
