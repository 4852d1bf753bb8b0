"""What the user's own pictures and corrections say, kept beside a library and ready for every selection.

Off until the user says so once: as long as there is no file of it, nothing is read and nothing is written. Nothing that
fails here fails a selection.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from stylus_core.errors import LibraryError
from stylus_core.history.corrected_prompts import CorrectedPrompts
from stylus_core.history.learner import Learner, LearnReport
from stylus_core.history.memory import Memory, PromptMemory
from stylus_core.history.own_pictures import OwnPictures
from stylus_core.history.records import Correction, OwnPrompt, OwnUse
from stylus_core.history.store import HistoryStore
from stylus_core.history.use_resolver import UseResolver
from stylus_core.history.used_cosines import UsedCosines
from stylus_core.history.uses import uses
from stylus_core.library import Library
from stylus_core.library.find_by_name import the_one
from stylus_core.progress import StageProgress
from stylus_core.prompt import ParsedPrompt
from stylus_core.types import Adapter

log = logging.getLogger("stylus")

#: Prompts up to which a selection takes in by itself a picture that came: a few milliseconds. Of more a thread does,
#: and selections go by what was known before for a moment.
_AT_ONCE = 200

_State = tuple[int, str, int]  # revision of the history; identity and revision of the library


class History:
    """Of one library. Safe to use from several threads.

    Args:
        home: the library's folder of state.
        library: whose adapters the pictures were made with.
        recommended: the weight of each of some adapters, by id, for whoever has no habits.
    """

    def __init__(
        self, home: Path, library: Library, recommended: Callable[[Sequence[int]], dict[int, float]] | None = None
    ) -> None:
        self.store = HistoryStore(home)
        self._learner = Learner(self.store)
        self._library, self._recommended = library, recommended or (lambda ids: {})
        self._prompts: dict[int, OwnPrompt] = {}
        self._read_up_to = -1
        self._memory: Memory | None = None
        self._pictures: OwnPictures | None = None
        self._mark = 0  # the store's, as far as the memory goes
        self._resolver = UseResolver(library)
        self._state: _State | None = None
        self._cosines = UsedCosines()
        self._uses: dict[int, OwnUse] = {}
        self._lock, self._updating = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def close(self) -> None:
        """Lets go of the file."""
        thread = self._thread
        if thread is not None:
            thread.join()
        self.store.close()

    # -- reading pictures

    @property
    def on(self) -> bool:
        """Whether the user said that Stylus may learn: a folder is on, or corrections are kept."""
        return self.store.is_there and (self.store.keep_corrections or any(f.on for f in self.store.folders()))

    def keep_corrections(self, on: bool) -> None:
        """Says whether corrections are kept where no folder is learned. Raises `LibraryError` if that cannot be kept.

        Args:
            on: whether they are.
        """
        self.store.keep_corrections = on

    def learn(self, folders: Sequence[Path] = (), progress: StageProgress | None = None) -> list[LearnReport]:
        """Reads what is new in folders; to name one is to say that Stylus may.

        Args:
            folders: none: all that are on.
            progress: told how many files are read, and of how many.

        Returns:
            What was found in each.

        Raises:
            LibraryError: a folder is none, or what was learned cannot be kept.
        """
        if folders:
            return [self._learner.add(folder, progress) for folder in folders]
        return self._learner.learn_all(progress)

    def note(self, path: str | Path) -> bool:
        """Reads a picture that was made just now, if it lies in a folder that is on. Raises nothing.

        Args:
            path: of the file.

        Returns:
            Whether it was read.
        """
        try:
            return self._learner.note(path)
        except (LibraryError, OSError) as error:
            log.warning("a new picture was not learned (%s)", type(error).__name__)
            return False

    # -- corrections

    def correct(
        self, prompt: str, name: str, action: str, *, weight: float | None = None, by: str = "user"
    ) -> Correction | None:
        """Remembers what the user did to a pick. Raises `LibraryError`, and `OptionError` for what cannot be.

        Args:
            prompt: for which it was picked, as the user typed it.
            name: of the adapter, as the host calls it.
            action: one of `records.ACTIONS`.
            weight: of "weighed".
            by: "user", "panel" or "api".

        Returns:
            What is remembered; None where nothing is, as the user never said that Stylus may learn.
        """
        if not self.on:
            return None
        adapter = the_one(name, self._library.called(name) or self._library.find(name), lambda: ())
        return self.store.correct(prompt, adapter.name, action, hash=adapter.metadata.autov3, weight=weight, by=by)

    def corrections(self) -> list[Correction]:
        """What is remembered, the newest first."""
        return self.store.corrections()

    def undo(self, number: int) -> Correction:
        """Takes a correction back. Raises `LibraryError` where there is none of this number.

        Args:
            number: of the correction.

        Returns:
            What it was.
        """
        return self.store.undo(number)

    # -- what it says

    def for_prompt(self, prompt: ParsedPrompt) -> PromptMemory | None:
        """What it says for a prompt. Raises what the library raises, and nothing of its own.

        Args:
            prompt: as it was read.

        Returns:
            None where there is nothing to say.
        """
        if not self.store.is_there:
            return None
        memory = self._current(wait=False)
        return memory.for_prompt(prompt) if memory is not None else None

    @property
    def problem(self) -> str:
        """Why it had nothing to say last, in a few words; empty if it had, or if there is none."""
        return self.store.problem if self.store.is_there else ""

    def prepare(self) -> None:
        """Makes ready what it says, so that no selection waits for that. Raises nothing."""
        try:
            if self.store.is_there:
                self._update()
        except Exception as error:  # what is wrong the next selection says in its own way
            log.debug("a history was not made ready (%s)", type(error).__name__)

    def use_of(self, adapter: Adapter) -> OwnUse | None:
        """How the user used one adapter.

        Args:
            adapter: of the library.

        Returns:
            None where it is in none of the user's pictures.
        """
        return self.uses().get(adapter.id)

    def uses(self) -> dict[int, OwnUse]:
        """How the user used the adapters, by id; those that were never used are left out."""
        if not self.store.is_there:
            return {}
        self._current(wait=True)
        with self._lock:
            return self._uses

    def _current(self, wait: bool) -> Memory | None:
        """What is known. Of pictures that came one by one a thread takes care, where there are many.

        What the user said, or had read, counts at once: a selection that is kept under its mark has to go by it.
        """
        state = (self.store.revision, *self._library.state)
        with self._lock:
            if state == self._state:
                return self._memory
            few, known = len(self._prompts) <= _AT_ONCE, self._state
        if wait or few or known is None or known[1:] != state[1:] or self.store.mark != self._mark:
            self._update()
        elif self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self.prepare, name="stylus-history", daemon=True)
            self._thread.start()
        with self._lock:
            return self._memory

    def _update(self) -> None:
        with self._updating:
            library, mark = self._library.state, self.store.mark
            changes = self.store.changes(self._read_up_to)
            state = (changes.revision, *library)
            if state == self._state:
                return
            prompts = self._prompts
            if changes.ids is not None:
                prompts = {number: prompt for number, prompt in prompts.items() if number in changes.ids}
            prompts = prompts | {p.id: p for p in changes.prompts}
            same_library = self._state is not None and self._state[1:] == state[1:]
            if not same_library:
                self._resolver = UseResolver(self._library, self.store.links(library.identity))
            pictures, used = self._pictures, self._uses
            if pictures is None or not same_library or changes.prompts or len(prompts) != len(self._prompts):
                pictures, used = self._weighed(list(prompts.values()), library.identity)
            corrections = CorrectedPrompts(self.store.corrections(), self._resolver.ids)
            memory = None
            if len(pictures) or len(corrections):
                memory = Memory(pictures, corrections, used, self._cosines)
            with self._lock:
                self._prompts, self._read_up_to, self._memory = prompts, changes.revision, memory
                self._pictures, self._uses, self._state, self._mark = pictures, used, state, mark

    def _weighed(self, prompts: Sequence[OwnPrompt], library: str) -> tuple[OwnPictures, dict[int, OwnUse]]:
        """The pictures ready to be asked, and how they are told."""
        ids, before = self._resolver.ids, dict(self._resolver.links)
        pictures = OwnPictures(prompts, ids, self._recommended)
        if self._resolver.links != before:
            with contextlib.suppress(LibraryError):  # then they are found again as long as no file is renamed
                self.store.keep_links(library, self._resolver.links)
        known = self._library.get(sorted(pictures.habits))
        return pictures, uses(prompts, ids, lambda i: known[i].name if i in known else "")
