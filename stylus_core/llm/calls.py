"""What is remembered between runs of many calls: answers, failures and when to try again, and what calls cost."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stylus_core.errors import StylusError
from stylus_core.storable import storable

_FIRST = 300.0  # seconds until a failure is tried again; four times as long after each further one
_LONGEST = 7 * 24 * 3600.0
_REASON = 400  # characters
_ENOUGH_CALLS = 5  # from then on a model's own averages are used

_SCHEMA = """
CREATE TABLE IF NOT EXISTS failures (
    key TEXT PRIMARY KEY, at REAL NOT NULL, again REAL NOT NULL, count INTEGER NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent (
    model TEXT PRIMARY KEY, calls INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
    seconds REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class StateError(StylusError):
    """The file of what is remembered cannot be used."""


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

    def expected(self, calls: int, tokens: int, workers: int) -> tuple[int, float | None]:
        """Tokens that a model will write in so many calls, and seconds, None where it was hardly timed yet.

        `tokens` is a guess for one answer, used until the model's own average is known.
        """
        if self.calls < _ENOUGH_CALLS:
            return tokens * calls, None
        return round(calls * self.completion / self.calls), self.seconds / self.calls * calls / max(1, workers)


class State:
    """A small SQLite file. Safe to use from several threads and processes.

    Answers and failures go by the key of the inputs: inputs that changed, or another model, start afresh.

    Args:
        path: of the file; made if it is not there.
        clock: seconds of the epoch.
        lost: what is lost if the file is deleted, for the error that advises it.
    """

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.time, lost: str = "how long failures wait"
    ) -> None:
        self._clock = clock
        self._lost = lost
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
        """Remembers a failure. `passing`: the server's trouble and not that of these inputs, which need not wait."""
        now = self._clock()
        with self._told():
            row = self._db.execute("SELECT count FROM failures WHERE key = ?", (key,)).fetchone()
            count = row[0] if row else 0
            again = now
            if not passing:
                again += min(_LONGEST, _FIRST * 4 ** min(count, 10))
                count += 1
            self._db.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)",
                (key, now, again, count, storable(reason[:_REASON])),
            )

    def answered(self, key: str, answer: Mapping[str, Any] | None = None) -> None:
        """Forgets a failure: these inputs have their answer, which is kept if it is given."""
        with self._told():
            if answer is not None:
                self._db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, json.dumps(answer)))
            self._db.execute("DELETE FROM failures WHERE key = ?", (key,))

    def answers(self) -> dict[str, Any]:
        """The answers that were kept, by key."""
        with self._told():
            rows = self._db.execute("SELECT key, value FROM answers").fetchall()
            return {key: json.loads(value) for key, value in rows}

    def resting(self, failure: Failure) -> bool:
        return failure.again > self._clock()

    def spend(self, model: str, spent: Spent) -> None:
        with self._told():
            self._db.execute(
                "INSERT INTO spent VALUES (?, ?, ?, ?, ?) ON CONFLICT (model) DO UPDATE SET"
                " calls = calls + excluded.calls, prompt = prompt + excluded.prompt,"
                " completion = completion + excluded.completion,"
                " seconds = seconds + excluded.seconds",
                (model, *map(storable, spent)),
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
            except (sqlite3.Error, OSError, ValueError) as error:
                raise StateError(
                    f"{self._path} cannot be used ({error}): delete it, which loses {self._lost}, or see that its "
                    "folder can be written"
                ) from error
