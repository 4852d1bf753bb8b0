"""What is kept of the user's own pictures and corrections, in a file of the library's on this machine.

There is no such file until the user says that Stylus may learn: until then nothing is read and nothing is written.
"""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stylus_core.errors import LibraryError
from stylus_core.history import history_file as rows
from stylus_core.history.corrections import CorrectionStore
from stylus_core.history.forgetting import (
    Forgotten,
    forget_everything,
    forget_folder,
    not_learned,
    note_unwiped,
    wipe_forgotten,
)
from stylus_core.history.history_file import FolderRow
from stylus_core.history.picture_rows import Putting, own_anew, remove_pictures, touch_folder
from stylus_core.history.reading import HistoryChanges, changes_after, learned_folders
from stylus_core.history.records import LearnedFolder, OwnPrompt, PictureRecord
from stylus_core.storage.cache_tables import Row
from stylus_core.storage.quarantine import delete_aside
from stylus_core.storage.sqlite_values import storable_text


class HistoryStore(CorrectionStore):
    """Safe to use from several threads and processes; opened when first used.

    What reads gives nothing where the file is not there or cannot be used, and `problem` says why. What writes raises
    `LibraryError`.

    Args:
        home: the library's folder of state.
    """

    # -- folders

    def folders(self) -> list[LearnedFolder]:
        """The learned folders by path, with what was found in each and in no learned folder inside it."""
        return self._read(learned_folders, [])

    @property
    def mark(self) -> int:
        """Another number after each correction, switch, or reading of a folder, and the same after a single picture.

        What was selected before may be taken again as long as it stays: a user who makes one picture after the other
        wants them alike.
        """

        def work(db: sqlite3.Connection) -> int:
            folders = [(row.path, row.on, row.read_at) for row in rows.folder_rows(db)]
            corrections = db.execute("SELECT count(*), max(id) FROM corrections").fetchone()
            return zlib.crc32(repr((sorted(folders), corrections)).encode("utf-8", "replace"))

        return self._read(work, 0)

    def add_folder(self, path: str | Path, on: bool = True) -> None:
        """Learns a folder from now on, and makes the file; this is what the user has to say once.

        Args:
            path: of the folder.
            on: whether it counts.

        Raises:
            LibraryError: the file cannot be written.
        """
        where = folder_path(path)

        def work(db: sqlite3.Connection) -> None:
            with rows.writing(db):
                before = {row.path: row for row in rows.folder_rows(db)}.get(where)
                if before is None or before.on != on:
                    rows.put_folder(db, FolderRow(rows.digest(where), where, on, before.read_at if before else 0.0))
                    own_anew(db, where, rows.next_revision(db, removes=True))

        self._write(work)

    def switch(self, path: str | Path, on: bool) -> None:
        """Lets a learned folder count or not; its pictures are kept.

        Args:
            path: of the folder.
            on: whether it counts.

        Raises:
            LibraryError: it is not learned, or the file cannot be written.
        """
        where = folder_path(path)

        def work(db: sqlite3.Connection) -> None:
            with rows.writing(db):
                row = _the_one(rows.folder_rows(db), where)
                if row.on != on:
                    rows.put_folder(db, row._replace(on=on))
                    touch_folder(db, row.id, rows.next_revision(db, removes=True))

        self._must_be_there(where)
        self._write(work)

    def learned_around(self, path: str | Path) -> str:
        """The innermost learned folder in which a folder lies, or that it is itself, if it is on.

        Args:
            path: of the folder; as it is, links are not followed.

        Returns:
            Its path; "" if it is off, and where there is none.
        """
        owner = self._read(lambda db: rows.nearest(rows.folder_rows(db), storable_text(str(path))), None)
        return owner.path if owner is not None and owner.on else ""

    def was_read(self, path: str | Path) -> None:
        """Notes that a folder has been read to its end just now. Raises `LibraryError`.

        Args:
            path: of the folder.
        """
        where = folder_path(path)

        def work(db: sqlite3.Connection) -> None:
            with rows.writing(db):
                for row in rows.folder_rows(db):
                    if rows.inside(where, row.path) and row.on:
                        rows.put_folder(db, row._replace(read_at=time.time()))

        self._must_be_there(where)
        self._write(work)
        self._write(wipe_forgotten)

    def forget(self, path: str | Path | None = None) -> Forgotten:
        """Takes out all that was learned of a folder and of those below it, or everything, and wipes it from the disk.

        Args:
            path: of the folder; None: all pictures, folders, corrections and settings.

        Returns:
            How much that was.

        Raises:
            LibraryError: nothing was learned there, or the file cannot be written.
        """
        where = None if path is None else folder_path(path)
        if where is not None:
            self._must_be_there(where)
        if not self.is_there:
            delete_aside(self.path)
            return Forgotten(0, 0, False, True)

        def work(db: sqlite3.Connection) -> Forgotten:
            with rows.writing(db):
                note_unwiped(db)
                return forget_everything(db) if where is None else forget_folder(db, where)

        self._write(wipe_forgotten)  # what another call was kept from
        forgotten = self._write(work)
        delete_aside(self.path)
        return replace(forgotten, wiped=self._write(wipe_forgotten))

    # -- pictures

    def seen(self, folder: str | Path) -> dict[str, tuple[int, int]]:
        """What was read of a folder and of those below it.

        Args:
            folder: its path.

        Returns:
            For each path of a file its size in bytes and its time of change in nanoseconds.
        """
        # A file whose prompt or folder was lost to damage has not been seen.
        sql = """SELECT path, size, mtime_ns FROM files WHERE path >= ? AND path < ?
            AND (prompt IS NULL OR prompt IN (SELECT id FROM prompts)) AND folder IN (SELECT id FROM folders)"""
        bounds = rows.below(folder_path(folder))
        found: list[Row] = self._read(lambda db: db.execute(sql, bounds).fetchall(), [])
        return {path: (size, mtime_ns) for path, size, mtime_ns in found}

    def put(self, folder: str | Path, records: Sequence[PictureRecord]) -> bool:
        """Keeps what reading some files led to, in one transaction.

        Args:
            folder: the learned folder in which they lie.
            records: of its files; those in a folder inside it that is switched off are left out.

        Returns:
            False if the folder was forgotten or switched off meanwhile: then nothing is kept.

        Raises:
            LibraryError: the file cannot be written.
        """
        where = folder_path(folder)

        def work(db: sqlite3.Connection) -> bool:
            with rows.writing(db):
                folders = rows.folder_rows(db)
                outer = rows.nearest(folders, where)
                if outer is not None and outer.on:
                    Putting(db, folders).put(records)
            return outer is not None and outer.on

        return self.is_there and self._write(work)

    def gone(self, folder: str | Path, paths: Iterable[str]) -> None:
        """Forgets files that are not there any more.

        Args:
            folder: the learned folder in which they lay.
            paths: as `seen` has them; others than those below the folder are left alone.

        Raises:
            LibraryError: the file cannot be written.
        """
        where = folder_path(folder)
        mine = [path for path in paths if rows.inside(where, path)]

        def work(db: sqlite3.Connection) -> None:
            with rows.writing(db):
                remove_pictures(db, mine, rows.next_revision(db, removes=True))

        if mine and self.is_there:
            self._write(work)

    def prompts(self, after: int = -1) -> list[OwnPrompt]:
        """The prompts of the folders that are on.

        Args:
            after: a revision; those that did not change since are left out.

        Returns:
            By their numbers, each with the count of the pictures that are still there.
        """
        return self.changes(after).prompts

    def changes(self, after: int = -1) -> HistoryChanges:
        """What changed since a revision, out of one state of the file.

        Args:
            after: the revision up to which the caller has taken everything in; -1: nothing yet.

        Returns:
            What to put in, and what is left.
        """
        return self._read(lambda db: changes_after(db, after), HistoryChanges(0, [], frozenset()))

    def problems(self, folder: str | Path | None = None) -> list[tuple[str, str]]:
        """The files that cannot be read.

        Args:
            folder: only those below it; None: all.

        Returns:
            Paths and reasons, by path.
        """
        low, high = rows.below(folder_path(folder)) if folder is not None else ("", "\U0010ffff")
        sql = "SELECT path, size, mtime_ns, folder, prompt, at, problem FROM files WHERE path >= ? AND path < ?"
        found: list[Row] = self._read(lambda db: db.execute(sql + " ORDER BY path", (low, high)).fetchall(), [])
        return [(row[0], problem) for row in found if (problem := rows.problem_of(row))]

    def links(self, library: str) -> dict[str, list[int]]:
        """Which adapters names and hashes in pictures meant when they were seen: a renamed file keeps its id.

        Args:
            library: identity of the database whose ids these are.

        Returns:
            By what `keep_links` was given; empty where they are of another database.
        """
        sql = "SELECT words FROM settings WHERE name = ?"
        found = self._read(lambda db: db.execute(sql, (rows.LINKS,)).fetchone(), None)
        value = rows.fields(found[0], rows.LINKS) if found else None
        links = value.get(library) if value else None
        return {str(k): [int(i) for i in v] for k, v in links.items()} if isinstance(links, dict) else {}

    def keep_links(self, library: str, links: Mapping[str, Sequence[int]]) -> None:
        """Keeps what `links` gives. What was learned is the same as before, so it has no new revision.

        Args:
            library: identity of the database.
            links: by any text that stands for a use.

        Raises:
            LibraryError: the file cannot be written.
        """

        def work(db: sqlite3.Connection) -> None:
            with rows.writing(db):
                words = rows.sealed({library: {k: list(v) for k, v in links.items()}}, rows.LINKS)
                db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (rows.LINKS, words))

        if self.path.exists():
            self._write(work)

    def _must_be_there(self, where: str) -> None:
        if not self.is_there:
            raise LibraryError(not_learned(where, []))


def folder_path(path: str | Path) -> str:
    """A folder as the history calls it: absolute, and the same by whatever links it is reached.

    Args:
        path: of the folder, which need not be there.
    """
    return storable_text(os.path.realpath(os.path.expanduser(path)))


def _the_one(folders: list[FolderRow], where: str) -> FolderRow:
    for row in folders:
        if row.path == where:
            return row
    raise LibraryError(not_learned(where, folders))
