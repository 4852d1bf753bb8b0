"""The folder of a run: pictures, a JSON line a picture, and what makes the two agree after a kill.

A picture's record is written to `pending/` first, then the picture takes its name, then the line is appended and
brought to the disk, then the record goes. Whatever a kill leaves is one of these steps, and `open` finishes or undoes
it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

from stylus_core.errors import StylusError
from stylus_core.pictures import ENDINGS, kind, read_file
from stylus_core.storage.cache_tables import is_damage
from stylus_core.storage.files import write_whole
from stylus_core.storage.sqlite_open import connect

RESULTS = "results.jsonl"
PICTURES = "pictures"
_PENDING = "pending"


class RunFolderError(StylusError):
    """The folder of a run cannot be used; the message names it and the way out."""


class RunFolder:
    """The results in `folder`. Safe to use from several threads; one process at a time, `open` sees to that."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._records: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._lock_db: sqlite3.Connection | None = None

    def __enter__(self) -> RunFolder:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Takes the folder for this process and reads what earlier runs made.

        Raises:
            RunFolderError: the folder cannot be used, another process has it, or a line of it is no record.
        """
        try:
            for part in (PICTURES, _PENDING):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
            self._lock_db = _lock_folder(self.folder / "lock.sqlite")
            self._read()
            self._recover()
        except OSError as error:
            raise RunFolderError(f"{self.folder} cannot be used for the results: {error.strerror or error}") from None

    def close(self) -> None:
        """Lets another process have the folder; waits for a picture that is being written."""
        with self._lock:
            if self._lock_db is not None:
                self._lock_db.close()
                self._lock_db = None

    @property
    def records(self) -> list[dict[str, Any]]:
        """One record a picture, in the order in which they were made."""
        with self._lock:
            return list(self._records.values())

    def has(self, job: str) -> bool:
        """Whether a picture and its line are there.

        Args:
            job: id of the job.

        Returns:
            True also where the picture is not whole any more: only its size was looked at.
        """
        with self._lock:
            return job in self._records

    def find(self, job: str) -> tuple[bytes, dict[str, Any]] | None:
        """A picture that was made.

        Args:
            job: id of the job.

        Returns:
            The picture's bytes and its record; None if it is not there, or not whole.
        """
        with self._lock:
            record = self._records.get(job)
        picture = _picture(self.folder, record) if record is not None else None
        return (picture, record) if picture is not None and record is not None else None

    def add(self, job: str, picture: bytes, record: dict[str, Any]) -> dict[str, Any]:
        """Writes a picture and its line, both on the disk when this returns.

        Args:
            job: id of the job.
            picture: bytes of a PNG, JPEG or WebP.
            record: what else the line says, plain JSON values.

        Returns:
            The whole record, with `id`, `file`, `bytes` and `sha256`.

        Raises:
            RunFolderError: the folder is closed or cannot be written to.
        """
        name = f"{PICTURES}/{job}{_ending(picture)}"
        whole = {
            "id": job,
            **record,
            "file": name,
            "bytes": len(picture),
            "sha256": hashlib.sha256(picture).hexdigest(),
        }
        with self._lock:
            if self._lock_db is None:
                raise RunFolderError(f"{self.folder} is closed")
            try:
                pending = self.folder / _PENDING / f"{job}.json"
                write_whole(pending, _line(whole))
                write_whole(self.folder / name, picture)
                self._append(whole)
                pending.unlink()
            except OSError as error:
                raise RunFolderError(f"{self.folder / name} cannot be written: {error.strerror or error}") from None
        return whole

    def _append(self, record: dict[str, Any]) -> None:
        line = _line(record)
        with (self.folder / RESULTS).open("ab", buffering=0) as file:
            before = file.tell()
            try:
                if file.write(line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)  # another picture's line may still find room
                raise
        self._records[record["id"]] = record

    def _read(self) -> None:
        """The lines whose picture is there. A torn one, and one whose picture is gone, leave the file."""
        path = self.folder / RESULTS
        data = path.read_bytes() if path.exists() else b""
        for number, line in enumerate(data.split(b"\n"), start=1):
            if not line.strip():
                continue
            record = _record(line)
            if record is None and data.count(b"\n") >= number:
                raise RunFolderError(f"line {number} of {path} is no result of a batch: mend it, or give another --out")
            if record is not None and _size(self.folder / record["file"]) == record["bytes"]:
                self._records[record["id"]] = record
        kept = b"".join(map(_line, self._records.values()))
        if kept != data:
            write_whole(path, kept)

    def _recover(self) -> None:
        for path in sorted((self.folder / _PENDING).iterdir()):
            record = _record(path.read_bytes()) if path.suffix == ".json" else None
            if record is not None and record["id"] not in self._records and _picture(self.folder, record):
                self._append(record)
            path.unlink()
        for torn in (self.folder / PICTURES).glob("*.part"):
            torn.unlink()


def _lock_folder(path: Path) -> sqlite3.Connection:
    """A lock that ends with the process, on every system, however the process ends."""
    connection = connect(path, 0)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        connection.close()
        if is_damage(error):  # nobody holds a lock on what is no database, and nothing is kept in it
            path.unlink()
            return _lock_folder(path)
        raise RunFolderError(f"another run is writing to {path.parent}: wait for it, or give another --out") from None
    return connection


def _ending(picture: bytes) -> str:
    found = kind(picture)
    if found is None:
        raise RunFolderError("only a picture can be kept")
    return ENDINGS[found]


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=True).encode("ascii") + b"\n"


def _record(line: bytes) -> dict[str, Any] | None:
    """A line's record, or None if it is not one that we wrote: its file must lie among the pictures."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not isinstance(value.get("bytes"), int):
        return None
    file = value.get("file")
    stem = f"{PICTURES}/{value['id']}."
    named = isinstance(file, str) and file.startswith(stem) and file[len(stem) :].isalnum() and value["id"].isalnum()
    return value if named else None


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return -1


def _picture(folder: Path, record: dict[str, Any]) -> bytes | None:
    """The picture that the record is of, or None if it is not there, or not whole."""
    try:
        data = read_file(folder / record["file"], record["bytes"])
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == record.get("sha256") else None
