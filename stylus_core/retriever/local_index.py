"""The index of one library on this machine, kept in line with it: opened, filled and searched when first needed."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stylus_core.errors import ModelError
from stylus_core.library import Library
from stylus_core.progress import Progress
from stylus_core.retriever.embedding_rows import EMBED_AT_ONCE
from stylus_core.retriever.embedding_run import EmbeddingRun, fitting
from stylus_core.retriever.encoder import Encoder, bulk_encoder, open_encoder
from stylus_core.retriever.index import Index
from stylus_core.retriever.index_owner import foreign
from stylus_core.retriever.live_segment import segments_of
from stylus_core.retriever.quantized_vectors import Matrix
from stylus_core.retriever.retriever import Retriever
from stylus_core.retriever.vectors import VectorStore
from stylus_core.retriever.vocabulary import common_phrases
from stylus_core.storage.quarantine import log as healed

log = logging.getLogger("stylus")

_FEW = 500  # adapters whose words a selection takes in by itself while more than that is taken in beside it
_PHRASES = 256  # of common ones, that are embedded at a time
_TRIES = 3  # to take words in beside selections that take in others


class VectorCoverage(NamedTuple):
    """How many adapters have vectors, and how many there are."""

    embedded: int
    adapters: int

    @property
    def is_whole(self) -> bool:
        """Whether none lacks them."""
        return self.embedded >= self.adapters


class LocalIndex:
    """Words, vectors and the retriever over both. `lock` is held by whoever calls anything that is not "ahead".

    Args:
        library: what is indexed.
        folder: of the index.
        home: the library's folder of state, which the vectors of all its indexes are in.
        encoder: "auto" (the installed model), "none" (words alone), the folder of a model, or an encoder.
    """

    def __init__(self, library: Library, folder: Path, home: Path, encoder: str | Encoder) -> None:
        self.lock = threading.RLock()
        self.problem = ""  # why there is no dense search, in one sentence; "" if there is, or if none was tried yet
        self.embeds_beside = False  # whether vectors are always made by `embed_ahead`, and never by a selection
        self._library, self._folder, self._home, self._encoder = library, folder, home, encoder
        self._index: Index | None = None
        self._retriever: Retriever | None = None
        self._store: VectorStore | None = None
        self._wanted: dict[int, None] = {}  # ids without vectors that selections came upon
        self._beside = 0  # how many threads bring the index up to date while selections go on
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

    @property
    def is_behind(self) -> bool:
        """Whether the library has changes that are not in it, which happens while many are taken in beside it."""
        return self.index.revision != self._library.state.revision

    @property
    def coverage(self) -> VectorCoverage:
        """How many adapters have vectors, as far as the index was needed; all of them where words alone decide."""
        n = len(self._index) if self._index is not None else 0
        awaited = self._store is not None and self._index is not None
        return VectorCoverage(int(np.count_nonzero(self.index.embedded)) if awaited else n, n)

    def lacking(self, ids: Sequence[int]) -> frozenset[int]:
        """Tells which adapters have no vectors yet though others have or will, and remembers them as the next.

        Args:
            ids: of adapters that a prompt led to, the best first.

        Returns:
            Those without; none where words alone decide.
        """
        if self.coverage.is_whole:
            return frozenset()
        known = set(self.index.ids[self.index.embedded & np.isin(self.index.ids, ids)].tolist())
        without = [i for i in ids if i not in known]
        self._wanted.update(dict.fromkeys(without))
        return frozenset(without)

    @contextlib.contextmanager
    def brought_up(self) -> Iterator[None]:
        """Around whatever brings the index up to date beside the selections: they wait for none of it meanwhile."""
        with self.lock:
            self._beside += 1
        try:
            yield
        finally:
            with self.lock:
                self._beside -= 1

    def take_in(self, progress: Progress | None = None) -> bool:
        """Brings the words in line with the library.

        Args:
            progress: told when it is done.

        Returns:
            Whether there was anything to do.
        """
        return self._take_in(progress, None)

    def _take_in(self, progress: Progress | None, few: int | None) -> bool:
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
            if few is not None and len(usable) > few:
                return False
            index.update(self._library.get(sorted(usable)).values(), gone, revision, identity)
        if progress:
            progress("index", len(index), len(index))
        return True

    def take_in_ahead(self, progress: Progress | None = None) -> None:
        """Does what `take_in` does, without the lock: selections go on meanwhile, on the words as they were.

        Args:
            progress: told when it is done.
        """
        for _ in range(_TRIES):
            with self.lock:
                index, (identity, revision) = self.index, self._library.state
                known = index.revision
                if known < 0 or index.library != identity:
                    break  # there is nothing to select from meanwhile
            usable, gone = self._library.changes_since(known)
            fresh = segments_of(self._library.get(sorted(usable)).values())
            with self.lock:
                if (index.revision, self._library.state.identity) == (known, identity):
                    if known != revision:
                        index.take_in(fresh, gone, revision, identity)
                        self._retriever = None
                        if progress:
                            progress("index", len(index), len(index))
                    break
        with self.lock:
            if self.take_in(progress):
                self._retriever = None

    def embed_ahead(
        self,
        progress: Progress | None = None,
        stop: Callable[[], bool] = lambda: False,
        architecture: Callable[[], str] = lambda: "any",
    ) -> None:
        """Embeds what has no vectors, without the lock: selections have what is there so far, and wait for none of it.

        What selections have asked for comes first, then what fits the checkpoint.

        Args:
            progress: told how many adapters have vectors, and of how many.
            stop: asked now and then whether to leave the rest for another time.
            architecture: asked now and then what the checkpoint is.
        """
        with self.lock:
            shared = self.vectors()
            if shared is None:
                return
            missing = [place.id for place in self.index.missing(shared.encoder)]
            adapters = len(self.index)
        if not missing:
            return
        # where selections go on beside it, one core is theirs
        encoder = bulk_encoder(shared.encoder, 2 * len(missing), spare=int(self.embeds_beside))
        store = VectorStore(self._home / "vectors.sqlite", encoder)
        run = EmbeddingRun(self._library, missing, store)
        ahead = "any"  # what is embedded before the rest

        def hand_over(ids: Sequence[int], vectors: Mapping[str, Matrix]) -> None:
            self.index.put(ids, vectors, shared.encoder)
            self._retriever = None

        try:
            while run.left and not stop():
                checkpoint = architecture()
                with self.lock:
                    wanted = list(self._wanted)
                    self._wanted.clear()
                    if checkpoint != ahead:
                        ahead = checkpoint
                        run.put_first(fitting(self.index, ahead))
                run.step(wanted, hand_over, self.lock, stop)
                if progress:
                    progress("embed", adapters - run.left, adapters)
            phrases = common_phrases(self._library.adapters()) if len(missing) == adapters and not run.left else []
            for first in range(0, len(phrases), _PHRASES):
                if not stop():
                    store.many(phrases[first : first + _PHRASES])
        finally:
            self._unkept = store.problem
            store.close()
            with self.lock:
                self.index.save()

    def retriever(self) -> Retriever:
        """A retriever over the library as it is now; over the index as it was while much is being taken in beside it.

        Returns:
            The same as before where nothing changed.
        """
        changed = self._take_in(None, _FEW if self._beside else None)
        if self._retriever is None or changed:
            store = self.vectors()
            few = 0 if self._beside or self.embeds_beside else EMBED_AT_ONCE
            dense = self.index.dense(store, self._library.get, few=few) if store is not None else None
            known = dense is not None and bool(dense.known.any())
            self._retriever = Retriever(self.index, self._library.get, dense if known else None)
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
