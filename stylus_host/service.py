"""The library and its index inside a host: opened, filled and refreshed in the background, asked without waiting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stylus_core.errors import LibraryError, StylusError
from stylus_core.library.find_by_name import the_one
from stylus_core.options import Options
from stylus_core.types import Adapter, Applies, Half, PresentAdapter, Selection
from stylus_host.core_protocol import SelectingCore
from stylus_host.own_history import OwnHistory
from stylus_host.service_state import BESIDE, ServiceState
from stylus_host.thread_priority import lower_priority

if TYPE_CHECKING:
    from stylus_core.adapter_search import FoundPage

logger = logging.getLogger("stylus")


class NotReady(StylusError):
    """There is no index to select from yet; the message says why."""


class _Ended(Exception):
    """The host ends, so that the work is left where it is; what was stored is whole, and the next run goes on."""


class Service:
    """One library for the whole host.

    Args:
        open_core: makes the core of these folders; it is called in the background only.
        folders: those in which the host looks for adapters.
        architecture: what the checkpoint is now, whose adapters get their vectors first.
        no_folder: what a user is told where there is none of them, with the way out.
    """

    def __init__(
        self,
        open_core: Callable[[Sequence[Path]], SelectingCore],
        folders: Callable[[], Sequence[Path]],
        architecture: Callable[[], str] = lambda: "any",
        no_folder: str = "there is no LoRA folder",
    ) -> None:
        self._open_core = open_core
        self._folders, self._architecture, self._no_folder = folders, architecture, no_folder
        self._core: SelectingCore | None = None
        self._opened: tuple[Path, ...] = ()
        self._followed = -1  # the revision for which vectors were made, or are being made
        self._vectors, self._embedding = 0, False  # how often they were made, and whether they are
        self._state = ServiceState()
        self._lock = threading.Lock()  # guards `_core` and `_state`
        self._selecting = threading.Lock()  # one selection at a time, and none while its core is closed
        self._wanted = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._stopped = False
        self._thread: threading.Thread | None = None

    # -- state ---------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> ServiceState:
        """How far the index is now."""
        return self._state

    def revision(self) -> int:
        """Says how far the library is, with what changed on disk until now; vectors for that follow in the background.

        Returns:
            A number that every change raises.

        Raises:
            NotReady: there was never an index.
        """
        while True:
            core = self._ready()
            try:
                core.catch_up()
                revision = core.library.state.revision
                break
            except LibraryError:
                if core is self._core:
                    raise
                # else another one took its place meanwhile, and it was closed
        if revision != self._followed:
            self._followed = revision
            self.refresh()
        return revision

    def follow_folders(self) -> None:
        """Begins to read the host's folders where they are others by now, as when a drive came. Returns at once."""
        if self._core is not None and not self._state.refreshing and tuple(self._folders()) not in (self._opened, ()):
            self.refresh()

    @property
    def vectors(self) -> int:
        """How often vectors were made that were lacking; raised when they are ready, as picks may be others then."""
        return self._vectors

    def identity(self) -> str:
        """Of the library's database: another library has another one, and so has one that was made anew."""
        return self._ready().library.state.identity

    def refresh(self) -> None:
        """Brings the index in line with the folders, in the background. Returns at once."""
        with self._lock:
            self._idle.clear()
            self._wanted.set()
            status, problem = ("ready", "") if self._core else ("indexing", self._state.problem)
            self._state = replace(
                self._state, status=status, refreshing=True, problem=problem, stage="", done=0, total=0
            )
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="stylus-index", daemon=True)
                self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Waits until the background has nothing to do; for tests and for scripts, never for a picture.

        Args:
            timeout: seconds.

        Returns:
            Whether it has nothing to do.
        """
        return self._idle.wait(timeout)

    def close(self) -> None:
        """Ends the background and closes the library; waits ten seconds at most."""
        self._stopped = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(10)
        with self._selecting, self._lock:
            if self._core is not None:
                self._core.close()
                self._core = None

    # -- questions -----------------------------------------------------------------------------------------------------

    def select(
        self, prompt: str, options: Options, applies: Applies | None = None, present: Sequence[PresentAdapter] = ()
    ) -> Selection:
        """Selects, one prompt at a time, in the library as `revision` found it. Raises `NotReady` or the core's errors.

        Args:
            prompt: without comments.
            options: checked.
            applies: whether both files of a pair will be applied; None: they will.
            present: adapters that the picture has already beside those in the prompt's tags.

        Returns:
            The selection.
        """
        with self._selecting:
            return self._ready().select(prompt, options, applies=applies, look=False, present=present)

    def adapters(self) -> list[Adapter]:
        """Lists all that can be picked. Raises `NotReady`."""
        with self._selecting:
            return list(self._ready().adapters())

    def search(self, text: str, limit: int, offset: int) -> FoundPage:
        """Looks through the whole library, by name, words and meaning. Raises `NotReady`.

        Args:
            text: what is looked for; "" for all adapters by their names.
            limit: how many are given at most.
            offset: how many are left out in front.

        Returns:
            Some of what was found.
        """
        with self._selecting:
            return self._ready().search(text, limit=limit, offset=offset)

    def find(self, name: str) -> Adapter | None:
        """Looks for one adapter.

        Args:
            name: what the host calls it, exactly.

        Returns:
            The adapter; None where there is none that can be used, or no index yet.
        """
        try:
            with self._selecting:
                return next((a for a in self._ready().find(name) if a.name == name and a.status == "ok"), None)
        except StylusError:
            return None

    def named(self, name: str) -> Adapter:
        """Looks for the adapter that a name means. Raises `NotReady`.

        Args:
            name: what the host calls it, or its title.

        Returns:
            The adapter, whatever its status.

        Raises:
            LibraryError: where there is none, with the names that are near, and where several go by it.
        """
        with self._selecting:
            core = self._ready()
            return the_one(name, core.find(name), lambda: (a.name for a in core.adapters()))

    def half(self, name: str) -> Half | None:
        """Says what an adapter is of two files that belong together.

        Args:
            name: what the host calls it, exactly.

        Returns:
            Its half; None for one that is by itself, or is not there.
        """
        adapter = self.find(name)
        try:
            with self._selecting:
                return None if adapter is None else self._ready().half(adapter)
        except StylusError:
            return None

    def home(self) -> Path:
        """The library's folder of state. Raises `NotReady`."""
        return self._ready().home

    def history(self) -> OwnHistory:
        """What the user's own pictures and corrections say. Raises `NotReady`."""
        return self._ready().history

    def _ready(self) -> SelectingCore:
        core = self._core
        if core is None:
            raise NotReady(self._state.sentence())
        return core

    # -- the background ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopped:
                return
            try:
                self._refresh()
            except _Ended:
                return
            except Exception as error:
                known = isinstance(error, StylusError)
                logger.error("the index could not be made: %s", error, exc_info=not known)
                self._fail(str(error) if known else f"{type(error).__name__}: {error}")
            with self._lock:
                if not self._wanted.is_set():
                    self._idle.set()

    def _refresh(self) -> None:
        folders = tuple(self._folders())
        if not folders:
            raise LibraryError(self._no_folder)
        core = self._core if folders == self._opened else None
        made = core or self._open_core(folders)
        try:
            made.index_words(self._progress)
            count = sum(1 for _ in made.adapters())
            followed = made.library.state.revision
        except BaseException:
            if made is not self._core:
                made.close()
            raise
        with self._selecting, self._lock:
            old, self._core, self._opened, self._followed = self._core, made, folders, followed
            self._state = ServiceState("ready", BESIDE[0], adapters=count, refreshing=True)
        if old is not None and old is not made:
            old.close()
        logger.info("%s adapters are ready on words", count)
        lower_priority()
        made.embed(self._progress, self._wanted.is_set, self._architecture)
        with self._lock:
            if not self._wanted.is_set():
                self._vectors, self._embedding = self._vectors + self._embedding, False
                self._state = ServiceState("ready", adapters=count)
                logger.info("%s adapters indexed", count)

    def _progress(self, stage: str, done: int, total: int) -> None:
        if self._stopped and stage not in BESIDE:  # which is told to stop in another way
            raise _Ended
        self._embedding = self._embedding or stage in BESIDE
        self._set(replace(self._state, stage=stage, done=done, total=total))

    def _fail(self, problem: str) -> None:
        # An index that is there goes on answering; what went wrong is told with it.
        status = "ready" if self._core else "failed"
        self._set(replace(self._state, status=status, problem=problem, refreshing=False))

    def _set(self, state: ServiceState) -> None:
        with self._lock:
            self._state = state
