"""Keeps a library in step with its folders, without a long listing in front of every selection.

Files that come, go or are renamed change their folder's mtime: a stat of each folder tells. A sidecar that is edited in
place changes no folder: in a library of up to some thousand adapters a stat of each sidecar tells. What is known to
have changed is read by a thread, and the selection waits for it, but not for long: while much is being read, the
library answers as it was. What no stat tells (an adapter that was written anew under its name, an edit in a larger
library) takes a look at every file, which the thread does after the selection; it steps back while another one runs,
since both need the interpreter.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence

from stylus_core.errors import StylusError
from stylus_core.library import database_upkeep
from stylus_core.library.library import Library
from stylus_core.library.scan import ScanReport

log = logging.getLogger("stylus")

STANDS = 2.0  # seconds for which a listing of every file stands
_REST = 5.0  # ... and at least so many times as long as it took
_PATIENCE = 3.0  # seconds that a selection waits for what is known to have changed, ...
_DOUBT = 0.4  # ... and for what may have
_STEP_BACK = 0.25  # seconds that a listing's step waits for selections: it has to come to an end in a long batch too
_QUIET = 0.02  # ... and that have to have passed since the last one: in a batch the next is about to begin


class Watch:
    """One for a library and its roots; safe to use from several threads."""

    def __init__(self, library: Library, roots: Sequence[str | os.PathLike[str]]) -> None:
        self._library, self._roots = library, list(roots)
        self._listed = 0.0  # when the last listing began; 0: never
        self._stands = STANDS
        self._files = 0  # in that listing
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._selecting = 0
        self._awaited = 0  # selections that wait for the listing
        self._ended = 0.0  # when the last selection did
        self._due = False  # a listing begins after this selection
        self._free = threading.Event()
        self._free.set()
        self._closed = False

    def check(self) -> None:
        """Called before a selection. Raises `LibraryError` if the library cannot be used at all."""
        for _ in range(2):  # a listing that was going on already may have been past what changed
            moved = self._library.moved(self._roots)
            if moved and not self._library.is_listed:
                began = time.monotonic()
                self.listed(began, self._library.scan(self._roots))
            elif moved or self._library.edited():
                self._await(_PATIENCE)
            else:
                break
        if self._library.is_fresh and self._files <= database_upkeep.EACH:
            self._await(_DOUBT)
        elif self._library.is_fresh or time.monotonic() - self._listed >= self._stands:
            self._due = True

    def listed(self, began: float, report: ScanReport) -> None:
        """Tells that every file was listed.

        Args:
            began: when the listing began, a time of `time.monotonic`.
            report: what it came to.
        """
        self._listed = began
        self._stands = max(STANDS, _REST * (time.monotonic() - began))
        self._files = report.added + report.changed + report.renamed + report.unchanged

    @contextlib.contextmanager
    def selecting(self) -> Iterator[None]:
        """Holds the thread in the background back."""
        with self._lock:
            self._selecting += 1
            self._free.clear()
        try:
            yield
        finally:
            with self._lock:
                self._selecting -= 1
                self._ended = time.monotonic()
                if not self._selecting:
                    self._free.set()
            self.rest()

    def rest(self) -> None:
        """Begins the look at every file that is due: whoever asked for something has it."""
        if self._due and not self._closed:
            self._due = False
            self._beside()

    def close(self) -> None:
        """Waits for the thread, which stops at its next step."""
        self._closed = True
        self._free.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _beside(self) -> threading.Thread:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._list, name="stylus-listing", daemon=True)
                self._thread.start()
            return self._thread

    def _await(self, seconds: float) -> None:
        with self._lock:
            self._awaited += 1
        try:
            self._beside().join(seconds)
        finally:
            with self._lock:
                self._awaited -= 1

    def _list(self) -> None:
        began = time.monotonic()
        try:
            self.listed(began, self._library.scan_in_background(self._roots, self._pause))
        except _ClosedError:
            return
        except Exception as e:  # a thread that ends in silence would be begun anew by every selection
            log.warning(
                "the library's folders cannot be looked through: %s", e, exc_info=not isinstance(e, StylusError)
            )
            self._listed = began

    def _pause(self) -> None:
        if self._closed:
            raise _ClosedError
        until = time.monotonic() + _STEP_BACK
        while not self._awaited and (now := time.monotonic()) < until and self._free.wait(until - now):
            if self._closed:
                raise _ClosedError
            quiet = time.monotonic() - self._ended
            if quiet >= _QUIET:
                return
            time.sleep(_QUIET - quiet)


class _ClosedError(Exception):
    """Nobody needs the listing any more."""
