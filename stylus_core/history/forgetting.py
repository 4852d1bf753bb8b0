"""Takes what was learned out of the file of a history, so that nothing of it is left on the disk."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass

from stylus_core.errors import LibraryError
from stylus_core.history import history_file as rows
from stylus_core.history.history_file import WAIT, FolderRow
from stylus_core.history.picture_rows import forget_pictures

_PATIENCE = 5.0  # seconds for which others are waited for who read what is to be wiped
_UNWIPED = "unwiped"
_PAUSE = 0.05  # seconds between two tries


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten.

    Attributes:
        pictures: that had said something.
        corrections: of the user's.
        stays_off: the folder lies in a learned one and is kept as one that is off, or it would be learned again.
        wiped: nothing of it is left in the file; False: another process was just reading it, and the next reading or
            forgetting wipes it.
    """

    pictures: int
    corrections: int
    stays_off: bool
    wiped: bool


def forget_everything(db: sqlite3.Connection) -> Forgotten:
    """Takes out all pictures, folders, corrections and settings, in a transaction of the caller's."""
    _, pictures = forget_pictures(db, None, rows.next_revision(db, removes=True))
    corrections = db.execute("DELETE FROM corrections").rowcount
    db.execute("DELETE FROM folders")
    db.execute("DELETE FROM settings")
    return Forgotten(pictures, corrections, False, True)


def forget_folder(db: sqlite3.Connection, where: str) -> Forgotten:
    """Takes out a folder and those below it, in the caller's transaction. Raises `LibraryError` if there is none."""
    folders = rows.folder_rows(db)
    gone = [row for row in folders if rows.inside(where, row.path)]
    files, pictures = forget_pictures(db, where, rows.next_revision(db, removes=True))
    if not gone and not files:
        raise LibraryError(not_learned(where, folders))
    db.executemany("DELETE FROM folders WHERE id = ?", [(row.id,) for row in gone])
    db.execute("DELETE FROM settings WHERE name = ?", (rows.LINKS,))  # names of these pictures are among them
    outer = rows.nearest([row for row in folders if row not in gone], where)
    if outer is not None and outer.on:
        rows.put_folder(db, FolderRow(rows.digest(where), where, False, 0.0))
    return Forgotten(pictures, 0, outer is not None and outer.on, True)


def note_unwiped(db: sqlite3.Connection) -> None:
    """Notes, in the transaction that forgets, that it is still to be wiped off the disk."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, 1)", (_UNWIPED,))


def wipe_forgotten(db: sqlite3.Connection) -> bool:
    """Wipes what was forgotten off the disk, if that is still to be done; whether nothing is left to do."""
    if not rows.meta(db, _UNWIPED):
        return True
    done = _wipe(db)
    if done:
        db.execute("DELETE FROM meta WHERE name = ?", (_UNWIPED,))
    return done


def _wipe(db: sqlite3.Connection) -> bool:
    """Leaves nothing in the file and its log of what is not in the tables; whether that could be done."""
    until = time.monotonic() + _PATIENCE
    db.execute("PRAGMA busy_timeout=500")
    try:
        while True:
            with contextlib.suppress(sqlite3.OperationalError):
                db.execute("VACUUM")
                if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                    return True
            if time.monotonic() > until:
                return False
            time.sleep(_PAUSE)
    finally:
        db.execute(f"PRAGMA busy_timeout={round(WAIT * 1000)}")


def not_learned(where: str, folders: list[FolderRow]) -> str:
    """A sentence on a folder that is not learned, and the way out."""
    known = ", ".join(row.path for row in folders) or "none so far"
    return f"nothing was learned of {where} (learned folders: {known}): `stylus learn {where}` learns it"
