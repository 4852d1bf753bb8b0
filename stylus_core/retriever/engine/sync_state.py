"""What this machine knows of its rows in the engine: the key of each adapter, and up to where it has written.

The engine has what counts; this is a note of it, and if it is lost, the rows are compared again by their digests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from stylus_core.errors import EngineError
from stylus_core.library.database import DatabaseState
from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import Row
from stylus_core.storage.checksummed_values import seal_text, unseal_text

_AT_ONCE = 500
_MANY = 20_000  # ids from which on reading all is quicker than asking for each

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT)",
    "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, key TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS rows_key ON rows (key)",
    # keys that no adapter has any more; they stay here until the engine has deleted them
    "CREATE TABLE IF NOT EXISTS doomed (key TEXT PRIMARY KEY)",
)

T = TypeVar("T")


class SyncState:
    """One library in one engine's collections. Processes on the same home share it.

    A damaged file is healed, and all is compared anew. Raises `EngineError` where the file cannot be used.
    """

    def __init__(self, database: Path) -> None:
        self._file = CacheFile(database, _SCHEMA, thorough=True)

    def close(self) -> None:
        """Closes the database."""
        self._file.close()

    def number(self, name: str, default: int) -> int:
        """A number that was noted."""
        try:
            return int(self.text(name))
        except ValueError:
            return default

    def text(self, name: str) -> str:
        """A text that was noted; empty if there is none."""
        found = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return (unseal_text(found[0][0], name) or "") if found else ""

    def note(self, **values: object) -> None:
        """Keeps values under their names, each with a checksum."""
        sealed = [(name, seal_text(str(value), name)) for name, value in values.items()]
        self._many("INSERT OR REPLACE INTO meta VALUES (?, ?)", sealed)

    def forget(self) -> None:
        """The engine is not the one that was written to: all is compared anew."""
        self._rows("DELETE FROM meta")

    def belong(self, library: DatabaseState) -> None:
        """To this database. The ids of another, or of what it was later, mean nothing: all is compared by the keys."""
        if self.text("library") != library.identity or self.number("revision", -1) > library.revision:
            self._rows("INSERT OR IGNORE INTO doomed SELECT key FROM rows")
            self._rows("DELETE FROM rows")
            self._rows("DELETE FROM meta WHERE name = 'revision'")
            self.note(library=library.identity)

    def put(self, keys: Mapping[int, str]) -> None:
        """Notes keys by id. A key that its adapter has no more gets a tombstone, as long as no other has it."""
        self._bury(keys)
        self._many("INSERT OR REPLACE INTO rows VALUES (?, ?)", list(keys.items()))

    def drop(self, ids: Iterable[int]) -> None:
        """Adapters that are gone."""
        gone = list(ids)
        self._bury(gone)
        self._many("DELETE FROM rows WHERE id = ?", [(i,) for i in gone])

    def tombstones(self) -> list[str]:
        """Keys to delete."""
        return [key for (key,) in self._rows("SELECT key FROM doomed WHERE key NOT IN (SELECT key FROM rows)")]

    def clear_tombstones(self, keys: Iterable[str]) -> None:
        """These are deleted."""
        self._many("DELETE FROM doomed WHERE key = ?", [(k,) for k in keys])

    def ids(self, keys: Sequence[str]) -> dict[str, int]:
        """By key the id in this machine's library; rows of adapters that this machine has not are left out."""
        return {key: int(i) for i, key in self._of("key", keys)}

    def keys(self) -> dict[int, str]:
        """All keys, by id."""
        return {int(i): key for i, key in self._rows("SELECT id, key FROM rows")}

    def keys_of(self, ids: Sequence[int]) -> list[str]:
        """The keys of these ids; those that have none are left out."""
        if len(ids) <= _MANY:
            return [key for _, key in self._of("id", ids)]
        wanted = frozenset(ids)
        return [key for i, key in self.keys().items() if i in wanted]

    def some_keys(self, n: int) -> list[str]:
        """`n` keys from all over the library: keys are hashes, so the first are as good as any."""
        return [key for (key,) in self._rows("SELECT key FROM rows ORDER BY key LIMIT ?", (n,))]

    def __len__(self) -> int:
        return int(self._rows("SELECT COUNT(*) FROM rows")[0][0])

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._told(lambda: self._file.do(lambda db: db.execute(sql, values).fetchall()))

    def _many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._told(lambda: self._file.many(sql, rows))

    def _told(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            raise EngineError(f"what is known of the search engine cannot be kept ({error})") from None

    def _bury(self, ids: Iterable[int]) -> None:
        old = self._of("id", list(ids))
        self._many("INSERT OR REPLACE INTO doomed VALUES (?)", [(key,) for _, key in old])

    def _of(self, column: str, values: Sequence[object]) -> list[tuple[int, str]]:
        out: list[tuple[int, str]] = []
        for first in range(0, len(values), _AT_ONCE):
            some = list(values[first : first + _AT_ONCE])
            marks = ",".join("?" * len(some))
            out += self._rows(f"SELECT id, key FROM rows WHERE {column} IN ({marks})", some)  # noqa: S608
        return out


def key_of(library: str, roots: Sequence[Path], path: str) -> str:
    """An adapter's key: the same on every machine that has the library's folders in the same order, wherever."""
    file = Path(path)
    for number, root in enumerate(roots):
        if file.is_relative_to(root):
            said = f"{library}\n{number}\n{file.relative_to(root).as_posix()}"
            break
    else:
        said = f"{library}\n\n{path}"
    return blake2b(said.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
