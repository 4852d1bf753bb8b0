"""Writes what pictures said into the file of a history, and takes it out again, in a transaction of the caller's."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence

from stylus_core.history.history_file import (
    FolderRow,
    below,
    folder_rows,
    inside,
    moment,
    nearest,
    next_revision,
    sealed_problem,
)
from stylus_core.history.prompt_rows import cleaned, prompt_id, prompt_words
from stylus_core.history.records import PictureRecord
from stylus_core.storage.cache_tables import Row
from stylus_core.storage.sqlite_values import storable, storable_text

_REASON = 300  # characters of why a file cannot be read


class Putting:
    """Keeps pictures, each in the innermost learned folder in which it lies.

    Args:
        db: the connection, within a transaction.
        folders: the learned ones.
    """

    def __init__(self, db: sqlite3.Connection, folders: list[FolderRow]) -> None:
        self._db, self._folders = db, folders
        self._nearest: dict[str, FolderRow | None] = {}  # by the folder in which a file lies

    def put(self, records: Sequence[PictureRecord]) -> None:
        """Keeps the records whose folder is on; the revision is raised if anything is another than before."""
        files: list[tuple[object, ...]] = []
        new: dict[int, str] = {}
        changed: set[int] = set()
        removes = False
        before = self._before(records)
        for record in records:
            path = storable_text(record.path)
            owner = self._owner(path)
            if owner is None or not owner.on:
                continue
            data = None if record.data is None else cleaned(record.data)
            number = prompt_id(data) if data is not None and (data.prompt or data.adapters) else None
            size, mtime_ns = storable(record.size), storable(record.mtime_ns)
            problem = storable_text(record.problem[:_REASON])
            at = moment(data.made_at if data else None, mtime_ns / 1e9)
            if record.problem and not mtime_ns and path in before:  # it may be read again
                number, at = before[path][4], before[path][5]
            if number is not None and data is not None:
                new.setdefault(number, prompt_words(data, number))
            seal = sealed_problem(problem, path, size, mtime_ns, number, at)
            row = (path, size, mtime_ns, owner.id, number, at, seal)
            if before.get(path) != row:
                files.append(row)
                old = before[path][4] if path in before else None
                changed |= {n for n in (number, old) if n is not None}
                removes |= old is not None and old != number
        if files:
            revision = next_revision(self._db, removes=removes)
            rows = [(number, revision, words) for number, words in new.items()]
            self._db.executemany("INSERT OR IGNORE INTO prompts VALUES (?, ?, ?)", rows)
            self._db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", files)
            _touch(self._db, list(changed), revision)

    def _before(self, records: Sequence[PictureRecord]) -> dict[str, Row]:
        paths = json.dumps([storable_text(record.path) for record in records])
        sql = "SELECT * FROM files WHERE path IN (SELECT value FROM json_each(?))"
        return {row[0]: row for row in self._db.execute(sql, (paths,))}

    def _owner(self, path: str) -> FolderRow | None:
        folder = os.path.dirname(path)
        if folder not in self._nearest:
            self._nearest[folder] = nearest(self._folders, folder)
        return self._nearest[folder]


def remove_pictures(db: sqlite3.Connection, paths: Iterable[str], revision: int) -> None:
    """Takes files out, and the prompts of which no file is left."""
    listed = json.dumps(list(paths))
    of_these = "WHERE path IN (SELECT value FROM json_each(?))"
    numbers = [row[0] for row in db.execute(f"SELECT DISTINCT prompt FROM files {of_these}", (listed,))]  # noqa: S608
    db.execute(f"DELETE FROM files {of_these}", (listed,))  # noqa: S608 - ours
    _touch(db, [number for number in numbers if number is not None], revision)


def forget_pictures(db: sqlite3.Connection, folder: str | None, revision: int) -> tuple[int, int]:
    """Takes out all files below a folder, or all there are.

    Returns:
        How many files that were, and how many of them had a prompt.
    """
    bounds = below(folder) if folder is not None else ("", "\U0010ffff")
    found = db.execute("SELECT count(*), count(prompt) FROM files WHERE path >= ? AND path < ?", bounds).fetchone()
    sql = "SELECT DISTINCT prompt FROM files WHERE path >= ? AND path < ? AND prompt IS NOT NULL"
    numbers = [row[0] for row in db.execute(sql, bounds)]
    if folder is None:
        db.execute("DELETE FROM files")
        db.execute("DELETE FROM prompts")
    else:
        db.execute("DELETE FROM files WHERE path >= ? AND path < ?", bounds)
        _touch(db, numbers, revision)
    return int(found[0]), int(found[1])


def own_anew(db: sqlite3.Connection, folder: str, revision: int) -> None:
    """Gives every file below a folder to the innermost learned folder in which it lies."""
    rows = folder_rows(db)
    owner = nearest(rows, folder)
    inner = sorted((row for row in rows if inside(folder, row.path)), key=lambda row: len(row.path))
    for row, where in [(owner, folder), *((row, row.path) for row in inner)]:
        if row is not None:
            db.execute("UPDATE files SET folder = ? WHERE path >= ? AND path < ?", (row.id, *below(where)))
    sql = "UPDATE prompts SET touched = ? WHERE id IN (SELECT prompt FROM files WHERE path >= ? AND path < ?)"
    db.execute(sql, (revision, *below(folder)))


def touch_folder(db: sqlite3.Connection, folder: int, revision: int) -> None:
    """Notes that the prompts of a folder's files count otherwise from now on."""
    sql = "UPDATE prompts SET touched = ? WHERE id IN (SELECT prompt FROM files WHERE folder = ?)"
    db.execute(sql, (revision, folder))


def _touch(db: sqlite3.Connection, numbers: Sequence[int], revision: int) -> None:
    listed = json.dumps(list(numbers))
    these = "id IN (SELECT value FROM json_each(?))"
    db.execute(f"UPDATE prompts SET touched = ? WHERE {these}", (revision, listed))  # noqa: S608 - ours
    unused = f"DELETE FROM prompts WHERE {these} AND NOT EXISTS (SELECT 1 FROM files WHERE files.prompt = prompts.id)"  # noqa: S608
    db.execute(unused, (listed,))
