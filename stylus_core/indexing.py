"""What brings a library and its index in line with the folders: files are read, words taken in, vectors made."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from stylus_core.errors import EngineError
from stylus_core.library import Library, ScanReport
from stylus_core.library.database import DatabaseLost
from stylus_core.library.watch import Watch
from stylus_core.progress import Progress
from stylus_core.retriever.local_index import LocalIndex

if TYPE_CHECKING:
    from stylus_core.retriever.engine.remote_index import RemoteIndex

log = logging.getLogger("stylus")

_Made = TypeVar("_Made")


class Indexing:
    """Of one library; no step of it holds the lock that selections take for long.

    Args:
        library: whose files are read.
        roots: its folders.
        watch: over them, which is told of each scan.
        local_index: on this machine.
        remote: on an engine; None: there is none.

    Attributes:
        problem: why the engine does not have all of the index, in one sentence; empty if it has.
    """

    def __init__(
        self,
        library: Library,
        roots: Sequence[Path],
        watch: Watch,
        local_index: LocalIndex,
        remote: RemoteIndex | None,
    ) -> None:
        self.problem = ""
        self._library, self._roots, self._watch = library, roots, watch
        self._local_index, self._remote = local_index, remote

    def again(self, work: Callable[[], _Made]) -> _Made:
        """Does something once more, where the library's database was lost meanwhile: the new one is filled first.

        Args:
            work: what is done.

        Returns:
            What it gives.
        """
        try:
            return work()
        except DatabaseLost as error:
            log.warning("%s", error)
            self.scan(None)
            return work()

    def scan(self, progress: Progress | None) -> ScanReport:
        """Reads what changed in the folders.

        Args:
            progress: told how far it is; None: nobody.

        Returns:
            What was found.
        """
        began = time.monotonic()
        report = self._library.scan(self._roots, (lambda d, t: progress("scan", d, t)) if progress else None)
        self._watch.listed(began, report)
        return report

    def words(self, progress: Progress | None) -> ScanReport:
        """Reads what changed, and takes in its words. Selections have those that are there meanwhile.

        Args:
            progress: told how far it is; None: nobody.

        Returns:
            What was found.
        """

        def work() -> ScanReport:
            report = self.scan(progress)
            self._local_index.take_in_ahead(progress)
            return report

        with self._local_index.brought_up():
            return self.again(work)

    def vectors(self, progress: Progress | None, stop: Callable[[], bool], architecture: Callable[[], str]) -> None:
        """Embeds what has no vectors; an engine gets all the rest of the index with them.

        Args:
            progress: told how far it is; None: nobody.
            stop: asked now and then whether to leave the rest for another time.
            architecture: asked now and then what the checkpoint is, whose adapters come first.
        """

        def work() -> None:
            self._local_index.take_in_ahead()
            if self._remote is None:
                self._local_index.embed_ahead(progress, stop, architecture)
            else:
                self._write(self._remote, progress)

        with self._local_index.brought_up():
            self.again(work)

    def _write(self, remote: RemoteIndex, progress: Progress | None) -> None:
        store = self._local_index.own_vectors()
        try:
            remote.index(self._library, self._local_index.index, store, progress)
            self.problem = ""
        except EngineError as e:
            self.problem = str(e)
        finally:
            if store is not None:
                store.close()
