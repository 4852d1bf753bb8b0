"""Picks that were made, and prompts that were written, in one SQLite file that survives a restart.

Two kinds of entries. `picks`: what a prompt led to under one state of library, settings and model, so that nothing is
asked twice. `written`: a rewritten prompt and what it came from, so that a prompt which comes back (ADetailer, the
hires button, a copied prompt) is recognised and left alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

logger = logging.getLogger("stylus")

_SCHEMA = """CREATE TABLE IF NOT EXISTS entries (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (kind, key))"""
#: Entries of a kind that are kept; the longest unused go first.
KEEP = 20_000
_MEMORY = 512


class Cache:
    """Keys are any JSON values, values dicts of JSON values. Safe to use from several threads; nothing it does raises.

    Where the file cannot be used, entries live in memory until the WebUI ends.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._memory: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
        self._file: sqlite3.Connection | None = None
        self._writes = 0
        if path is not None:
            self._file = self._open(path)

    def get(self, kind: str, key: Any) -> dict[str, Any] | None:
        digest = _digest(key)
        with self._lock:
            found = self._memory.get((kind, digest))
            if found is not None:
                return found
            row = self._run("SELECT value FROM entries WHERE kind = ? AND key = ?", (kind, digest))
            if not row:
                return None
            self._run("UPDATE entries SET used = ? WHERE kind = ? AND key = ?", (_now(), kind, digest))
        try:
            value = json.loads(row[0][0])
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def put(self, kind: str, key: Any, value: dict[str, Any]) -> None:
        digest = _digest(key)
        text = json.dumps(value, ensure_ascii=False)
        with self._lock:
            self._memory[kind, digest] = json.loads(text)
            if len(self._memory) > _MEMORY:
                self._memory.popitem(last=False)
            sql = "INSERT OR REPLACE INTO entries (kind, key, value, used) VALUES (?, ?, ?, ?)"
            self._run(sql, (kind, digest, text, _now()))
            self._writes += 1
            if self._writes % 256 == 1:
                self._prune(kind)

    def recent(self, kind: str) -> list[dict[str, Any]]:
        """The entries of a kind that this process wrote last."""
        with self._lock:
            return [value for (k, _), value in reversed(self._memory.items()) if k == kind]

    def count(self, kind: str) -> int:
        with self._lock:
            row = self._run("SELECT count(*) FROM entries WHERE kind = ?", (kind,))
        return int(row[0][0]) if row else sum(1 for k, _ in self._memory if k == kind)

    def clear(self) -> None:
        with self._lock:
            self._memory.clear()
            self._run("DELETE FROM entries")

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _prune(self, kind: str) -> None:
        sql = """DELETE FROM entries WHERE kind = ?1 AND used < (
            SELECT used FROM entries WHERE kind = ?1 ORDER BY used DESC LIMIT 1 OFFSET ?2)"""
        self._run(sql, (kind, KEEP))

    def _run(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        if self._file is None:
            return []
        try:
            with self._file:
                return self._file.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            logger.warning(
                "the cache of picks %s cannot be used (%s): picks are kept until the end only", self._path, error
            )
            self._file = None
            return []

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection | None:
        for attempt in ("as it is", "anew"):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                file = sqlite3.connect(path, timeout=2, check_same_thread=False)
                file.execute("PRAGMA journal_mode=WAL")
                file.execute("PRAGMA synchronous=NORMAL")
                file.execute(_SCHEMA)
                file.execute("SELECT value FROM entries LIMIT 1").fetchall()
                file.commit()
                return file
            except sqlite3.DatabaseError as error:
                if attempt == "anew" or isinstance(error, sqlite3.OperationalError):
                    logger.warning("the cache of picks %s cannot be opened: %s", path, error)
                    return None
                broken = path.with_name(f"{path.name}.broken-{time.time_ns()}")
                logger.warning("the cache of picks was damaged; it was moved to %s and is made anew", broken)
                os.replace(path, broken)
            except OSError as error:
                logger.warning("the cache of picks %s cannot be opened: %s", path, error)
                return None
        return None


def _digest(key: Any) -> str:
    return hashlib.sha256(json.dumps(key, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def _now() -> int:
    return time.time_ns()
