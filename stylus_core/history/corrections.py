"""What the user did to picks, kept beside what was learned of pictures."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from stylus_core.errors import LibraryError, OptionError
from stylus_core.history import history_file as rows
from stylus_core.history.history_file import NAME, history_file
from stylus_core.history.prompt_rows import correction, correction_words
from stylus_core.history.records import ACTIONS, Correction

_ON_CORRECTIONS = "keep_corrections"

T = TypeVar("T")


class CorrectionStore:
    """The corrections in the file of a history. Safe to use from several threads and processes.

    What reads gives nothing where the file is not there or cannot be used, and `problem` says why. What writes raises
    `LibraryError`.

    Args:
        home: the library's folder of state.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / NAME
        self._file = history_file(self.path)

    def close(self) -> None:
        """Lets go of the file; it is opened again when it is needed."""
        self._file.close()

    @property
    def is_there(self) -> bool:
        """Whether the user ever said that something may be kept."""
        return os.path.exists(self.path)

    @property
    def problem(self) -> str:
        """Why nothing was read last; empty if it was."""
        return self._file.problem

    @property
    def revision(self) -> int:
        """Another number after each change by any process; 0 without a history."""
        return self._read(lambda db: rows.meta(db, "revision"), 0)

    @property
    def keep_corrections(self) -> bool:
        """Whether the user said that corrections are kept, whatever is learned of folders."""
        sql = "SELECT words FROM settings WHERE name = ?"
        found = self._read(lambda db: db.execute(sql, (_ON_CORRECTIONS,)).fetchone(), None)
        value = rows.fields(found[0], _ON_CORRECTIONS) if found else None
        return bool(value and value.get("on"))

    @keep_corrections.setter
    def keep_corrections(self, on: bool) -> None:
        def work(db: sqlite3.Connection) -> None:
            with rows.writing(db):
                rows.next_revision(db)
                words = rows.sealed({"on": on}, _ON_CORRECTIONS)
                db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_ON_CORRECTIONS, words))

        if on or self.is_there:
            self._write(work)

    def correct(
        self, prompt: str, adapter: str, action: str, *, hash: str = "", weight: float | None = None, by: str = "user"
    ) -> Correction:
        """Keeps what the user did to a pick.

        Args:
            prompt: for which it was.
            adapter: what the host calls it.
            action: one of `ACTIONS`.
            hash: AutoV3 of the adapter where it is known.
            weight: of "weighed".
            by: who said it.

        Returns:
            What was kept, with its number.

        Raises:
            OptionError: the action is none, or "weighed" lacks its weight.
            LibraryError: the file cannot be written.
        """
        if action not in ACTIONS:
            raise OptionError(f"{action!r} is nothing that can be done to a pick: it is one of {', '.join(ACTIONS)}")
        if action == "weighed" and weight is None:
            raise OptionError(f"'weighed' of {adapter!r} lacks its weight: say which it is")
        said = Correction(0, time.time(), prompt, adapter, hash, action, weight, by)

        def work(db: sqlite3.Connection) -> Correction:
            with rows.writing(db):
                number = db.execute("INSERT INTO corrections (words) VALUES ('')").lastrowid or 0
                words = correction_words(number, said)
                db.execute("UPDATE corrections SET words = ? WHERE id = ?", (words, number))
                rows.next_revision(db)
            return _sound(correction(number, words))

        return self._write(work)

    def corrections(self) -> list[Correction]:
        """What the user did to picks, the newest first."""
        sql = "SELECT id, words FROM corrections ORDER BY id DESC"
        return self._read(lambda db: [_sound(correction(*row)) for row in db.execute(sql)], [])

    def undo(self, id: int) -> Correction:
        """Takes a correction away.

        Args:
            id: its number.

        Returns:
            What it was.

        Raises:
            LibraryError: there is none with this number, or the file cannot be written.
        """

        def work(db: sqlite3.Connection) -> Correction:
            with rows.writing(db):
                found = db.execute("SELECT id, words FROM corrections WHERE id = ?", (id,)).fetchone()
                if found is None:
                    raise _no_correction(id)
                db.execute("DELETE FROM corrections WHERE id = ?", (id,))
                rows.next_revision(db)
            return _sound(correction(*found))

        if not self.is_there:
            raise _no_correction(id)
        return self._write(work)

    # -- the file

    def _read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        if not self.is_there:
            return otherwise
        found = self._file.ask(work)
        return otherwise if found is None else found

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._file.do(work)
        except (sqlite3.Error, OSError) as error:
            way = "try it again in a while" if _is_busy(error) else "look at its folder's rights and the disk's room"
            raise LibraryError(f"what was learned cannot be kept in {self.path} ({error}): {way}") from error


def _no_correction(number: int) -> LibraryError:
    return LibraryError(f"there is no correction {number} that could be taken back: look at the list of them")


def _sound(found: T | None) -> T:
    if found is None:
        raise sqlite3.DatabaseError("a row of corrections is not what was written")
    return found


def _is_busy(error: Exception) -> bool:
    return "locked" in str(error) or "busy" in str(error)
