"""The library's SQLite file: opening, schema, transactions, and what to do when it is broken."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stylus_core.errors import LibraryError

SCHEMA_VERSION = 1
#: Seconds to wait for another process's transaction; those are short.
BUSY = 30.0

# `gone` is 0 for a file that is there, else the revision at which it was missed: its row stays, with the user's edits
# and the cards that cost money, for the day on which the drive is mounted again.
# `signature` is that of the listing when the row was written; empty means: read it again at the next scan.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('revision', 0);
CREATE TABLE IF NOT EXISTS adapters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    stem TEXT NOT NULL,
    state TEXT NOT NULL,
    shadowed_by TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '[]',
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    signature BLOB NOT NULL,
    digest TEXT NOT NULL DEFAULT '',
    refiner INTEGER NOT NULL DEFAULT 0,
    stem_key TEXT NOT NULL,
    title_key TEXT NOT NULL DEFAULT '',
    revision INTEGER NOT NULL,
    gone INTEGER NOT NULL DEFAULT 0,
    metadata TEXT NOT NULL DEFAULT '{}',
    card TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS adapters_stem ON adapters (stem_key);
CREATE INDEX IF NOT EXISTS adapters_title ON adapters (title_key);
CREATE INDEX IF NOT EXISTS adapters_revision ON adapters (revision);
-- Covers the snapshot that every scan starts from, so that it never touches the big columns.
CREATE INDEX IF NOT EXISTS adapters_scan
    ON adapters (path, id, signature, gone, refiner, state, problem, size, mtime_ns, inode, digest, revision);
CREATE VIEW IF NOT EXISTS present AS
    SELECT *, CASE WHEN state = 'ok' AND shadowed_by <> '' THEN 'shadowed' ELSE state END AS status
    FROM adapters WHERE gone = 0;
CREATE TABLE IF NOT EXISTS cards (
    adapter_id INTEGER NOT NULL REFERENCES adapters (id),
    source TEXT NOT NULL,
    inputs_key TEXT NOT NULL DEFAULT '',
    card TEXT NOT NULL,
    PRIMARY KEY (adapter_id, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folders (path TEXT PRIMARY KEY, problem TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS edits (
    adapter_id INTEGER PRIMARY KEY REFERENCES adapters (id),
    weight REAL,
    description TEXT,
    kind TEXT
);
"""


class Database:
    """One connection, shared by the threads of this process. Every SQLite error leaves it as a `LibraryError`."""

    def __init__(self, path: Path) -> None:
        """Opens or creates `path`. A damaged file is moved aside and reported; the next opening starts afresh."""
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(
                f"the folder {path.parent} for the library's state cannot be made ({error.strerror}): set STYLUS_HOME "
                "to a folder that can be written"
            ) from None
        with self._guard():
            self._connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        run = self._connection.execute
        version = int(run("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise LibraryError(
                f"the library database {self.path} was made by a newer version of Stylus: update Stylus, or delete the "
                "file and scan again"
            )
        # Turning WAL on wants the file for itself for a moment and does not wait for others by itself.
        for attempt in range(100):
            try:
                run("PRAGMA journal_mode=WAL").fetchone()
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or attempt == 99:
                    raise
                time.sleep(0.05)
        run("PRAGMA synchronous=NORMAL")
        if version < SCHEMA_VERSION:
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
        run("SELECT value FROM meta WHERE name='revision'").fetchone()
        run("SELECT max(id) FROM adapters").fetchone()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._guard():
            return self._connection.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction; rolled back if the block raises. Keep it short: other processes wait for it."""
        with self._lock, self._guard():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError) as error:
            raise LibraryError(f"the library database {self.path} cannot be used ({error}): open it again") from error
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    def _explained(self, error: sqlite3.DatabaseError) -> LibraryError:
        text = str(error)
        if "malformed" in text or "not a database" in text or "no such table" in text or "no such column" in text:
            return LibraryError(
                f"the library database {self.path} is damaged ({text}). It was moved to {self._move_aside()}; scan the "
                "library again to rebuild it"
            )
        if "locked" in text:
            return LibraryError(
                f"another program has locked the library database {self.path} for {BUSY:g} s: try again"
            )
        return LibraryError(
            f"the library database {self.path} cannot be used ({text}): check the disk's free space and the rights on "
            "the file, or set STYLUS_HOME to another folder"
        )

    def _move_aside(self) -> str:
        if hasattr(self, "_connection"):
            self._connection.close()
        number = 1
        while os.path.lexists(f"{self.path}.broken-{number}"):
            number += 1
        aside = f"{self.path}.broken-{number}"
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.replace(f"{self.path}{suffix}", f"{aside}{suffix}")
        return aside


def next_revision(connection: sqlite3.Connection) -> int:
    """Raises the revision by one, inside a transaction; the caller stamps what it writes with it."""
    connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'revision'")
    return int(connection.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()[0])
