"""The library's SQLite file: opening, transactions, and what to do when it is broken or gone."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from stylus_core.errors import LibraryError
from stylus_core.library import schema
from stylus_core.library.record_codec import GarbledError
from stylus_core.storage.files import file_id
from stylus_core.storage.quarantine import move_aside
from stylus_core.storage.sqlite_open import connect, write_ahead

#: Seconds to wait for another process's transaction; those are short.
BUSY = 30.0

#: What SQLite says of a file that is damaged. Any other error is no reason to take somebody's database away.
_DAMAGE = (
    "malformed", "not a database", "no such table", "no such column", "unsupported file format", "could not decode",
    "has no column named", "datatype mismatch",
)  # fmt: skip


class DatabaseLost(LibraryError):
    """The database was damaged or its file went, and another was begun: ids of before mean nothing in it."""


class Lost(NamedTuple):
    """What became of a damaged file."""

    why: str
    aside: Path


class DatabaseState(NamedTuple):
    """Which database it is, and how far it is. A revision alone says nothing: another database has one too."""

    identity: str
    revision: int


class Database:
    """One connection, shared by the threads of this process. Every SQLite error leaves it as a `LibraryError`."""

    def __init__(self, path: Path) -> None:
        """Opens or creates `path`. A damaged file is moved aside, and another begun."""
        self.path = path
        self.lost: Lost | None = None  # the last file that was damaged
        self._lock = threading.RLock()
        self._file: tuple[int, int] | None = None
        with self.guard():
            self._open()

    def close(self) -> None:
        """Closes the connection; nothing can be asked after it."""
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Reads the rows of one SELECT, all at once."""
        with self._lock, self.guard():
            return self._connection.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction; rolled back if the block raises. Keep it short: other processes wait for it.

        Raises `DatabaseLost` where the file is gone or another one: what is written there would be lost.
        """
        with self._lock, self.guard():
            if not self.is_there:
                self.renew()
                raise DatabaseLost(f"the library database {self.path} went while it was open: it was made anew")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @property
    def state(self) -> DatabaseState:
        """As it is now."""
        found = dict(self.rows("SELECT name, value FROM meta"))
        return DatabaseState(f"{int(found['identity']):016x}", int(found["revision"]))

    @property
    def is_there(self) -> bool:
        """Whether the file that is open is the one that has the name; it may have been deleted or replaced."""
        return self._file == file_id(self.path)

    def renew(self) -> None:
        """Opens the file that has the name now, or begins one."""
        with self._lock, self.guard():
            self._connection.close()
            self._open()

    # -- opening

    def _open(self) -> None:
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._replace(error)

    def _connect(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(
                f"the folder {self.path.parent} for the library's state cannot be made ({error.strerror}): set "
                "STYLUS_HOME to a folder that can be written"
            ) from None
        self._file = file_id(self.path)
        self._connection = connect(self.path, BUSY, any_text=False)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise
        self._file = file_id(self.path)

    def _prepare(self) -> None:
        run = self._connection.execute
        if schema.version_of(self._connection) > schema.VERSION:
            raise LibraryError(
                f"the library database {self.path} was made by a newer version of Stylus: update Stylus, or delete the "
                "file and scan again"
            )
        write_ahead(self._connection, tries=100)
        # What is written is on the disk before anything refers to it: an index must not know a revision that a power
        # cut took back, for the next one of that number is another.
        run("PRAGMA synchronous=FULL")
        schema.bring_up_to_date(self._connection)
        if problem := schema.missing(self._connection):
            raise sqlite3.DatabaseError(problem)
        run("SELECT max(id) FROM adapters").fetchone()

    def _replace(self, error: sqlite3.DatabaseError) -> None:
        """Moves a damaged file aside and begins another."""
        self._connection.close()
        if self._file == file_id(self.path):  # else another process was quicker
            aside = move_aside(self.path)
            if aside is None:
                raise LibraryError(
                    f"the library database {self.path} is damaged ({error}) and cannot be moved aside: delete it, and "
                    "it is made anew"
                ) from error
            self.lost = Lost(str(error), aside)
        self._connect()

    # -- errors

    @contextlib.contextmanager
    def guard(self) -> Iterator[None]:
        """Around whatever reads this database: what SQLite raises, and a stored value that is garbled, become ours.

        Raises `DatabaseLost` where that is damage, for which another one was begun; `LibraryError` for the rest.
        """
        try:
            yield
        except GarbledError as error:
            raise self._explained(sqlite3.DatabaseError(f"malformed: {error}")) from error
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError) as error:
            raise LibraryError(f"the library database {self.path} cannot be used ({error}): open it again") from error
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    def _explained(self, error: sqlite3.DatabaseError) -> LibraryError:
        text = str(error)
        if _is_damage(error):
            try:
                with self._lock:
                    self._replace(error)
            except sqlite3.DatabaseError as again:
                text = str(again)
            else:
                return DatabaseLost(f"the library database {self.path} was damaged ({text}) and begun anew: try again")
        if "locked" in text:
            return LibraryError(
                f"another program has locked the library database {self.path} for {BUSY:g} s: try again"
            )
        return LibraryError(
            f"the library database {self.path} cannot be used ({text}): check the disk's free space and the rights on "
            "the file, or set STYLUS_HOME to another folder"
        )


def next_revision(connection: sqlite3.Connection) -> int:
    """Raises the revision by one, inside a transaction; the caller stamps what it writes with it."""
    connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'revision'")
    return int(connection.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()[0])


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    text = str(error).lower()
    return any(said in text for said in _DAMAGE)
