"""Features that were computed before, by content and model, in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylus_core.study.folder import StudyError

Vector = NDArray[np.float32]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS features (model TEXT, content TEXT, vector BLOB, PRIMARY KEY (model, content)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, content TEXT) WITHOUT ROWID;
"""
_MOST = 500  # parameters of a statement


class FeatureCache:
    """Vectors by (model, content), and the contents of files by path, size and time. For one thread.

    Each `put` is on the disk when it returns, so an ended run loses nothing. Raises `StudyError` for a file that is no
    such cache or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._connection = sqlite3.connect(path, timeout=60)
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def close(self) -> None:
        self._connection.close()

    def known(self, model: str, contents: Iterable[str]) -> set[str]:
        """Those of `contents` that have a vector."""
        return {content for content, _ in self._rows("content, 1", model, contents)}

    def get(self, model: str, contents: Iterable[str]) -> dict[str, Vector]:
        """The vectors that are known, float32."""
        return {c: np.frombuffer(v, np.dtype("<f4")) for c, v in self._rows("content, vector", model, contents)}

    def put(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keeps vectors by content."""
        rows = [(model, content, np.asarray(vector, "<f4").tobytes()) for content, vector in vectors.items()]
        self._write("INSERT OR REPLACE INTO features VALUES (?, ?, ?)", rows)

    def content(self, path: str, size: int, modified: int) -> str | None:
        """The hash of a file that has not changed since, by size and time in nanoseconds."""
        try:
            row = self._connection.execute(
                "SELECT content FROM files WHERE path = ? AND size = ? AND modified = ?", (path, size, modified)
            ).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        return row[0] if row else None

    def put_contents(self, rows: Iterable[tuple[str, int, int, str]]) -> None:
        """Keeps (path, size, time, hash)."""
        self._write("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)

    def _rows(self, columns: str, model: str, contents: Iterable[str]) -> list[tuple[str, bytes]]:
        wanted, found = list(dict.fromkeys(contents)), []
        try:
            for start in range(0, len(wanted), _MOST):
                part = wanted[start : start + _MOST]
                marks = ",".join("?" * len(part))
                statement = f"SELECT {columns} FROM features WHERE model = ? AND content IN ({marks})"  # noqa: S608 - marks
                found += self._connection.execute(statement, (model, *part)).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from None
        return found

    def _write(self, statement: str, rows: Iterable[tuple[str | int | bytes, ...]]) -> None:
        try:
            with self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _unusable(self, error: sqlite3.Error) -> StudyError:
        return StudyError(f"{self._path} cannot be used ({error}): delete it, and the pictures are measured anew")
