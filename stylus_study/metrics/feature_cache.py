"""Features that were computed before, by content and model, in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import CacheTable, Row
from stylus_core.storage.checksummed_values import seal, unseal
from stylus_study.study.study_folder import StudyError

Vector = NDArray[np.float32]

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS features (model TEXT, content TEXT, vector BLOB, PRIMARY KEY (model, content))"
    " WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, content TEXT)"
    " WITHOUT ROWID",
)
_MOST = 500  # parameters of a statement

T = TypeVar("T")


class FeatureCache:
    """Vectors by (model, content), and the contents of files by path, size and time.

    Each `put` is on the disk when it returns, so an ended run loses nothing. A damaged file is healed. Raises
    `StudyError` for a file that cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = CacheFile(path, _SCHEMA, (CacheTable("features", "model DESC, content DESC", _intact),), wait=60)
        self._rows("SELECT 1 FROM files LIMIT 1", ())

    def close(self) -> None:
        """Closes the database."""
        self._file.close()

    def known(self, model: str, contents: Iterable[str]) -> set[str]:
        """Those of `contents` that have a vector."""
        return set(self.get(model, contents))

    def get(self, model: str, contents: Iterable[str]) -> dict[str, Vector]:
        """The vectors that are known, float32."""
        wanted, found = list(dict.fromkeys(contents)), {}
        for start in range(0, len(wanted), _MOST):
            part = wanted[start : start + _MOST]
            marks = ",".join("?" * len(part))
            sql = f"SELECT content, vector FROM features WHERE model = ? AND content IN ({marks})"  # noqa: S608 - marks
            for content, stored in self._rows(sql, (model, *part)):
                if (vector := unseal(stored, model, content)) is not None:  # else it is measured anew
                    found[content] = np.frombuffer(vector, np.dtype("<f4"))
        return found

    def put(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keeps vectors by content."""
        rows = [
            (model, content, seal(np.asarray(vector, "<f4").tobytes(), model, content))
            for content, vector in vectors.items()
        ]
        self._write("INSERT OR REPLACE INTO features VALUES (?, ?, ?)", rows)

    def content(self, path: str, size: int, modified: int) -> str | None:
        """The hash of a file that has not changed since, by size and time in nanoseconds."""
        sql = "SELECT content FROM files WHERE path = ? AND size = ? AND modified = ?"
        rows = self._rows(sql, (path, size, modified))
        return rows[0][0] if rows else None

    def put_contents(self, rows: Iterable[tuple[str, int, int, str]]) -> None:
        """Keeps (path, size, time, hash)."""
        self._write("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", list(rows))

    def _rows(self, sql: str, values: Sequence[str | int]) -> list[Row]:
        return self._told(lambda: self._file.do(lambda db: db.execute(sql, values).fetchall()))

    def _write(self, sql: str, rows: Sequence[tuple[str | int | bytes, ...]]) -> None:
        self._told(lambda: self._file.many(sql, rows))

    def _told(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            why = f"{self._file.path} cannot be used ({error}): delete it, and the pictures are measured anew"
            raise StudyError(why) from None


def _intact(row: Row) -> bool:
    model, content, vector = row
    return isinstance(model, str) and isinstance(content, str) and unseal(vector, model, content) is not None
