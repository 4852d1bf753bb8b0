"""What a scan has to do: the difference between the folders and the database."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from stylus_core.errors import LibraryError
from stylus_core.library.database import Database
from stylus_core.library.folder_walk import Listed, Listing, list_roots
from stylus_core.library.header import COMMON
from stylus_core.library.naming import Naming

log = logging.getLogger(__name__)

_AT_ONCE = 2000  # rows that are read or compared without a pause
_SNAPSHOT = (
    "SELECT path, id, signature, gone, refiner, state, problem, size, mtime_ns, inode, digest, revision "
    "FROM adapters WHERE path > ? ORDER BY path LIMIT ?"
)


class StoredRow(NamedTuple):
    """What the database knows of a file, as far as a scan needs it."""

    path: str
    id: int
    signature: bytes
    gone: int
    refiner: int
    state: str
    problem: str
    size: int
    mtime_ns: int
    inode: int
    digest: str
    revision: int


class ScanPlan(NamedTuple):
    """The difference between the folders and the database."""

    listing: Listing
    read: list[Listed]  # new, changed or to be tried again
    back: list[StoredRow]  # gone before, there again, and the same
    missing: list[StoredRow]
    refine: list[StoredRow]  # unchanged, with a card of another refiner
    known: dict[str, StoredRow]
    unchanged: int


def resolve_roots(roots: Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Absolute paths of the roots. Raises `LibraryError` if none of them is a folder."""
    paths = tuple(dict.fromkeys(os.path.abspath(os.path.expanduser(os.fspath(r))) for r in roots))
    if not paths:
        raise LibraryError("no library folder was given: name the folder that holds your LoRA files")
    missing = [p for p in paths if not os.path.isdir(p)]
    for path in missing:
        log.warning("the library folder %s is not there: its adapters are left out until it is", path)
    if len(missing) == len(paths):
        what = "is not a folder" if os.path.exists(missing[0]) else "does not exist"
        raise LibraryError(f"the library folder {missing[0]} {what}: name the folder that holds your LoRA files")
    return paths


def make_plan(
    database: Database, roots: Sequence[str], version: int, naming: Naming, pause: Callable[[], None] | None = None
) -> ScanPlan:
    """Compares, writes nothing. `version` is the refiner's: cards of another one are to be made again.

    `naming` says which files are adapters. `pause` is called every few milliseconds. The database is read first: what
    another process adds meanwhile is then not taken for gone.
    """
    known: dict[str, StoredRow] = {}
    last = ""
    while rows := database.rows(_SNAPSHOT, (last, _AT_ONCE)):
        last = rows[-1][0]
        known.update((row[0], StoredRow(*row)) for row in rows)
        if pause:
            pause()
    listing = list_roots(roots, naming.extensions, pause)
    read: list[Listed] = []
    back: list[StoredRow] = []
    refine: list[StoredRow] = []
    unchanged = 0
    for number, (path, item) in enumerate(listing.files.items()):
        if pause and number % _AT_ONCE == 0:
            pause()
        row = known.get(path)
        if row is None or row.signature != item.signature:
            read.append(item)
            continue
        if row.gone:
            back.append(row)
        else:
            unchanged += 1
        if row.refiner != version and row.state == "ok":
            refine.append(row)
    missing = [row for row in known.values() if not row.gone and row.path not in listing.files]
    if listing.unlisted and missing:
        hidden = tuple(os.path.join(folder, "") for folder in listing.unlisted)
        missing = [row for row in missing if not row.path.startswith(hidden)]
    return ScanPlan(listing, read, back, missing, refine, known, unchanged)


def would_change(plan: ScanPlan) -> bool:
    """Whether carrying out the plan would find anything, apart from trying unreadable files again."""
    new = (i for i in plan.read if i.path not in plan.known or plan.known[i.path].signature or plan.known[i.path].gone)
    return bool(plan.back or plan.missing or plan.refine or next(new, None))


class Renames:
    """Finds, for a file under a new path, the row of a file that is not there any more."""

    def __init__(self, plan: ScanPlan) -> None:
        self._inodes: dict[tuple[int, int, int], StoredRow] = {}
        self._headers: dict[tuple[int, str], list[StoredRow]] = {}
        self._taken: set[int] = set()
        lost = [*plan.missing, *(r for r in plan.known.values() if r.gone and r.path not in plan.listing.files)]
        for row in lost:
            if row.inode and row.size:
                self._inodes[row.size, row.mtime_ns, row.inode] = row
            if row.digest:
                self._headers.setdefault((row.size, row.digest), []).append(row)

    def of(self, item: Listed, digest: str) -> StoredRow | None:
        """Finds the row of a file that moved here: by its inode, else by its header; None where none is left."""
        found = self._inodes.get((item.size, item.mtime_ns, item.inode))
        if found is None or found.id in self._taken:
            # Where several files share size and header, only one that kept its name counts as moved.
            same = [r for r in self._headers.get((item.size, digest), ()) if r.id not in self._taken]
            named = [r for r in same if os.path.basename(r.path) == item.name]
            alone = same if len(same) == 1 and not digest.startswith(COMMON) else []
            found = next(iter((*named, *alone)), None)
        if found is not None:
            self._taken.add(found.id)
        return found

    def drop_matched(self, missing: list[StoredRow]) -> None:
        """Takes out of `missing` the rows that were found elsewhere."""
        missing[:] = [row for row in missing if row.id not in self._taken]
