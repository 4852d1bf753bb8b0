"""Brings the database in line with the folders: reads what is new or changed, keeps ids, marks what is gone."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stylus_core.errors import LibraryError
from stylus_core.library.database import Database, next_revision
from stylus_core.library.database_rows import store_card, update_effective_card, write_file
from stylus_core.library.file_reader import ReadFile, read_item, refined, unusable
from stylus_core.library.folder_walk import Listing
from stylus_core.library.naming import Naming
from stylus_core.library.record_codec import decode_metadata, encode_card
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.library.scan_plan import Renames, ScanPlan, StoredRow, make_plan, resolve_roots
from stylus_core.progress import StageProgress

log = logging.getLogger(__name__)

#: Files that one transaction writes: what a kill can lose.
BATCH = 500


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan found. The first five count files of this scan, the next three what the library holds after it."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    renamed: int = 0
    unchanged: int = 0
    unreadable: int = 0
    unopened: int = 0
    shadowed: int = 0
    refined: int = 0  # cards made again because the refiner is another version
    seconds: float = 0.0
    roots: tuple[str, ...] = ()


def scan(
    database: Database,
    roots: Sequence[str | os.PathLike[str]],
    refiner: Refiner,
    naming: Naming,
    progress: StageProgress | None = None,
    pause: Callable[[], None] | None = None,
) -> tuple[ScanReport, Listing]:
    """See `Library.scan`. Returns the listing as well, by which later changes are noticed."""
    started = time.perf_counter()
    paths = resolve_roots(roots)
    plan = make_plan(database, paths, refiner.version, naming, pause)
    step = _Stepper(progress, len(plan.read) + len(plan.refine))
    counts = _read(database, plan, refiner, step)
    _refine_again(database, plan.refine, refiner, step)
    removed = _finish(database, plan, naming)
    states = dict(database.rows("SELECT status, count(*) FROM present WHERE status <> 'ok' GROUP BY status"))
    report = ScanReport(
        added=counts["added"] + len(plan.back),
        changed=counts["changed"],
        removed=removed,
        renamed=counts["renamed"],
        unchanged=counts["unchanged"] + plan.unchanged,
        unreadable=states.get("unreadable", 0),
        unopened=states.get("unopened", 0),
        shadowed=states.get("shadowed", 0),
        refined=len(plan.refine),
        seconds=time.perf_counter() - started,
        roots=paths,
    )
    return report, plan.listing


class _Stepper:
    """Calls the progress callback, about a hundred times in all."""

    def __init__(self, progress: StageProgress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0
        self.every = max(1, total // 100)

    def __call__(self) -> None:
        self.done += 1
        if self.progress and (self.done % self.every == 0 or self.done == self.total):
            self.progress(self.done, self.total)


def _read(database: Database, plan: ScanPlan, refiner: Refiner, step: _Stepper) -> Counter[str]:
    """Reads the plan's files, batch by batch; takes those that turn out to be renamed out of `plan.missing`."""
    counts: Counter[str] = Counter()
    renames = Renames(plan)
    for start in range(0, len(plan.read), BATCH):
        batch: list[tuple[ReadFile, StoredRow | None]] = []
        for item in plan.read[start : start + BATCH]:
            found = read_item(item, refiner)
            row = plan.known.get(item.path)
            if row and not (row.gone or row.signature) and (row.state, row.problem) == (found.state, found.problem):
                counts["unchanged"] += 1  # could not be opened before, and cannot now
            else:
                batch.append((found, None if row else renames.of(item, found.digest)))
            step()
        if batch:
            with database.transaction() as connection:
                revision = next_revision(connection)
                counts.update(_write(connection, found, renamed, revision, refiner) for found, renamed in batch)
    renames.drop_matched(plan.missing)
    return counts


def _write(
    connection: sqlite3.Connection, found: ReadFile, renamed: StoredRow | None, revision: int, refiner: Refiner
) -> str:
    try:
        return write_file(connection, found, renamed, revision, refiner)
    except (sqlite3.Error, LibraryError):
        raise
    except Exception as error:  # it concerns this file alone
        log.exception("what was read of %s cannot be stored", found.item.path)
        problem = f"what is in it cannot be stored ({type(error).__name__})"
        return write_file(connection, unusable(found.item, "unreadable", problem), renamed, revision, refiner)


def _refine_again(database: Database, rows: list[StoredRow], refiner: Refiner, step: _Stepper) -> None:
    """Makes the metadata's cards anew from the stored metadata, without touching a file."""
    sql = "SELECT id, stem, metadata FROM adapters WHERE id IN (SELECT value FROM json_each(?))"
    for start in range(0, len(rows), BATCH):
        made = []
        for number, stem, stored in database.rows(sql, (json.dumps([row.id for row in rows[start : start + BATCH]]),)):
            with database.guard():
                metadata = decode_metadata(stored)
            made.append((number, encode_card(refined(metadata, stem, refiner)[0])))
            step()
        with database.transaction() as connection:
            revision = next_revision(connection)
            for number, card in made:
                values = (refiner.version, revision, number)
                connection.execute("UPDATE adapters SET refiner = ?, revision = ? WHERE id = ?", values)
                store_card(connection, number, "metadata", "", card)
                update_effective_card(connection, number, refiner)


def _finish(database: Database, plan: ScanPlan, naming: Naming) -> int:
    """Marks what is gone, what is back, and what the host does not load; returns how many are gone."""
    shadows = naming.shadows(plan.listing)
    stored = dict(database.rows("SELECT path, shadowed_by FROM adapters WHERE shadowed_by <> ''"))
    flips = {p: shadows.get(p, "") for p in shadows.keys() | stored.keys() if shadows.get(p, "") != stored.get(p, "")}
    folders = plan.listing.unlisted
    told = dict(database.rows("SELECT path, problem FROM folders"))
    removed = 0
    if not (flips or plan.missing or plan.back or folders != told):
        return removed
    with database.transaction() as connection:
        revision = next_revision(connection)
        # Only if no other process has written the row since this scan began.
        gone = "UPDATE adapters SET gone = ?, revision = ? WHERE id = ? AND path = ? AND revision = ? AND gone = 0"
        for row in plan.missing:
            removed += connection.execute(gone, (revision, revision, row.id, row.path, row.revision)).rowcount
        back = "UPDATE adapters SET gone = 0, revision = ? WHERE id = ?"
        connection.executemany(back, [(revision, row.id) for row in plan.back])
        flip = "UPDATE adapters SET shadowed_by = ?, revision = ? WHERE path = ?"
        connection.executemany(flip, [(winner, revision, path) for path, winner in flips.items()])
        connection.execute("DELETE FROM folders")
        connection.executemany("INSERT INTO folders VALUES (?, ?)", folders.items())
    return removed
