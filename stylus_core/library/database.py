"""The library's SQLite file: opening, transactions, and what to do when it is broken."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stylus_core.errors import LibraryError
from stylus_core.library import schema

#: Seconds to wait for another process's transaction; those are short.
BUSY = 30.0


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
        if schema.version_of(self._connection) > schema.VERSION:
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
        schema.bring_up_to_date(self._connection)
        run("SELECT value FROM meta WHERE name='revision'").fetchone()
        run("SELECT max(id) FROM adapters").fetchone()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
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
