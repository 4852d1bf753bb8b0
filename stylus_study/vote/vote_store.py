"""The votes of a study, each on the disk before its rater is answered. Nothing in the file names a system."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from stylus_core.storage.sqlite_open import connect, write_ahead
from stylus_study.study.study_folder import StudyError

SAME = ""  # in place of a winner: no difference
#: Raters that a study takes: whoever can open the page can make up names.
MAX_RATERS = 1000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS votes (
    rater TEXT NOT NULL, pair TEXT NOT NULL, winner TEXT NOT NULL, left_side TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (rater, pair)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secret (value TEXT NOT NULL);
"""

#: Those of a file that this program wrote: SQLite keeps whatever it is given, texts or not.
_SELECT_VOTES = """
SELECT rater, pair, winner, left_side FROM votes
WHERE typeof(rater) = 'text' AND typeof(pair) = 'text' AND typeof(winner) = 'text' AND typeof(left_side) = 'text'
ORDER BY at
"""


class Vote(NamedTuple):
    """What a rater said of a pair. Pictures are told by their sha256."""

    rater: str
    pair: str  # its key
    winner: str  # a picture, or `SAME`
    left_side: str  # the picture that stood left


class VoteStore:
    """An SQLite file. Safe to use from several threads and processes. Raises `StudyError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._locked():
            self._db = connect(path, 30, any_text=False)
            write_ahead(self._db)
            self._db.execute("PRAGMA synchronous=FULL")  # a vote outlives a power cut
            self._db.executescript(_SCHEMA)
            self._db.execute(
                "INSERT INTO secret SELECT ? WHERE NOT EXISTS (SELECT 1 FROM secret)", (secrets.token_hex(16),)
            )
            #: From which sides, orders and addresses are drawn; kept, so that they are the same after a restart.
            self.secret: str = self._db.execute("SELECT value FROM secret").fetchone()[0]

    def close(self) -> None:
        """Closes the database."""
        self._db.close()

    def put(self, vote: Vote) -> None:
        """Keeps a vote; a further one of the same rater for the same pair takes its place."""
        with self._locked():
            known = self._db.execute("SELECT 1 FROM votes WHERE rater = ? LIMIT 1", (vote.rater,)).fetchone()
            raters = 0 if known else self._db.execute("SELECT count(DISTINCT rater) FROM votes").fetchone()[0]
            if raters >= MAX_RATERS:
                raise StudyError(f"{MAX_RATERS:,} people have voted already, and a study takes no more of them")
            self._db.execute("INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?, ?)", (*vote, time.time()))

    def undo(self, rater: str) -> str | None:
        """Takes the rater's last vote back; the pair it was for, or None if there was none."""
        with self._locked():
            row = self._db.execute(
                "SELECT pair FROM votes WHERE rater = ? ORDER BY at DESC LIMIT 1", (rater,)
            ).fetchone()
            if row is None:
                return None
            self._db.execute("DELETE FROM votes WHERE rater = ? AND pair = ?", (rater, row[0]))
            return str(row[0])

    def voted(self, rater: str) -> set[str]:
        """The pairs that a rater has voted on."""
        with self._locked():
            return {row[0] for row in self._db.execute("SELECT pair FROM votes WHERE rater = ?", (rater,))}

    def votes(self) -> list[Vote]:
        """All votes in the order in which they were given."""
        with self._locked():
            rows = self._db.execute(_SELECT_VOTES).fetchall()
        return [Vote(*row) for row in rows]

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                raise StudyError(
                    f"the votes in {self._path} cannot be used ({error}): see that the folder can be written and the "
                    "file is what stylus study vote made"
                ) from error
