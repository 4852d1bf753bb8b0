"""The tables of a cache: which rows are what was written, what is wrong with a file, and what can still be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

#: What SQLite says where a file is sound and cannot be used all the same.
_PASSING = ("locked", "busy", "full", "readonly", "read-only", "unable to open", "i/o error", "memory", "interrupted")

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CacheTable:
    """A table whose rows are checked, and saved from a damaged file.

    Attributes:
        name: of the table.
        backwards: an `ORDER BY` against the order in which rows lie, to read what lies behind the damage.
        intact: whether a row, with all its columns, is what was written.
    """

    name: str
    backwards: str
    intact: Callable[[Row], bool]


def is_damage(error: sqlite3.Error) -> bool:
    """Tells a damaged file from one that cannot be used just now.

    Args:
        error: what SQLite raised.

    Returns:
        False for locks, full disks, missing rights and mistakes of the program.
    """
    if isinstance(error, (sqlite3.ProgrammingError, sqlite3.InterfaceError)):
        return False
    return not (isinstance(error, sqlite3.OperationalError) and any(w in str(error).lower() for w in _PASSING))


def examine(db: sqlite3.Connection, tables: Sequence[CacheTable] = ()) -> str:
    """Looks through a whole database.

    Args:
        db: an open connection.
        tables: those whose rows are checked one by one.

    Returns:
        What is wrong, in a few words; empty if nothing is.

    Raises:
        sqlite3.Error: it is no database, or cannot be read.
    """
    found = db.execute("PRAGMA integrity_check(1)").fetchone()
    if found is not None and found[0] != "ok":
        return " ".join(str(found[0]).split())
    for table in tables:
        bad = sum(not table.intact(row) for row in db.execute(f"SELECT * FROM {table.name}"))  # noqa: S608 - ours
        if bad:
            return f"{bad} rows of {table.name} are not what was written"
    return ""


def readable_rows(db: sqlite3.Connection, table: CacheTable) -> Iterator[Row]:
    """Reads what is left of a damaged table: from the front up to the damage, then from the back up to it.

    Args:
        db: an open connection.
        table: a row may come twice.

    Yields:
        Rows that are what was written.
    """
    for order in ("", f" ORDER BY {table.backwards}"):
        try:
            for row in db.execute(f"SELECT * FROM {table.name}{order}"):  # noqa: S608 - ours
                if table.intact(row):
                    yield row
            return
        except sqlite3.Error:
            continue
