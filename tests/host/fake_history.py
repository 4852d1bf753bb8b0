"""A stand-in of `stylus_core.history.History` that keeps all in memory: a test says what lies in which folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from stylus_core.errors import LibraryError
from stylus_core.history.learner import LearnReport
from stylus_core.history.records import Correction, LearnedFolder, OwnUse
from stylus_core.types import Adapter
from tests.clock import HANG


class FakeHistory:
    """The history and its store in one. `pictures`: how many of a folder tell something, say nothing, are broken."""

    def __init__(self) -> None:
        self.mark = 0
        self.kept: dict[str, LearnedFolder] = {}
        self.said: list[Correction] = []
        self.keeps = False
        self.used: dict[str, OwnUse] = {}  # by the adapter's name
        self.pictures: dict[str, tuple[int, int, int]] = {}
        self.problems: dict[str, str] = {}  # why a folder was not read
        self.learned = 0  # times
        self.noted: list[str] = []
        self.fails: BaseException | None = None  # raised by whatever is asked next
        self.hold: threading.Event | None = None  # `learn` waits for it after its first step
        self.reading = threading.Event()  # it does
        self.forgotten: list[str | None] = []
        self._last = 0

    @property
    def store(self) -> FakeHistory:
        return self

    @property
    def on(self) -> bool:
        return self.keeps or any(one.on for one in self.kept.values())

    def keep_corrections(self, on: bool) -> None:
        self.keeps, self.mark = on, self.mark + 1

    def folders(self) -> list[LearnedFolder]:
        self._fail()
        return list(self.kept.values())

    def add_folder(self, path: str, on: bool = True) -> None:
        self.kept[path] = LearnedFolder(path, on, 0, 0, 0, 0.0)
        self.mark += 1

    def switch(self, path: str, on: bool) -> None:
        self.kept[path] = replace(self.kept[path], on=on)
        self.mark += 1

    def forget(self, path: str | None = None) -> None:
        self.forgotten.append(path)
        self.kept = {} if path is None else {p: one for p, one in self.kept.items() if p != path}
        if path is None:
            self.said, self.keeps = [], False
        self.mark += 1

    def learn(
        self, folders: Sequence[Path] = (), progress: Callable[[int, int], None] | None = None
    ) -> list[LearnReport]:
        self._fail()
        self.learned += 1
        wanted = [str(f) for f in folders] or [p for p, one in self.kept.items() if one.on]
        for number, path in enumerate(wanted):
            if progress is not None:
                progress(number, len(wanted))
            if self.hold is not None:
                self.reading.set()
                self.hold.wait(HANG)
            if progress is not None:
                progress(number + 1, len(wanted))
            self.kept[path] = LearnedFolder(path, True, *self.pictures.get(path, (0, 0, 0)), 1_770_000_000.0)
            self.mark += 1
        return [LearnReport(path, self.problems.get(path, "")) for path in wanted]

    def note(self, path: str) -> bool:
        self._fail()
        there = any(one.on and path.startswith(one.path) for one in self.kept.values())
        if there:
            self.noted.append(path)
        return there

    def correct(
        self, prompt: str, name: str, action: str, *, weight: float | None = None, by: str = "user"
    ) -> Correction | None:
        self._fail()
        if not self.on:
            return None
        self._last += 1
        self.mark += 1
        made = Correction(self._last, 1_770_000_000.0 + self._last, prompt, name, "", action, weight, by)
        self.said.insert(0, made)
        return made

    def corrections(self) -> list[Correction]:
        self._fail()
        return list(self.said)

    def undo(self, number: int) -> Correction:
        found = next((one for one in self.said if one.id == number), None)
        if found is None:
            raise LibraryError(f"there is no correction of the number {number}: stylus feedback lists them")
        self.said.remove(found)
        self.mark += 1
        return found

    def use_of(self, adapter: Adapter) -> OwnUse | None:
        return self.used.get(adapter.name)

    def _fail(self) -> None:
        if self.fails is not None:
            raise self.fails
