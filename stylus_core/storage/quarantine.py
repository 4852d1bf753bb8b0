"""What was damaged is moved aside, never deleted at once: a few of each are kept, and told where they are."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
from pathlib import Path

#: What was damaged and what became of it is told here, in one sentence each; the command line shows these.
log = logging.getLogger("stylus.storage")

_KEPT = 3  # of one file that are kept aside; the oldest go first
_ASIDE = re.compile(r"(.+)\.broken-(\d{1,9})")
_BESIDE = ("-wal", "-shm", "-journal")  # of a database


def move_aside(path: Path, kind: str = "", to: Path | None = None) -> Path | None:
    """Moves a damaged file, database or folder to `NAME.broken-N`.

    Args:
        path: of what is damaged.
        kind: what the names of all things of this kind begin with, where each has a name of its own; few are kept of
            them together.
        to: the name to move it to, without the ending; beside it if None.

    Returns:
        Where it is now; None where it cannot be moved, or is not there.
    """
    to = to or path
    before = _of_kind(to.parent, kind or to.name, exact=not kind)
    number = before[-1][0] + 1 if before else 1
    aside = to.with_name(f"{to.name}.broken-{number}")
    try:
        os.replace(path, aside)
    except OSError:
        return None
    for suffix in _BESIDE:
        with contextlib.suppress(OSError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")
    for _, old in before[: max(0, len(before) + 1 - _KEPT)]:
        _delete(old)
    return aside


def move_aside_and_log(path: Path, error: object, then: str, kind: str = "", to: Path | None = None) -> None:
    """Moves something damaged aside as `move_aside` does, and logs it in one sentence.

    Args:
        path: of what is damaged.
        error: what is wrong with it.
        then: what happens next, as the end of the sentence: "the index is built anew".
        kind: as for `move_aside`.
        to: as for `move_aside`.
    """
    gone = not os.path.lexists(path)
    aside = move_aside(path, kind, to)
    where = (
        f"it was moved to {aside}" if aside is not None else "it is not there" if gone else "it cannot be moved aside"
    )
    log.warning("%s was damaged (%s): %s, and %s", path, error, where, then)


def delete_aside(path: Path) -> None:
    """Deletes what was moved aside of a file, for what must not be kept any longer.

    Args:
        path: of the file itself, which stays.
    """
    for _, old in _of_kind(path.parent, path.name, exact=True):
        _delete(old)


def is_aside(path: Path) -> bool:
    """Tells whether a path is that of something that was moved aside.

    Args:
        path: only its last part counts.

    Returns:
        True if the name ends as `move_aside` ends one.
    """
    return _ASIDE.fullmatch(path.name) is not None


def find_moved_aside(folder: Path) -> list[Path]:
    """Finds all that was moved aside, anywhere under a folder.

    Args:
        folder: it need not exist.

    Returns:
        Files and folders in the order of their paths; what lies in a folder that was moved aside is not listed.
    """
    found = []
    for where, folders, files in os.walk(folder):
        found += [path for name in (*folders, *files) if is_aside(path := Path(where, name))]
        folders[:] = [name for name in folders if not _ASIDE.fullmatch(name)]
    return sorted(found)


def _of_kind(folder: Path, name: str, *, exact: bool) -> list[tuple[int, Path]]:
    """(number, path) of those that were moved aside before, the oldest first."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            match = _ASIDE.fullmatch(entry.name)
            if match and (match[1] == name if exact else match[1].startswith(name)):
                found.append((int(match[2]), Path(entry.path)))
    return sorted(found)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    for suffix in ("", *_BESIDE):
        with contextlib.suppress(OSError):
            os.unlink(f"{path}{suffix}")
