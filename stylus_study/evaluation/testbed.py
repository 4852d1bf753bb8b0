"""What systems are compared on: adapters, indexed, in a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from stylus_core.retriever.encoder import Encoder
from stylus_core.retriever.index import Index
from stylus_core.retriever.retriever import Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.types import Adapter


class Testbed:
    """Adapters with their index and vectors.

    Args:
        adapters: with cards and ids of their own.
        vectors: database of vectors, kept from run to run.
        index: folder of the index; it is built anew, for it is part of what is measured.
        encoder: None: words alone.
    """

    __test__ = False  # its name is no reason for pytest to collect it

    def __init__(self, adapters: Sequence[Adapter], vectors: Path, index: Path, encoder: Encoder | None) -> None:
        self.adapters = list(adapters)
        self.by_id = {a.id: a for a in self.adapters}
        self.index = Index(index)
        self.index.update(self.adapters, (), 1)
        self.words = Retriever(self.index, self.get, None)
        self.store: VectorStore | None = None
        self.retriever = self.words
        if encoder is not None:
            vectors.parent.mkdir(parents=True, exist_ok=True)
            self.store = VectorStore(vectors, encoder)
            self.retriever = Retriever(self.index, self.get, self.index.dense(self.store, self.get, everything=True))

    def __enter__(self) -> Testbed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.store is not None:
            self.store.close()

    def observed_weights(self, adapter: int) -> dict[int, float]:
        """Weights of an adapter in the example prompts of others, as `Signals.observed_weights`.

        Args:
            adapter: its id.

        Returns:
            Id of the other adapter -> weight.
        """
        return self.index.signals.observed_weights(self.index.signals.row(adapter))

    def get(self, ids: Sequence[int]) -> Mapping[int, Adapter]:
        """The adapters of these ids.

        Args:
            ids: any of the testbed's.

        Returns:
            Id -> adapter.
        """
        return {i: self.by_id[i] for i in ids}
