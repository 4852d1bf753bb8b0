"""Answers kept on disk, so that the same question costs nothing, and calls shared by those who ask it at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import CacheTable, Row
from stylus_core.storage.checksummed_values import seal_text, unseal_text

_SCHEMA = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL, used REAL NOT NULL)"
_FORGET = "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY used DESC LIMIT -1 OFFSET ?)"
_MOST = 20_000  # answers; the longest unused go first
_BUSY = 2.0  # seconds to wait for another process
_LATELY = 3600.0  # seconds for which the time of an answer's use is good enough


class AnswerCache:
    """JSON values by key in one SQLite file. Whatever is wrong with it, the answer is asked for again."""

    def __init__(self, path: Path) -> None:
        self._file = answer_file(path)

    def get(self, key: str) -> dict[str, Any] | None:
        """Finds a value, and notes that it was used.

        Args:
            key: under which it was kept.

        Returns:
            The value; None where there is none, or none that is what was written.
        """
        try:
            rows = self._file.rows("SELECT value, used FROM answers WHERE key = ?", (key,))
            text = unseal_text(rows[0][0], key) if rows else None
            if text is None:
                return None
            now = time.time()
            if not (isinstance(rows[0][1], float) and now - _LATELY < rows[0][1] <= now):
                self._file.write("UPDATE answers SET used = ? WHERE key = ?", [(now, key)])
            value = json.loads(text)
        except ValueError:
            return None
        finally:
            self._file.close()
        return value if isinstance(value, dict) else None

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keeps a value, and forgets those that were unused longest where there are too many.

        Args:
            key: under which it is found again.
            value: what JSON can hold.
        """
        row = (key, seal_text(json.dumps(value), key), time.time())
        self._file.write("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", [row])
        self._file.write(_FORGET, [(_MOST,)])
        self._file.close()


def answer_file(path: Path) -> CacheFile:
    """Opens the answers as a file that can be looked through and healed.

    Args:
        path: of the file.

    Returns:
        The file, opened when it is first used.
    """
    return CacheFile(path, (_SCHEMA,), (CacheTable("answers", "rowid DESC", _intact),), wait=_BUSY, wal=False)


def _intact(row: Row) -> bool:
    return isinstance(row[0], str) and unseal_text(row[1], row[0]) is not None


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
        self.waiting = 0  # callers that wait for what another one asked

    def do(self, key: str, work: Callable[[], T]) -> tuple[T, bool]:
        """Does the work, or waits for whoever does it already.

        Args:
            key: of the question.
            work: gives the answer; what it raises everybody who waits gets as well.

        Returns:
            The answer, and whether this call did the work.
        """
        with self._lock:
            flight = self._flying.get(key)
            first = flight is None
            if flight is None:
                flight = self._flying[key] = _Flight()
            else:
                self.waiting += 1
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
        with self._lock:
            self.waiting -= 1
        if flight.error is not None:
            raise flight.error
        return flight.value, False  # type: ignore[return-value]  # set before `done`
