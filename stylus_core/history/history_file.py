"""The file in which a history lies: its tables, which rows are what was written, and how its transactions begin."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sqlite3
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from stylus_core.storage.cache_file import CacheFile
from stylus_core.storage.cache_tables import CacheTable, Row
from stylus_core.storage.checksummed_values import seal_text, unseal_text

NAME = "history.sqlite"
WAIT = 20.0  # seconds for another process

_SCHEMA = (
    "PRAGMA synchronous=FULL",  # what the user corrected cannot be read again
    "PRAGMA secure_delete=ON",  # what is forgotten is overwritten
    # `words` are sealed JSON; `id` is a digest of what makes a prompt (a folder) another one: the same for all readers
    "CREATE TABLE IF NOT EXISTS prompts (id INTEGER PRIMARY KEY, touched INTEGER NOT NULL, words TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS prompts_touched ON prompts (touched)",
    """CREATE TABLE IF NOT EXISTS files (
        path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, folder INTEGER NOT NULL,
        prompt INTEGER, at REAL NOT NULL, problem TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS files_prompt ON files (prompt, folder, at)",
    "CREATE TABLE IF NOT EXISTS folders (id INTEGER PRIMARY KEY, words TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS corrections (id INTEGER PRIMARY KEY AUTOINCREMENT, words TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, words TEXT NOT NULL) WITHOUT ROWID",
    # Not saved from a damaged file: whoever follows sees by the revision that it is another file.
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)
_ID_BITS = 52  # every reader of JSON keeps them, and among a million prompts hardly two are alike

#: The setting that holds what names in pictures meant.
LINKS = "links"


class FolderRow(NamedTuple):
    """A learned folder as the file has it."""

    id: int
    path: str
    on: bool
    read_at: float


def history_file(path: Path) -> CacheFile:
    """Describes the file of a history, also to whoever looks after the files of a home.

    Args:
        path: of the file; it is made when something is written, for its owner alone.

    Returns:
        The file with its tables; damaged rows are left out when it is healed.
    """
    tables = (
        CacheTable("prompts", "id DESC", lambda row: fields(row[2], row[0]) is not None),
        CacheTable("files", "path DESC", _intact_file),
        CacheTable("folders", "id DESC", lambda row: fields(row[1], row[0]) is not None),
        CacheTable("corrections", "id DESC", lambda row: fields(row[1], row[0]) is not None),
        CacheTable("settings", "name DESC", lambda row: fields(row[1], row[0]) is not None),
    )
    return CacheFile(path, _SCHEMA, tables, wait=WAIT, private=True)


# -- values ------------------------------------------------------------------------------------------------------------


def sealed(value: dict[str, Any], key: int | str) -> str:
    """One line of JSON with its checksum, as `words` are stored."""
    return seal_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), str(key))


def fields(words: object, key: object) -> dict[str, Any] | None:
    """What `sealed` was given; None if it is not what was stored under this key."""
    text = unseal_text(words, str(key))
    if text is None or text is words:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def digest(*parts: Any) -> int:
    """A number for what the parts say; they are what `json.dumps` takes."""
    data = json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> (64 - _ID_BITS)


def sealed_problem(problem: str, path: str, size: int, mtime_ns: int, prompt: int | None, at: float) -> str:
    """Why a file cannot be read, with a checksum of its row: the folder's number may change and is not in it."""
    return seal_text(" ".join(problem.split()), path, f"{size} {mtime_ns} {prompt} {at!r}")


def problem_of(row: Row) -> str | None:
    """The bare problem of a row of `files`; None if the row is not what was written."""
    path, size, mtime_ns, _, prompt, at, problem = row
    if not isinstance(path, str):
        return None
    bare = unseal_text(problem, path, f"{size} {mtime_ns} {prompt} {at!r}")
    return None if bare is problem else bare


def _intact_file(row: Row) -> bool:
    return problem_of(row) is not None and isinstance(row[3], int)


def moment(*times: float | None) -> float:
    """The first of the times that can be one: a number, after 1970, and not to come; else now."""
    now = time.time()
    for at in times:
        if at is not None and math.isfinite(at) and 0 < at <= now:
            return at
    return now


# -- folders -----------------------------------------------------------------------------------------------------------


def folder_rows(db: sqlite3.Connection) -> list[FolderRow]:
    """The learned folders by path. Raises `sqlite3.DatabaseError` where one is not what was written."""
    out = []
    for number, words in db.execute("SELECT id, words FROM folders"):
        row = fields(words, number)
        if row is None:
            raise sqlite3.DatabaseError("a row of folders is not what was written")
        out.append(FolderRow(number, str(row["path"]), bool(row["on"]), float(row["read_at"])))
    return sorted(out, key=lambda row: row.path)


def put_folder(db: sqlite3.Connection, row: FolderRow) -> None:
    """Writes a folder."""
    words = sealed({"path": row.path, "on": row.on, "read_at": row.read_at}, row.id)
    db.execute("INSERT OR REPLACE INTO folders VALUES (?, ?)", (row.id, words))


def nearest(folders: list[FolderRow], path: str) -> FolderRow | None:
    """The innermost of the folders in which a path lies, or that it is itself; None if it lies in none."""
    return max((row for row in folders if inside(row.path, path)), key=lambda row: len(row.path), default=None)


def inside(folder: str, path: str) -> bool:
    """Whether a path is that of a folder, or lies below it."""
    return path == folder or path.startswith(_prefix(folder))


def below(folder: str) -> tuple[str, str]:
    """(first, after the last): between which texts the paths of all files below a folder are."""
    prefix = _prefix(folder)
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _prefix(folder: str) -> str:
    return folder if folder.endswith(os.sep) else folder + os.sep


# -- transactions ------------------------------------------------------------------------------------------------------


def meta(db: sqlite3.Connection, name: str) -> int:
    """A number of the file; 0 where it is not set."""
    found = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return int(found[0]) if found else 0


def next_revision(db: sqlite3.Connection, *, removes: bool = False) -> int:
    """Raises the revision, in a transaction that writes.

    A new file, also one that was healed, begins with one above all that an earlier file can have had.

    Args:
        db: the connection, within a transaction.
        removes: whether prompts may cease to count.

    Returns:
        The new revision.
    """
    number = meta(db, "revision")
    number = number + 1 if number else int(time.time() * 1000)
    changed = ["revision", *(["removed"] if removes else []), *(["born"] if not meta(db, "born") else [])]
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(name, number) for name in changed])
    return number


@contextlib.contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that writes; it is rolled back by the file where the block raises."""
    db.execute("BEGIN IMMEDIATE")
    yield
    db.execute("COMMIT")


@contextlib.contextmanager
def reading(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that sees one state of the file, whoever writes meanwhile."""
    db.execute("BEGIN")
    yield
    db.execute("COMMIT")
