"""How every SQLite file is opened: transactions are begun by hand, and any thread may use the connection."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

_PAUSE = 0.05  # seconds between two tries


def connect(path: Path, wait: float, *, any_text: bool = True) -> sqlite3.Connection:
    """Opens a file, or begins one.

    Args:
        path: of the file; its folder is there.
        wait: seconds to wait for another connection that holds the file.
        any_text: whether texts that are no UTF-8 are read with a sign in place of each wrong byte; otherwise they are
            an error, as damage is.

    Returns:
        The connection.

    Raises:
        sqlite3.Error: it cannot be opened. What is no database at all shows with the first statement.
    """
    return _prepared(sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False), any_text)


def connect_read_only(path: Path, wait: float) -> sqlite3.Connection:
    """Opens a file that stays as it is, with texts as `any_text` has them.

    Args:
        path: of the file.
        wait: seconds to wait for another connection that holds the file.

    Returns:
        The connection, for reading alone.

    Raises:
        sqlite3.Error: it cannot be opened.
        OSError: it cannot be looked at.
    """
    log = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    return _prepared(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=wait), True)


def write_ahead(db: sqlite3.Connection, tries: int = 1) -> None:
    """Lets readers and a writer work at the same time (SQLite's WAL mode).

    Args:
        db: the connection.
        tries: how often it is tried: it wants the file for itself for a moment and does not wait for others by itself.

    Raises:
        sqlite3.OperationalError: the file was locked each time, or cannot be written.
    """
    for left in range(tries, 0, -1):
        try:
            db.execute("PRAGMA journal_mode=WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or left == 1:
                raise
            time.sleep(_PAUSE)


def _prepared(db: sqlite3.Connection, any_text: bool) -> sqlite3.Connection:
    if any_text:
        db.text_factory = lambda data: data.decode("utf-8", "replace")
    return db
