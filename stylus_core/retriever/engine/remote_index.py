"""The engine as `Stylus` uses it: keeps it in line with the library, gives retrievers, and says when it cannot."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from stylus_core.errors import EngineError
from stylus_core.library import Library
from stylus_core.progress import Progress
from stylus_core.retriever.engine.address import Address
from stylus_core.retriever.engine.contract import WRITE, Connect, Engine
from stylus_core.retriever.engine.engine_retriever import EngineRetriever
from stylus_core.retriever.engine.index_statistics import SAMPLE, statistics
from stylus_core.retriever.engine.milvus import Milvus
from stylus_core.retriever.engine.published_statistics import PublishedStatistics
from stylus_core.retriever.engine.row_packing import PackedAdapter, unpack
from stylus_core.retriever.engine.row_writer import RowWriter
from stylus_core.retriever.engine.statistics_store import StatisticsHead, begin, fetch, publish, read_head
from stylus_core.retriever.engine.sync_state import SyncState
from stylus_core.retriever.index import Index
from stylus_core.retriever.vectors import VectorStore

log = logging.getLogger("stylus")

BUDGET = 2.0  # seconds that a selection gives a server
_FILE_BUDGET = 60.0  # the version in a file reads it all at the first search, and cannot be out of reach
REST = 30.0  # seconds for which an engine that failed is not asked again
_HEAD_STANDS = 5.0  # seconds between two looks at whether other machines published statistics
_WRITE_AT_ONCE = 100  # adapters that a selection may wait for to be written; more are written by `index`
_SMALL = 20_000  # up to this many adapters, statistics are made again with every change
_MOVED = 0.02  # in a larger library, when this share of it has changed


class RemoteIndex:
    """One library in one engine. After an `EngineError`, tell it with `failed`.

    Args:
        address: where the engine is.
        home: the library's folder of state.
        roots: the library's folders.
        described: which descriptions a study sees the library with; they are a library of their own.
        connect: opens the engine's collections.
    """

    def __init__(
        self, address: Address, home: Path, roots: Sequence[Path], described: str = "", connect: Connect = Milvus
    ) -> None:
        self.address, self._connect = address, connect
        self.name = "-".join(filter(None, (address.library or home.name, described)))
        self._roots = list(roots)
        self._budget = _FILE_BUDGET if address.is_file else BUDGET
        where = f"{address.uri} {address.collection} {self.name}"
        self._folder = home / f"engine-{sha256(where.encode()).hexdigest()[:8]}"
        self._engine: Engine | None = None
        self._sync: SyncState | None = None
        self._head: StatisticsHead | None = None
        self._looked = -_HEAD_STANDS
        self._statistics: PublishedStatistics | None = None
        self._scored_by = ""  # generation of the statistics, or of newer ones that could not be had
        self._retriever: EngineRetriever | None = None
        self._failed: tuple[float, str] | None = None
        self._writing, self._opening = threading.Lock(), threading.Lock()

    def close(self) -> None:
        """Closes the connection."""
        self._disconnect()
        if self._sync is not None:
            self._sync.close()
        self._sync = None

    def retriever(self, library: Library, store: VectorStore | None) -> tuple[EngineRetriever, list[str]]:
        """A retriever over the library as it is in the engine, with a few changes written first.

        Args:
            library: up to date.
            store: in front of the encoder; None for words alone.

        Returns:
            The retriever, which is good for one search, and sentences for the user on what the engine lacks.

        Raises:
            EngineError: it cannot be asked, did not answer in time, or failed lately.
        """
        if self._failed and time.monotonic() - self._failed[0] < REST:
            raise EngineError(self._failed[1])
        notes = self._brought_in_line(library, store)
        return self._searcher(library, store, time.monotonic() + self._budget), notes

    def failed(self, error: EngineError) -> None:
        """Leaves the engine alone for a while: no picture waits for it again and again.

        Args:
            error: what it failed with; until then it is raised again instead of asking.
        """
        if self._failed is None or time.monotonic() - self._failed[0] > REST:
            self._failed = (time.monotonic(), str(error))
            log.warning("%s", error)
        self._disconnect()

    def _disconnect(self) -> None:
        if self._retriever is not None:
            self._retriever.close()
        if self._engine is not None:
            self._engine.close()
        self._engine, self._head, self._retriever = None, None, None

    def index(
        self, library: Library, index: Index, store: VectorStore | None, progress: Progress | None = None
    ) -> None:
        """Writes all that is new, and the library's statistics.

        Args:
            library: up to date.
            index: of words, up to date.
            store: in front of the encoder, for this thread alone.
            progress: told how far it is.

        Raises:
            EngineError: not all of it is in the engine.
        """
        self._failed = None
        try:
            with self._writing:
                engine, sync, head = self._opened(store, time.monotonic() + self._budget)
                writer = RowWriter(engine, sync, self.name, self._roots, store)
                step = (lambda d, t: progress("write", d, t)) if progress else None
                changed = writer.write(library, step) + sync.number("unpublished", 0)
                sync.note(unpublished=changed)
                n = len(sync)
                if not head.generation or changed > (0 if n <= _SMALL else _MOVED * n):
                    sample = _unpacked(engine, sync.some_keys(SAMPLE))
                    self._head = publish(engine, self.name, head, statistics(index, sync.keys(), sample))
                    sync.note(unpublished=0)
                # here there is time for it, which the next selection has not
                fetch(engine, self.name, self._head or head, self._folder, WRITE)
        except EngineError as e:
            self.failed(e)
            raise

    def _opened(self, store: VectorStore | None, until: float) -> tuple[Engine, SyncState, StatisticsHead]:
        with self._opening:
            return self._open(store, until)

    def _open(self, store: VectorStore | None, until: float) -> tuple[Engine, SyncState, StatisticsHead]:
        if self._engine is None:
            key, dim = (store.encoder.key, store.encoder.dim) if store else ("", 0)
            self._engine = self._connect(self.address, key, dim, _left(until))
            self._looked = -_HEAD_STANDS
            if self._sync is not None:
                self._sync.close()
            self._sync = SyncState(self._folder / f"{self._engine.adapters}.sqlite")
        engine, sync = self._engine, self._sync
        if sync is None:
            raise EngineError("the engine was closed")
        if self._head is None or time.monotonic() - self._looked > _HEAD_STANDS:
            head = read_head(engine, self.name, _left(until)) or begin(engine, self.name)
            if sync.text("epoch") != head.epoch:
                sync.forget()
                sync.note(epoch=head.epoch)
            self._head, self._looked = head, time.monotonic()
        return engine, sync, self._head

    def _brought_in_line(self, library: Library, store: VectorStore | None) -> list[str]:
        until = time.monotonic() + self._budget
        engine, sync, _ = self._opened(store, until)
        writer = RowWriter(engine, sync, self.name, self._roots, store, lambda: _left(until))
        _, changed, gone = writer.pending(library)
        if not changed and not gone:
            return []
        if len(changed) > _WRITE_AT_ONCE:
            if not len(sync):
                raise EngineError(f"the library is not in the index at {self.address} yet: run stylus index on it")
            return [f"{len(changed)} adapters are not in the index at {self.address} yet: run stylus index"]
        if self._writing.acquire(blocking=False):  # else another thread is writing all of it
            try:
                writer.embed(library, changed)
                until = time.monotonic() + self._budget
                sync.note(unpublished=writer.write(library) + sync.number("unpublished", 0))
            finally:
                self._writing.release()
        return []

    def _searcher(self, library: Library, store: VectorStore | None, until: float) -> EngineRetriever:
        engine, sync, head = self._opened(store, until)
        scored_by = self._adopted(engine, head, until)
        if self._retriever is None:
            self._retriever = EngineRetriever(engine, sync, self.name, scored_by, library.get, store)
        self._retriever.until = until
        return self._retriever

    def _adopted(self, engine: Engine, head: StatisticsHead, until: float) -> PublishedStatistics:
        """The statistics to score by: those that the head names, or older ones if these cannot be had in time."""
        if self._statistics is None or self._scored_by != head.generation:
            try:
                self._statistics = fetch(engine, self.name, head, self._folder, _left(until))
                if self._retriever is not None:
                    self._retriever.renew(self._statistics)
            except EngineError as e:
                if self._statistics is None:
                    raise
                log.warning("%s; the older ones are used", e)
            self._scored_by = head.generation
        return self._statistics


def _unpacked(engine: Engine, keys: Sequence[str]) -> list[PackedAdapter]:
    out = []
    for row in engine.rows(engine.adapters, keys, ["packed"], 60):
        try:
            out.append(unpack(row["packed"]))
        except ValueError as e:
            log.debug("a row of %s is left out: %s", engine.address, e)
    return out


def _left(until: float) -> float:
    return max(0.05, until - time.monotonic())
