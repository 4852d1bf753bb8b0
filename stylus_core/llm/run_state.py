"""What is remembered between runs of many calls: answers, failures and when to try again, and what calls cost."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from stylus_core.errors import StylusError
from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import CacheTable, Row
from stylus_core.storage.checksummed_values import seal_text, unseal_text
from stylus_core.storage.sqlite_values import storable

_FIRST = 300.0  # seconds until a failure is tried again; four times as long after each further one
_LONGEST = 7 * 24 * 3600.0
_REASON = 400  # characters
_ENOUGH_CALLS = 5  # from then on a model's own averages are used

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS failures (
    key TEXT PRIMARY KEY, at REAL NOT NULL, again REAL NOT NULL, count INTEGER NOT NULL, reason TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS spent (
    model TEXT PRIMARY KEY, calls INTEGER NOT NULL, prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
    seconds REAL NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)

T = TypeVar("T")


class StateError(StylusError):
    """The file of what is remembered cannot be used."""


class FailedCall(NamedTuple):
    """The last failure with one set of inputs. Times are seconds of the epoch."""

    at: float
    again: float  # not to be tried before
    times: int  # without those that were the server's trouble
    reason: str


class TokensSpent(NamedTuple):
    """What calls took together."""

    calls: int = 0
    prompt: int = 0  # tokens
    completion: int = 0
    seconds: float = 0.0

    def expected(self, calls: int, tokens: int, workers: int) -> tuple[int, float | None]:
        """Guesses what further calls will take, by what these took.

        Args:
            calls: that are to be made.
            tokens: of one answer, the guess until there were enough calls for an average.
            workers: calls under way at once.

        Returns:
            Tokens that the model will write, and seconds for all; None for these where it was hardly timed yet.
        """
        if self.calls < _ENOUGH_CALLS:
            return tokens * calls, None
        return round(calls * self.completion / self.calls), self.seconds / self.calls * calls / max(1, workers)


class RunState:
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
        self._file = state_file(path)
        self._do(lambda db: None)

    def close(self) -> None:
        """Lets go of the file; a further call opens it again."""
        self._file.close()

    def failures(self) -> dict[str, FailedCall]:
        """Reads the last failure of each set of inputs that has no answer since.

        Returns:
            By the key of the inputs.
        """
        rows = self._do(lambda db: db.execute("SELECT key, at, again, count, reason FROM failures").fetchall())
        return {row[0]: FailedCall(*row[1:]) for row in rows if tuple(map(type, row)) == (str, float, float, int, str)}

    def failed(self, key: str, reason: str, *, passing: bool) -> None:
        """Remembers a failure, and how long it rests: five minutes, four times as long after each further one.

        Args:
            key: of the inputs.
            reason: one sentence; its first 400 characters are kept.
            passing: whether it is the server's trouble and not that of these inputs, which then need not wait.
        """
        now = self._clock()
        last = self.failures().get(key)
        count, again = last.times if last else 0, now
        if not passing:
            again += min(_LONGEST, _FIRST * 4 ** min(max(count, 0), 10))
            count += 1
        row = (key, now, again, count, storable(reason[:_REASON]))
        self._do(lambda db: db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)", row))

    def answered(self, key: str, answer: Mapping[str, Any] | None = None) -> None:
        """Forgets a failure: these inputs have their answer.

        Args:
            key: of the inputs.
            answer: kept for `answers`; None: it is kept elsewhere.
        """
        kept = None if answer is None else (key, seal_text(json.dumps(answer), key))

        def work(db: sqlite3.Connection) -> None:
            if kept is not None:
                db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", kept)
            db.execute("DELETE FROM failures WHERE key = ?", (key,))

        self._do(work)

    def answers(self) -> dict[str, Any]:
        """The answers that were kept, by key."""
        rows = self._do(lambda db: db.execute("SELECT key, value FROM answers").fetchall())
        found = {}
        for key, value in rows:
            with contextlib.suppress(ValueError):
                if (text := unseal_text(value, key)) is not None:  # else it is asked for again
                    found[key] = json.loads(text)
        return found

    def resting(self, failure: FailedCall) -> bool:
        """Tells whether a failure is not to be tried again yet.

        Args:
            failure: of `failures`.

        Returns:
            Whether its rest goes on.
        """
        now = self._clock()
        return now < failure.again <= now + _LONGEST  # no longer than it can have been told to

    def spend(self, model: str, spent: TokensSpent) -> None:
        """Adds to what all calls of a model took.

        Args:
            model: its name.
            spent: what some calls took.
        """
        self._do(
            lambda db: db.execute(
                "INSERT INTO spent VALUES (?, ?, ?, ?, ?) ON CONFLICT (model) DO UPDATE SET"
                " calls = calls + excluded.calls, prompt = prompt + excluded.prompt,"
                " completion = completion + excluded.completion,"
                " seconds = seconds + excluded.seconds",
                (model, *map(storable, spent)),
            )
        )

    def spent(self, model: str) -> TokensSpent:
        """Says what all calls of a model took so far.

        Args:
            model: its name.

        Returns:
            The sums; zeros where it was never asked.
        """
        sql = "SELECT calls, prompt, completion, seconds FROM spent WHERE model = ?"
        row = self._do(lambda db: db.execute(sql, (model,)).fetchone())
        return TokensSpent(*row) if row and tuple(map(type, row)) == (int, int, int, float) else TokensSpent()

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._file.do(work)
        except (sqlite3.Error, OSError, ValueError) as error:
            raise StateError(
                f"{self._file.path} cannot be used ({error}): delete it, which loses {self._lost}, or see that its "
                "folder can be written"
            ) from error


def state_file(path: Path) -> CacheFile:
    """Opens what is remembered as a file that can be looked through and healed.

    Args:
        path: of the file.

    Returns:
        The file, opened when it is first used.
    """
    return CacheFile(path, _SCHEMA, (CacheTable("answers", "key DESC", _intact),))


def _intact(row: Row) -> bool:
    return isinstance(row[0], str) and unseal_text(row[1], row[0]) is not None
