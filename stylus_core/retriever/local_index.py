"""The index of one library on this machine, kept in line with it: opened, filled and searched when first needed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path

from stylus_core.errors import ModelError
from stylus_core.library import Library
from stylus_core.progress import Progress
from stylus_core.retriever.documents import document
from stylus_core.retriever.encoder import Encoder, bulk_encoder, open_encoder
from stylus_core.retriever.index import Index
from stylus_core.retriever.index_owner import foreign
from stylus_core.retriever.retriever import Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.retriever.vocabulary import common_phrases
from stylus_core.storage.quarantine import log as healed

log = logging.getLogger("stylus")

#: Adapters that are embedded between two reports of progress.
_EMBED_STEP = 64


class LocalIndex:
    """Words, vectors and the retriever over both. `lock` is held by whoever calls anything but `embed_ahead`.

    Args:
        library: what is indexed.
        folder: of the index.
        home: the library's folder of state, which the vectors of all its indexes are in.
        encoder: "auto" (the installed model), "none" (words alone), the folder of a model, or an encoder.
    """

    def __init__(self, library: Library, folder: Path, home: Path, encoder: str | Encoder) -> None:
        self.lock = threading.RLock()
        self.problem = ""  # why there is no dense search, in one sentence; "" if there is, or if none was tried yet
        self._library, self._folder, self._home, self._encoder = library, folder, home, encoder
        self._index: Index | None = None
        self._retriever: Retriever | None = None
        self._store: VectorStore | None = None
        self._unkept = ""  # of what was embedded ahead

    def close(self) -> None:
        """Closes the cache of vectors."""
        with self.lock:
            if self._store is not None:
                self._store.close()

    @property
    def index(self) -> Index:
        """As it was left; opened once."""
        if self._index is None:
            self._index = Index(self._folder)
        return self._index

    @property
    def empty(self) -> bool:
        """Whether nothing is in it; False where it was not needed so far."""
        return self._index is not None and not len(self._index)

    @property
    def unkept(self) -> str:
        """Why something that was made could not be kept, in one sentence; empty if all was."""
        with self.lock:
            index, store = self._index, self._store
            return (index.problem if index else "") or (store.problem if store else "") or self._unkept

    @property
    def foreign(self) -> str:
        """Why the index is not of this library's database and is built anew, in a few words; empty if it is."""
        return foreign(self.index, self._library)

    def vectors(self) -> VectorStore | None:
        """The store in front of the encoder, or None where there is no encoder; tried once."""
        if self._store is None and self._encoder != "none" and not self.problem:
            try:
                encoder = open_encoder(self._encoder) if isinstance(self._encoder, str) else self._encoder
                self._store = VectorStore(self._home / "vectors.sqlite", encoder)
            except ModelError as e:
                self.problem = f"words alone decide: {e}"
                log.warning("%s", self.problem)
        return self._store

    def own_vectors(self) -> VectorStore | None:
        """A store with a connection of its own, for another thread; the caller closes it."""
        with self.lock:
            shared = self.vectors()
        return None if shared is None else VectorStore(self._home / "vectors.sqlite", shared.encoder)

    def take_in(self, progress: Progress | None = None) -> bool:
        """Brings the words in line with the library.

        Args:
            progress: told when it is done.

        Returns:
            Whether there was anything to do.
        """
        index, (identity, revision) = self.index, self._library.state
        if (index.library, index.revision) == (identity, revision):
            return False
        if why := self.foreign:
            healed.warning("the index in %s is not of this library (%s): it is built anew", self._folder, why)
            index.forget()
        if index.revision < 0:
            index.update(self._library.adapters(), (), revision, identity)
        else:
            usable, gone = self._library.changes_since(index.revision)
            index.update(self._library.get(sorted(usable)).values(), gone, revision, identity)
        if progress:
            progress("index", len(index), len(index))
        return True

    def embed_ahead(self, progress: Progress | None = None) -> None:
        """Embeds what is new, without the lock: selections go on meanwhile, on the index as it was.

        Args:
            progress: told how many adapters are embedded, and of how many.
        """
        with self.lock:
            shared, known = self.vectors(), -1 if self.foreign else self.index.revision
        if shared is None:
            return
        new = sorted(self._library.changes_since(known)[0])
        store = VectorStore(self._home / "vectors.sqlite", bulk_encoder(shared.encoder, len(new)))
        try:
            for first in range(0, len(new), _EMBED_STEP):
                some = self._library.get(new[first : first + _EMBED_STEP]).values()
                store.many([t for d in map(document, some) for t in (d.title, d.description)])
                if progress:
                    progress("embed", min(first + _EMBED_STEP, len(new)), len(new))
            if known < 0:
                store.many(common_phrases(self._library.adapters()))
        finally:
            self._unkept = store.problem
            store.close()

    def retriever(self, progress: Progress | None = None, everything: bool = False) -> Retriever:
        """A retriever over the library as it is now.

        Args:
            progress: told how far it is, where much is new.
            everything: whether to embed all that is new and not only a few.

        Returns:
            The same as before where nothing changed.
        """
        changed = self.take_in(progress)
        if self._retriever is None or changed or everything:
            dense = None
            store = self.vectors()
            if store is not None:
                step = (lambda d, t: progress("embed", d, t)) if progress else None
                dense = self.index.dense(store, self._library.get, step, everything)
            self._retriever = Retriever(self.index, self._library.get, dense)
        return self._retriever

    def observed_weights(self, adapter: int) -> Mapping[int, float]:
        """The weights of an adapter in the example prompts of others.

        Args:
            adapter: its id.

        Returns:
            Id of each other adapter that uses it -> the median of its weights there; empty where the index was not
            needed so far.
        """
        if self._index is None:
            return {}
        signals = self._index.signals
        return signals.observed_weights(signals.row(adapter))
