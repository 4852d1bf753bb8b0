"""What cannot be made again, kept a second time: what the user set of adapters, and descriptions that were paid for.

It lies in a file beside the library's database and follows it with every change, as an index does. Where the database
was damaged or is gone, the one that is made anew takes from here what belongs to its files. Nothing that fails here
fails anything: the database is what counts as long as it is there.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from stylus_core.errors import StylusError
from stylus_core.library.backup_values import File, Restored, restore_rows, rows_by_adapter, user_rows
from stylus_core.library.database import Database, DatabaseState, next_revision
from stylus_core.library.header import COMMON
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import CacheTable, Row
from stylus_core.storage.checksummed_values import seal_text, unseal_text
from stylus_core.storage.sqlite_open import connect

log = logging.getLogger("stylus")

NAME = "library-kept.sqlite"

_AT_ONCE = 500  # adapters in memory
_SCHEMA = (
    "PRAGMA synchronous=FULL",
    # `library` is the identity of the database that an entry is of; `words` are sealed
    """CREATE TABLE IF NOT EXISTS kept (
        library TEXT NOT NULL, id INTEGER NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, digest TEXT NOT NULL,
        words TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (library, id)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS followed (library TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID",
)
_PUT = "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?, ?)"


def backup_file(path: Path) -> CacheFile:
    """Describes the file of the second copy, also to whoever looks after the files of a home.

    Args:
        path: of the file; it is made when something is written.

    Returns:
        The file with its tables; damaged rows are left out when it is healed.
    """
    return CacheFile(path, _SCHEMA, (CacheTable("kept", "library DESC, id DESC", _intact),), wait=5)


class UserBackup:
    """Of the library in the same folder. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._file = backup_file(path)
        self._lock = threading.Lock()
        self._at: DatabaseState | None = None  # up to where it follows

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()

    def follow(self, database: Database) -> None:
        """Takes over what changed in the database since it last did. Nothing is raised."""
        with self._lock, _doing_without(self._file.path):
            state = database.state
            if state != self._at or not self._file.path.exists():
                self._file.do(lambda db: _follow(db, database))
                self._at = state

    def restore(self, database: Database, refiner: Refiner) -> tuple[Restored, int]:
        """Puts what other databases knew of these files into the one that there is now. Nothing is raised.

        Returns:
            What came in, and of how many adapters something is kept whose files are not there.
        """
        taken, waiting = Restored(), 0
        with self._lock, _doing_without(self._file.path):
            self._file.do(lambda db: _disown(db, database.state))
            entries = self._file.do(lambda db: _others(db, database.state.identity))
            if not entries:
                return taken, waiting
            found = _matched(entries, database)
            waiting = len(entries) - len(found)
            for some in _chunks(found, _AT_ONCE):
                words = self._file.do(lambda db, s=some: [_words(db, library, old) for library, old, _ in s])  # type: ignore[misc]
                with database.transaction() as connection:
                    revision = next_revision(connection)
                    for (_, _, number), text in zip(some, words, strict=True):
                        came = restore_rows(connection, number, text, refiner)
                        taken += came
                        if any(came):
                            stamp = (revision, number)
                            connection.execute("UPDATE adapters SET revision = ? WHERE id = ?", stamp)
                done = [(library, old) for library, old, _ in some]
                self._file.many("DELETE FROM kept WHERE library = ? AND id = ?", done)
        return taken, waiting

    def salvage(self, broken: Path) -> None:
        """Takes over what can still be read of a damaged database, as far as it is not kept here. Nothing is raised."""
        with self._lock, _doing_without(self._file.path):
            with contextlib.closing(connect(broken, 1.0)) as old:
                meta = dict(_readable(old, "SELECT name, value FROM meta"))
                identity, revision = meta.get("identity"), meta.get("revision", 0)
                library = f"{identity:016x}" if isinstance(identity, int) else broken.name
                files = [File(*row) for row in _readable(old, "SELECT id, path, size, digest FROM adapters")]
                words = rows_by_adapter(lambda sql: list(_readable(old, sql)))
            known = {file.id: file for file in files if isinstance(file.path, str)}
            entries = [_entry(library, known[n], text, 0.0) for n, text in words.items() if n in known]
            self._file.do(lambda db: _add(db, library, revision, entries))


# -- following ---------------------------------------------------------------------------------------------------------


def _follow(db: sqlite3.Connection, database: Database) -> None:
    db.execute("BEGIN IMMEDIATE")  # before the database is read: what is written last is then what it says last
    identity, revision = database.state
    found = db.execute("SELECT revision FROM followed WHERE library = ?", (identity,)).fetchone()
    last = int(found[0]) if found else -1
    if last == revision:
        db.execute("COMMIT")
        return
    changed = [row[0] for row in database.rows("SELECT id FROM adapters WHERE revision > ? ORDER BY id", (last,))]
    kept = {row[0] for row in db.execute("SELECT id FROM kept WHERE library = ?", (identity,))}
    for ids in _chunks(changed, _AT_ONCE):
        words = user_rows(database.rows, ids)
        sql = "SELECT id, path, size, digest FROM adapters WHERE id IN (SELECT value FROM json_each(?))"
        files = [File(*row) for row in database.rows(sql, (json.dumps(list(words)),))]
        db.executemany(_PUT, [_entry(identity, file, words[file.id], time.time()) for file in files])
        gone = [(identity, number) for number in ids if number in kept and number not in words]
        db.executemany("DELETE FROM kept WHERE library = ? AND id = ?", gone)
    db.execute("INSERT OR REPLACE INTO followed VALUES (?, ?)", (identity, revision))
    db.execute("COMMIT")


def _disown(db: sqlite3.Connection, state: DatabaseState) -> None:
    """Where more is kept of this database than it knows, it was put back to an older state: that is another one's."""
    found = db.execute("SELECT revision FROM followed WHERE library = ?", (state.identity,)).fetchone()
    if found and int(found[0]) > state.revision:
        later = f"{state.identity}@{found[0]}"
        db.execute("BEGIN IMMEDIATE")
        rows = db.execute("SELECT * FROM kept WHERE library = ?", (state.identity,)).fetchall()
        mine = [(File(*row[1:5]), text, row[6]) for row in rows if (text := _unsealed(row)) is not None]
        db.executemany(_PUT, [_entry(later, file, text, at) for file, text, at in mine])
        db.execute("DELETE FROM kept WHERE library = ?", (state.identity,))
        db.execute("DELETE FROM followed WHERE library = ?", (state.identity,))
        db.execute("COMMIT")


def _add(db: sqlite3.Connection, library: str, revision: object, entries: Sequence[Row]) -> None:
    found = db.execute("SELECT revision FROM followed WHERE library = ?", (library,)).fetchone()
    if found and isinstance(revision, int) and int(found[0]) >= revision:
        return  # all of it is here, as it was written
    db.execute("BEGIN IMMEDIATE")
    db.executemany(_PUT.replace("REPLACE", "IGNORE"), entries)
    db.execute("COMMIT")


# -- giving back -------------------------------------------------------------------------------------------------------


def _others(db: sqlite3.Connection, identity: str) -> list[tuple[str, File]]:
    """What is of other databases, the latest first."""
    sql = "SELECT library, id, path, size, digest FROM kept WHERE library <> ? ORDER BY at DESC"
    return [(library, File(*rest)) for library, *rest in db.execute(sql, (identity,))]


def _words(db: sqlite3.Connection, library: str, number: int) -> str:
    row = db.execute("SELECT * FROM kept WHERE library = ? AND id = ?", (library, number)).fetchone()
    return (_unsealed(row) or "") if row else ""


def _matched(entries: Sequence[tuple[str, File]], database: Database) -> list[tuple[str, int, int]]:
    """(library, id there, id here) of those whose files are there: the same file, or what has its path now."""
    paths: dict[str, File] = {}
    alike: dict[tuple[int, str], list[File]] = {}
    for row in database.rows("SELECT id, path, size, digest FROM adapters WHERE gone = 0"):
        file = File(*row)
        paths[file.path] = file
        if file.digest:
            alike.setdefault((file.size, file.digest), []).append(file)
    out = []
    for library, kept in entries:
        here = paths.get(kept.path)
        if here is None or (here.size, here.digest) != (kept.size, kept.digest):
            same = alike.get((kept.size, kept.digest), [])
            named = [f for f in same if os.path.basename(f.path) == os.path.basename(kept.path)]
            alone = same if len(same) == 1 and not kept.digest.startswith(COMMON) else []
            here = next(iter((*(named if len(named) == 1 else ()), *alone)), here)
        if here is not None:
            out.append((library, kept.id, here.id))
    return out


# -- rows --------------------------------------------------------------------------------------------------------------


def _entry(library: str, file: File, words: str, at: float) -> Row:
    sealed = seal_text(words, library, str(file.id), file.path)
    return (library, file.id, file.path, file.size, file.digest, sealed, at)


def _unsealed(row: Row) -> str | None:
    library, number, path, _, _, words, _ = row
    return unseal_text(words, library, str(number), path)


def _intact(row: Row) -> bool:
    return isinstance(row[0], str) and isinstance(row[2], str) and _unsealed(row) is not None


def _readable(db: sqlite3.Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    """Rows from the front up to the damage, and if there is any, from the back up to it."""
    for order in ("", " ORDER BY 1 DESC"):
        try:
            yield from db.execute(sql + order)
            return
        except sqlite3.Error:
            continue


def _chunks(items: Sequence[Any], n: int) -> Iterable[Sequence[Any]]:
    return (items[first : first + n] for first in range(0, len(items), n))


@contextlib.contextmanager
def _doing_without(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, StylusError, ValueError, TypeError) as error:
        log.warning("what you set and had described cannot be kept a second time in %s (%s)", path, error)
