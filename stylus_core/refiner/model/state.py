"""What is remembered between runs: which adapters failed, why and when to try them again, and what calls cost."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from stylus_core.errors import LibraryError

_FIRST = 300.0  # seconds until a failure is tried again; four times as long after each further one
_LONGEST = 7 * 24 * 3600.0
_REASON = 400  # characters

_SCHEMA = """
CREATE TABLE IF NOT EXISTS failures (
    key TEXT PRIMARY KEY, at REAL NOT NULL, again REAL NOT NULL, count INTEGER NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent (
    model TEXT PRIMARY KEY, calls INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
    seconds REAL NOT NULL
) WITHOUT ROWID;
"""


class Failure(NamedTuple):
    """The last failure with one set of inputs. Times are seconds of the epoch."""

    at: float
    again: float  # not to be tried before
    times: int  # without those that were the server's trouble
    reason: str


class Spent(NamedTuple):
    """What calls took together."""

    calls: int = 0
    prompt: int = 0  # tokens
    completion: int = 0
    seconds: float = 0.0


class State:
    """A small SQLite file in the library's home. Safe to use from several threads and processes.

    Failures go by the key of the inputs: an adapter that changed, or another model, starts afresh.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._path = path
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL").fetchone()
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def failures(self) -> dict[str, Failure]:
        with self._told():
            rows = self._db.execute("SELECT key, at, again, count, reason FROM failures").fetchall()
        return {row[0]: Failure(*row[1:]) for row in rows}

    def failed(self, key: str, reason: str, *, passing: bool) -> None:
        """Remembers a failure. `passing`: the server's trouble and not this adapter's, so that it need not wait."""
        now = self._clock()
        with self._told():
            row = self._db.execute("SELECT count FROM failures WHERE key = ?", (key,)).fetchone()
            count = row[0] if row else 0
            again = now
            if not passing:
                again += min(_LONGEST, _FIRST * 4 ** min(count, 10))
                count += 1
            self._db.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)", (key, now, again, count, reason[:_REASON])
            )

    def answered(self, key: str) -> None:
        """Forgets a failure: these inputs have their answer."""
        with self._told():
            self._db.execute("DELETE FROM failures WHERE key = ?", (key,))

    def resting(self, failure: Failure) -> bool:
        return failure.again > self._clock()

    def spend(self, model: str, spent: Spent) -> None:
        with self._told():
            self._db.execute(
                "INSERT INTO spent VALUES (?, ?, ?, ?, ?) ON CONFLICT (model) DO UPDATE SET"
                " calls = calls + excluded.calls, prompt = prompt + excluded.prompt,"
                " completion = completion + excluded.completion,"
                " seconds = seconds + excluded.seconds",
                (model, *spent),
            )

    def spent(self, model: str) -> Spent:
        """What all calls of this model took so far."""
        with self._told():
            row = self._db.execute(
                "SELECT calls, prompt, completion, seconds FROM spent WHERE model = ?", (model,)
            ).fetchone()
        return Spent(*row) if row else Spent()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                raise LibraryError(
                    f"the refiner's state in {self._path} cannot be used ({error}): delete the file, which loses no "
                    "description, or set STYLUS_HOME to a folder that can be written"
                ) from error
