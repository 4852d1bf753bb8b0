"""Learning from the user's own pictures inside a host: folders in the background, and each picture once it is saved.

What fails here is told without a prompt or a path: logs are read by others.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stylus_core.errors import StylusError
from stylus_core.types import Adapter
from stylus_host.client_text import told
from stylus_host.own_history import OwnHistory
from stylus_host.service_state import sentence
from stylus_host.thread_priority import lower_priority

if TYPE_CHECKING:
    from stylus_core.history.records import LearnedFolder

logger = logging.getLogger("stylus")

#: Pictures that wait to be read; of more the next reading of their folder takes care.
_WAITING = 256
_TOLD = 3  # folders of which it is told why they were not read


class _Stopped(Exception):
    """The user, or the end of the host, stops the reading; what was read so far is kept."""


@dataclass(frozen=True, slots=True)
class LearningState:
    """How far the reading is. `status` is one of "idle", "running", "stopping"."""

    status: str = "idle"
    told: str = ""
    done: int = 0
    total: int = 0

    @property
    def busy(self) -> bool:
        """Whether pictures are read."""
        return self.status != "idle"


class OwnLearning:
    """One for a host. Nothing that is read, kept or told leaves the machine.

    Args:
        history: of the library that is open now; raises `NotReady` where none is.
        wanted: whether the user wants it in this host.
    """

    def __init__(self, history: Callable[[], OwnHistory], wanted: Callable[[], bool]) -> None:
        self._history, self.wanted = history, wanted
        self._state = LearningState()
        self._left_out: set[str] = set()  # of folders that nothing is kept of yet
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._learning: threading.Thread | None = None
        self._saved: deque[str] = deque()
        self._closed = False
        self._reading: threading.Thread | None = None

    # -- folders -------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> LearningState:
        """How far the reading is now."""
        return self._state

    def folders(self, offered: Iterable[str] = ()) -> list[LearnedFolder]:
        """Lists the folders that are learned from, and those that could be. Raises `StylusError`.

        Args:
            offered: the host's own, absolute.

        Returns:
            Those of which something is kept first; one that was never read has no time of reading.
        """
        from stylus_core.history.records import LearnedFolder

        known = list(self._history().store.folders())
        there = {one.path for one in known}
        return [*known, *(LearnedFolder(p, p not in self._left_out, 0, 0, 0, 0.0) for p in offered if p not in there)]

    def switch(self, path: str, on: bool) -> None:
        """Has a folder count, or count no more. Raises `StylusError`.

        Args:
            path: of a folder that is listed.
            on: whether it counts.
        """
        store = self._history().store
        if any(one.path == path for one in store.folders()):
            store.switch(path, on)
        else:
            (self._left_out.discard if on else self._left_out.add)(path)

    def forget(self, path: str | None = None) -> None:
        """Forgets what was learned from a folder. Raises `StylusError`.

        Args:
            path: of the folder; None: from all of them, and the corrections.
        """
        self.stop()
        if self._learning is not None:
            self._learning.join(10)
        self._history().store.forget(path)
        if path is not None:
            self._left_out.add(path)
        with self._lock:
            if not self._state.busy:
                self._state = LearningState(told="It is forgotten.")

    # -- reading -------------------------------------------------------------------------------------------------------

    def learn(self, offered: Sequence[str] = ()) -> None:
        """Reads what is new in all folders that are on. Returns at once.

        Args:
            offered: the host's own folders, which are learned from as well unless they were switched off.
        """
        with self._lock:
            if self._state.busy:
                return
            self._stop.clear()
            self._state = LearningState("running", "Looking for pictures.")
            self._learning = threading.Thread(
                target=self._learn, args=(tuple(offered),), name="stylus-learn", daemon=True
            )
            self._learning.start()

    def stop(self) -> None:
        """Ends the reading; what was read is kept, and the next reading goes on from there."""
        with self._lock:
            if self._state.status == "running":
                self._stop.set()
                self._state = replace(self._state, status="stopping", told="Stopping.")

    def note(self, path: str) -> None:
        """Has a picture read that was just saved. Returns at once, and never raises: somebody waits for the picture.

        Args:
            path: absolute.
        """
        try:
            if self._closed or not self.wanted():
                return
            with self._lock:
                if len(self._saved) >= _WAITING:
                    logger.debug("many pictures are saved at once: the next reading of their folder has the rest")
                    return
                self._saved.append(path)
                if self._reading is None:
                    self._reading = threading.Thread(target=self._read, name="stylus-own-pictures", daemon=True)
                    self._reading.start()
        except Exception as error:
            logger.debug("a saved picture is not learned from (%s)", type(error).__name__)

    def wait(self, timeout: float) -> bool:
        """Waits until nothing is read; for tests and scripts.

        Args:
            timeout: seconds.

        Returns:
            Whether nothing is read any more.
        """
        for thread in (self._learning, self._reading):
            if thread is not None:
                thread.join(timeout)
        return not self._state.busy and self._reading is None

    def close(self) -> None:
        """Ends all reading, and waits a few seconds for what is under way."""
        self._closed = True
        self._stop.set()
        for thread in (self._learning, self._reading):
            if thread is not None:
                thread.join(5)

    # -- picks ---------------------------------------------------------------------------------------------------------

    def counts(self) -> bool:
        """Whether anything of it counts now. Never raises."""
        try:
            return bool(self.wanted() and self._history().on)
        except StylusError:  # there is no library yet
            return False
        except Exception as error:
            logger.debug("own pictures do not count (%s)", type(error).__name__)
            return False

    def key(self) -> tuple[int, ...]:
        """Says by what a selection may differ from one before; () where nothing of it counts. Never raises."""
        try:
            return (self._history().store.mark,) if self.counts() else ()
        except Exception:
            return ()

    def clicked(self, click: str, prompt: str, name: str, weight: float | None = None, by: str = "panel") -> None:
        """Keeps what a click says of a pick, while it is wanted. Never raises: the click itself has worked.

        Args:
            click: one of `own_corrections.CLICKS`; any other says nothing.
            prompt: for which the adapter was picked.
            name: what the host calls the adapter.
            weight: of "weight".
            by: who clicked.
        """
        from stylus_host.own_corrections import CLICKS, remember

        try:
            if self.wanted():
                history = self._history()
                if not history.on and click in CLICKS:
                    history.keep_corrections(True)  # the host's switch says so
                remember(history, click, prompt, name, weight, by)
        except Exception as error:
            logger.warning("a correction could not be kept (%s)", type(error).__name__)

    def note_of(self, adapter: Adapter | None, known: str = "") -> str:
        """Tells how the user's own pictures use an adapter. Never raises.

        Args:
            adapter: of the library; None: it is not there.
            known: what a selection said of it for its prompt, which is more.

        Returns:
            One sentence; "" where there is nothing to tell.
        """
        try:
            if adapter is None or not self.counts():
                return ""
            from stylus_core.history.own_note import own_note

            note = known or own_note(self._history().use_of(adapter), None, None, None)
            return told(note) if note else ""
        except Exception as error:
            logger.debug("own pictures could not be counted (%s)", type(error).__name__)
            return ""

    # -- threads -------------------------------------------------------------------------------------------------------

    def _learn(self, offered: tuple[str, ...]) -> None:
        lower_priority()
        try:
            ended = self._learned(offered)
        except _Stopped:
            ended = "Stopped: what was read so far counts, and the next reading goes on from there."
        except StylusError as error:
            ended = told(str(error))
        except Exception as error:
            logger.error("the pictures could not be read (%s)", type(error).__name__)
            ended = f"The pictures could not be read: {type(error).__name__}."
        with self._lock:
            self._state = LearningState(told=ended)

    def _learned(self, offered: tuple[str, ...]) -> str:
        history = self._history()
        known = {one.path for one in history.store.folders()}
        for path in offered:
            if path not in known:
                history.store.add_folder(path, path not in self._left_out)
        if not any(one.on for one in history.store.folders()):
            return "There is no folder to learn from: switch one of them on."
        problems = [one for one in history.learn((), self._step) if one.problem]
        if problems:
            return " ".join(f"{one.folder} was not read: {sentence(one.problem)}" for one in problems[:_TOLD])
        counted = [one for one in history.store.folders() if one.on]
        return _result(*(sum(getattr(one, what) for one in counted) for what in ("pictures", "silent", "unreadable")))

    def _step(self, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        with self._lock:
            if self._state.status == "running":
                of = f" of {total:,}" if total else ""
                self._state = replace(self._state, told=f"Reading pictures: {done:,}{of}.", done=done, total=total)

    def _read(self) -> None:
        lower_priority()
        while True:
            with self._lock:
                if self._closed or not self._saved:
                    self._reading = None
                    return
                path = self._saved.popleft()
            try:
                if self.wanted():
                    self._history().note(path)
            except Exception as error:
                logger.debug("a saved picture is not learned from (%s)", type(error).__name__)


def _result(pictures: int, silent: int, unreadable: int) -> str:
    more = [f"{silent:,} say nothing of how they were made"] if silent else []
    more += [f"{unreadable:,} cannot be read"] if unreadable else []
    return f"{_count(pictures)} learned from" + (f"; {' and '.join(more)}." if more else ".")


def _count(pictures: int) -> str:
    return "1 picture is" if pictures == 1 else f"{pictures:,} pictures are"
