"""A cache in SQLite that heals: whatever happened to its file, it is moved aside and the cache goes on with a new one.

Entries that can still be read come along. A full disk, a lock or a missing right is no damage: whoever asks is told and
does without, and the file stays.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from stylus_core.storage.cache_tables import CacheTable, Row, examine, is_damage, readable_rows
from stylus_core.storage.files import file_id
from stylus_core.storage.quarantine import log as healed
from stylus_core.storage.quarantine import move_aside
from stylus_core.storage.sqlite_open import connect, write_ahead

log = logging.getLogger("stylus")

_SMALL = 4 << 20  # bytes up to which a file is looked through whole when it is opened: some 10 ms
_SALVAGE = 20.0  # seconds that reading what is left of a damaged file may take; making it anew would take longer
_REST = 30.0  # seconds for which a file that another process holds is not waited for again
_AT_ONCE = 1000  # rows of a transaction

T = TypeVar("T")


class CacheFile:
    """Safe to use from several threads and processes. Opened when first used, and again after `close`.

    Args:
        path: of the file; its folder is made.
        schema: statements that make the tables where they are not there.
        tables: those whose rows are worth saving.
        wait: seconds to wait for another process.
        wal: whether readers and a writer work at the same time; the file is then best kept open.
        thorough: whether a file of any size is looked through when it is opened, and not only a small one.
        private: whether a file that is made is its owner's alone, where the system has rights of that kind.
    """

    def __init__(
        self,
        path: Path,
        schema: Sequence[str],
        tables: Sequence[CacheTable] = (),
        *,
        wait: float = 30.0,
        wal: bool = True,
        thorough: bool = False,
        private: bool = False,
    ) -> None:
        self.path = path
        self.problem = ""  # why the last entry could not be kept; empty if it was
        self.tables = tuple(tables)  # whose rows are checked
        self._schema, self._wait, self._wal, self._thorough = schema, wait, wal, thorough
        self._private = private
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._seen: tuple[int, int] | None = None  # of the file that was looked through
        self._told = False
        self._rests = 0.0  # of `time.monotonic`

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            if self._db is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._db.close()
            self._db = None

    def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work` on the open database, and once more after the file was healed if it was damaged.

        Args:
            work: gets the connection; a transaction that it leaves open when it raises is rolled back.

        Returns:
            What `work` returned.

        Raises:
            sqlite3.Error: the file cannot be used although it is not damaged, or cannot be healed.
            OSError: its folder cannot be made.
        """
        with self._lock:
            try:
                return self._once(work)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._heal(error)
            return self._once(work)

    def ask(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Does what `do` does, and where the file cannot be used, `problem` says so and nothing is raised.

        Args:
            work: gets the connection.

        Returns:
            What `work` returned; None where the file cannot be used.
        """
        return self._quietly(lambda: self.do(work))

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Runs a query.

        Args:
            sql: with a "?" for each value.
            values: in the order of the marks.

        Returns:
            All rows; none where the file cannot be used.
        """
        return self._quietly(lambda: self.do(lambda db: db.execute(sql, values).fetchall())) or []

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs a statement for each row, all in one transaction. Raises as `do` does.

        Args:
            sql: with a "?" for each value of a row.
            rows: the values.
        """

        def work(db: sqlite3.Connection) -> None:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(sql, rows)
            db.execute("COMMIT")

        self.do(work)
        self.problem = ""

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Does what `many` does, and where the file cannot be used, `problem` says so and nothing is raised.

        Args:
            sql: with a "?" for each value of a row.
            rows: the values.
        """
        self._quietly(lambda: self.many(sql, rows))

    def check(self) -> None:
        """Looks through the whole file and heals it where anything is damaged."""
        if self.path.exists():
            self._quietly(lambda: self.do(lambda db: self._examine(db)))

    # -- opening

    def _once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._opened()
        try:
            return work(db)
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if db.in_transaction:
                    db.execute("ROLLBACK")
            raise

    def _opened(self) -> sqlite3.Connection:
        if self._db is not None and self._inode == file_id(self.path):
            return self._db
        self.close()  # or the file is another: it was deleted, or healed by another process
        if self.path.name != ":memory:":
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._private:  # SQLite gives its logs the same rights
                with contextlib.suppress(FileExistsError):  # closing one that is in use would end SQLite's locks on it
                    os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        db = connect(self.path, self._wait)
        self._inode = file_id(self.path)
        try:
            if self._wal:
                with contextlib.suppress(sqlite3.OperationalError):  # another process is just doing it
                    write_ahead(db)
            db.execute("PRAGMA synchronous=NORMAL")
            for statement in self._schema:
                db.execute(statement)
            self._inode = file_id(self.path)
            if self._seen != self._inode and (self._thorough or _size(self.path) <= _SMALL):
                self._examine(db)
                self._seen = self._inode
        except BaseException:
            db.close()
            raise
        self._db = db
        return db

    def _examine(self, db: sqlite3.Connection) -> None:
        if problem := examine(db, self.tables):
            raise sqlite3.DatabaseError(problem)

    # -- healing

    def _heal(self, error: sqlite3.DatabaseError) -> None:
        self.close()
        if self._inode != file_id(self.path):
            return  # another process was quicker
        aside = move_aside(self.path)
        if aside is None:
            raise sqlite3.OperationalError(f"{error}; it is unable to open and cannot be moved aside")
        saved = self._saved(aside)
        rest = f"{saved} of its entries were saved and the rest" if saved else "it"
        healed.warning("%s was damaged (%s): it was moved to %s, and %s is made anew", self.path, error, aside, rest)

    def _saved(self, aside: Path) -> int:
        """Takes over what can be read."""
        count = 0
        with contextlib.suppress(sqlite3.Error, OSError):
            until = time.monotonic() + _SALVAGE
            with contextlib.closing(connect(aside, 1.0)) as old:
                for table in self.tables:
                    for rows in _chunks(readable_rows(old, table), until):
                        count += self._once(lambda db, t=table, r=rows: _insert(db, t, r))  # type: ignore[misc]
        return count

    # -- doing without

    def _quietly(self, work: Callable[[], T]) -> T | None:
        if time.monotonic() < self._rests:
            return None
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            if "locked" in str(error):
                self._rests = time.monotonic() + _REST
            self.problem = f"nothing can be kept in {self.path} ({error})"
            if not self._told:
                self._told = True
                log.warning("%s", self.problem)
            return None


def _chunks(rows: Iterator[Row], until: float) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == _AT_ONCE:
            yield some
            some = []
            if time.monotonic() > until:
                return
    if some:
        yield some


def _insert(db: sqlite3.Connection, table: CacheTable, rows: Sequence[Row]) -> int:
    marks = ",".join("?" * len(rows[0]))
    db.execute("BEGIN IMMEDIATE")
    count = db.executemany(f"INSERT OR IGNORE INTO {table.name} VALUES ({marks})", rows).rowcount  # noqa: S608
    db.execute("COMMIT")
    return count


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
