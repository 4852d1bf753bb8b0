"""Answers kept on disk, so that the same question costs nothing, and calls shared by those who ask it at once."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

log = logging.getLogger("stylus")

_SCHEMA = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL, used REAL NOT NULL)"
_MOST = 20_000  # answers; the longest unused go first
_BUSY = 2.0  # seconds to wait for another process


class AnswerCache:
    """JSON values by key in one SQLite file. Whatever is wrong with it, the answer is asked for again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> dict[str, Any] | None:
        def read(db: sqlite3.Connection) -> Any:
            row = db.execute("SELECT value FROM answers WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            db.execute("UPDATE answers SET used = ? WHERE key = ?", (time.time(), key))
            return json.loads(row[0])

        value = self._do(read)
        return value if isinstance(value, dict) else None

    def put(self, key: str, value: dict[str, Any]) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, json.dumps(value), time.time()))
            db.execute(
                "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY used DESC LIMIT -1 OFFSET ?)",
                (_MOST,),
            )

        self._do(write)

    def _do(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """What `work` gives with a connection of its own, which any thread may make; None where that fails."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self._path, timeout=_BUSY, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = OFF")  # a power cut may cost the cache, no call waits for the disk
                db.execute(_SCHEMA)
                return work(db)
        except (OSError, sqlite3.Error, ValueError) as e:
            log.warning("answers cannot be kept in %s: %s", self._path, e)
            if isinstance(e, sqlite3.DatabaseError) and not isinstance(e, sqlite3.OperationalError):
                with contextlib.suppress(OSError):  # not a database any more: the next one starts afresh
                    self._path.unlink()
            return None


T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    done: threading.Event = field(default_factory=threading.Event)
    value: T | None = None
    error: BaseException | None = None


class SingleFlight(Generic[T]):
    """Those who ask the same thing at the same time share the first one's answer, or its error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[str, _Flight[T]] = {}

    def do(self, key: str, work: Callable[[], T]) -> tuple[T, bool]:
        """What `work` gives, and whether this call did it."""
        with self._lock:
            flight = self._flying.get(key)
            first = flight is None
            if flight is None:
                flight = self._flying[key] = _Flight()
        if first:
            try:
                flight.value = work()
            except BaseException as e:
                flight.error = e
                raise
            finally:
                with self._lock:
                    del self._flying[key]
                flight.done.set()
            return flight.value, True
        flight.done.wait()
        if flight.error is not None:
            raise flight.error
        return flight.value, False  # type: ignore[return-value]  # set before `done`
