"""Picks that were made, and prompts that were written, in one SQLite file that survives a restart.

Two kinds of entries. `picks`: what a prompt led to under one state of library, settings and model, so that nothing is
asked twice. `written`: a rewritten prompt and what it came from, so that a prompt which comes back (ADetailer, the
hires button, a copied prompt) is recognised and left alone.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import CacheTable, Row
from stylus_core.storage.checksummed_values import seal_text, unseal_text

_SCHEMA = """CREATE TABLE IF NOT EXISTS entries (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (kind, key))"""
#: Entries of a kind that are kept; the longest unused go first.
KEEP = 20_000
_FORGET = """DELETE FROM entries WHERE kind = ?1 AND used < (
    SELECT used FROM entries WHERE kind = ?1 ORDER BY used DESC LIMIT 1 OFFSET ?2)"""
_FIND = "SELECT key, value FROM entries WHERE kind = ? AND key IN (SELECT value FROM json_each(?))"
_MEMORY = 512


class Cache:
    """Keys are any JSON values, values dicts of JSON values. Safe to use from several threads; nothing it does raises.

    Where the file cannot be used, entries live in memory until the WebUI ends.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._memory: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
        self._file = pick_file(path) if path is not None else None
        self._writes = 0

    def get(self, kind: str, key: Any) -> dict[str, Any] | None:
        """Finds an entry, and notes that it was used.

        Args:
            kind: "picks" or "written".
            key: any JSON value.

        Returns:
            The entry; None where there is none, or none that is what was written.
        """
        return self.first(kind, [key])

    def first(self, kind: str, keys: Sequence[Any]) -> dict[str, Any] | None:
        """Finds the first of some entries that is there, and notes that it was used.

        Args:
            kind: "picks" or "written".
            keys: any JSON values, a thousand at most.

        Returns:
            The entry; None where there is none of them, or none that is what was written.
        """
        digests = list(dict.fromkeys(map(_digest, keys)))
        with self._lock:
            known = {d: self._memory[kind, d] for d in digests if (kind, d) in self._memory}
            missing = [d for d in digests if d not in known]
            if missing and self._file is not None:
                known |= self._in_file(self._file, kind, missing)
            found = next((d for d in digests if d in known), None)
            if found in missing and self._file is not None:
                self._file.write("UPDATE entries SET used = ? WHERE kind = ? AND key = ?", [(_now(), kind, found)])
            return None if found is None else known[found]

    @staticmethod
    def _in_file(file: CacheFile, kind: str, digests: Sequence[str]) -> dict[str, dict[str, Any]]:
        rows = file.rows(_FIND, (kind, json.dumps(digests)))
        texts = {key: unseal_text(value, kind, key) for key, value in rows}
        return {key: value for key, text in texts.items() if text is not None and (value := _entry(text)) is not None}

    def put(self, kind: str, key: Any, value: dict[str, Any]) -> None:
        """Keeps an entry, in memory and in the file.

        Args:
            kind: "picks" or "written".
            key: any JSON value.
            value: of JSON values.
        """
        digest = _digest(key)
        text = json.dumps(value)
        with self._lock:
            self._memory[kind, digest] = json.loads(text)
            if len(self._memory) > _MEMORY:
                self._memory.popitem(last=False)
            if self._file is None:
                return
            row = (kind, digest, seal_text(text, kind, digest), _now())
            self._file.write("INSERT OR REPLACE INTO entries (kind, key, value, used) VALUES (?, ?, ?, ?)", [row])
            self._writes += 1
            if self._writes % 256 == 1:
                self._file.write(_FORGET, [(kind, KEEP)])

    def count(self, kind: str) -> int:
        """Counts entries.

        Args:
            kind: "picks" or "written".

        Returns:
            Those in the file; those in memory where it cannot be used.
        """
        with self._lock:
            rows = self._file.rows("SELECT count(*) FROM entries WHERE kind = ?", (kind,)) if self._file else []
        return int(rows[0][0]) if rows else sum(1 for k, _ in self._memory if k == kind)

    def clear(self) -> None:
        """Forgets all entries of both kinds."""
        with self._lock:
            self._memory.clear()
            if self._file is not None:
                self._file.write("DELETE FROM entries", [()])

    def close(self) -> None:
        """Lets go of the file; what is in memory stays."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def pick_file(path: Path) -> CacheFile:
    """The picks as a file."""
    return CacheFile(path, (_SCHEMA,), (CacheTable("entries", "rowid DESC", _intact),), wait=2)


def _intact(row: Row) -> bool:
    kind, key, value, _ = row
    return isinstance(kind, str) and isinstance(key, str) and unseal_text(value, kind, key) is not None


def _entry(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _digest(key: Any) -> str:
    return hashlib.sha256(json.dumps(key, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def _now() -> int:
    return time.time_ns()
