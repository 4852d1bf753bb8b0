"""Brings the database in line with the folders: reads what is new or changed, keeps ids over renames, marks what is gone."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from stylus_core.errors import LibraryError
from stylus_core.library.codec import decode_metadata, encode_card, encode_metadata
from stylus_core.library.database import Database, next_revision
from stylus_core.library.header import read_header
from stylus_core.library.merge import read_metadata
from stylus_core.library.records import store_metadata_card
from stylus_core.library.sidecars import Context
from stylus_core.library.text import Malformed, fold
from stylus_core.library.walk import OPENED, Listed, Listing, list_roots, winners
from stylus_core.types import Card, Metadata

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger(__name__)

#: Files that one transaction writes: what a kill can lose.
BATCH = 500

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan found. The first five count this scan's changes to files, the next three what the library holds."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    renamed: int = 0
    unchanged: int = 0
    unreadable: int = 0
    unopened: int = 0
    shadowed: int = 0
    refined: int = 0  # cards made again because the refiner is a newer one
    seconds: float = 0.0
    roots: tuple[str, ...] = ()

    @property
    def found_something(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.renamed or self.refined)


class Row(NamedTuple):
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


class Read(NamedTuple):
    """What was read of a file, ready to be written."""

    item: Listed
    state: str
    problem: str
    notes: str
    digest: str
    signature: bytes
    title: str
    metadata: str
    card: str


class Plan(NamedTuple):
    """The difference between the folders and the database."""

    listing: Listing
    read: list[Listed]  # new, changed or to be tried again
    back: list[Row]  # gone before, there again, and the same
    missing: list[Row]
    refine: list[Row]  # unchanged, with a card of another refiner
    known: dict[str, Row]
    unchanged: int


def refiner_version() -> int:
    from stylus_core import refiner

    return int(getattr(refiner, "VERSION", 1))


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


def make_plan(database: Database, roots: Sequence[str]) -> Plan:
    """Compares, writes nothing. The database is read first: what another process adds later is then not taken for gone."""
    rows = database.rows(
        "SELECT path, id, signature, gone, refiner, state, problem, size, mtime_ns, inode, digest, revision FROM adapters"
    )
    known = {row[0]: Row(*row) for row in rows}
    version = refiner_version()
    listing = list_roots(roots)
    read: list[Listed] = []
    back: list[Row] = []
    refine: list[Row] = []
    unchanged = 0
    for path, item in listing.files.items():
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
    return Plan(listing, read, back, missing, refine, known, unchanged)


def would_change(plan: Plan) -> bool:
    """Whether carrying out the plan would find anything; a file that could not be opened and may be again does not count."""
    new = (i for i in plan.read if i.path not in plan.known or plan.known[i.path].signature or plan.known[i.path].gone)
    return bool(plan.back or plan.missing or plan.refine or next(new, None))


def scan(database: Database, roots: Sequence[str | os.PathLike[str]], progress: Progress | None = None) -> ScanReport:
    """See `Library.scan`."""
    started = time.perf_counter()
    paths = resolve_roots(roots)
    plan = make_plan(database, paths)
    total = len(plan.read) + len(plan.refine)
    step = _Stepper(progress, total)
    renames = _Renames(plan)
    counts = {"added": 0, "changed": 0, "renamed": 0, "unchanged": plan.unchanged}
    for start in range(0, len(plan.read), BATCH):
        batch = []
        for item in plan.read[start : start + BATCH]:
            found = read_item(item)
            row = plan.known.get(item.path)
            if row and not row.signature and not row.gone and (row.state, row.problem) == (found.state, found.problem):
                counts["unchanged"] += 1  # tried again, as unreadable as before
            else:
                batch.append((found, row, renames.of(item, found.digest) if row is None else None))
            step()
        if batch:
            _write(database, batch, counts)
    renames.drop_matched(plan.missing)
    refined = _refine_again(database, plan.refine, step)
    removed = _finish(database, plan)
    states = dict(database.rows("SELECT state, count(*) FROM adapters WHERE gone = 0 GROUP BY state"))
    shadowed = database.rows("SELECT count(*) FROM adapters WHERE gone = 0 AND state = 'ok' AND shadowed_by <> ''")[0][
        0
    ]
    return ScanReport(
        added=counts["added"] + len(plan.back),
        changed=counts["changed"],
        removed=removed,
        renamed=counts["renamed"],
        unchanged=counts["unchanged"],
        unreadable=states.get("unreadable", 0),
        unopened=states.get("unopened", 0),
        shadowed=shadowed,
        refined=refined,
        seconds=time.perf_counter() - started,
        roots=paths,
    )


class _Stepper:
    """Calls the progress callback, at most a hundred times or so."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0
        self.every = max(1, total // 100)

    def __call__(self) -> None:
        self.done += 1
        if self.progress and (self.done % self.every == 0 or self.done == self.total):
            self.progress(self.done, self.total)


class _Renames:
    """Finds, for a file under a new path, the row of a file that is not there any more."""

    def __init__(self, plan: Plan) -> None:
        self._inodes: dict[tuple[int, int, int], Row] = {}
        self._headers: dict[tuple[int, str], list[Row]] = {}
        self._taken: set[int] = set()
        lost = [*plan.missing, *(r for r in plan.known.values() if r.gone and r.path not in plan.listing.files)]
        for row in lost:
            if row.inode and row.size:
                self._inodes[row.size, row.mtime_ns, row.inode] = row
            if row.digest:
                self._headers.setdefault((row.size, row.digest), []).append(row)

    def of(self, item: Listed, digest: str) -> Row | None:
        found = self._inodes.get((item.size, item.mtime_ns, item.inode))
        if found is None or found.id in self._taken:
            # Epochs of one training may share size and header: then only a file that kept its name counts as moved.
            same = [r for r in self._headers.get((item.size, digest), ()) if r.id not in self._taken]
            named = [r for r in same if os.path.basename(r.path) == item.name]
            found = named[0] if named else same[0] if len(same) == 1 else None
        if found is not None:
            self._taken.add(found.id)
        return found

    def drop_matched(self, missing: list[Row]) -> None:
        missing[:] = [row for row in missing if row.id not in self._taken]


def read_item(item: Listed) -> Read:
    """Reads one file and refines what it says. Nothing that lies in a file makes this raise."""
    if item.problem:
        return _unusable(item, "unreadable", item.problem)
    extension = os.path.splitext(item.name)[1].lower()
    if extension != OPENED:
        return _unusable(
            item, "unopened", f"a {extension} file can run code when it is opened: it is listed and never opened"
        )
    try:
        header = read_header(os.path.join(item.folder, item.name))
    except Malformed as error:
        return _unusable(item, "unreadable", str(error))
    except OSError as error:
        return _unusable(item, "unreadable", error.strerror or str(error))._replace(signature=b"")
    try:
        metadata, damaged = read_metadata(header, Context(item.stem, item.folder, frozenset(item.beside)))
    except Exception as error:
        log.exception("the metadata of %s cannot be understood", item.path)
        return _unusable(item, "unreadable", f"its metadata cannot be understood ({type(error).__name__})")
    notes = [f"{name}: {problem}" for name, problem in damaged]
    if any(c in item.stem for c in ":<>="):
        notes.append("its name holds one of : < > =, which a <lora:...> tag cannot name: rename the file")
    card, failure = _refined(metadata, item.stem)
    return Read(
        item=item,
        state="ok",
        problem="",
        notes=json.dumps([*notes, *failure], ensure_ascii=False),
        digest=header.digest,
        signature=item.signature,
        title=metadata.title,
        metadata=encode_metadata(metadata),
        card=encode_card(card),
    )


def _unusable(item: Listed, state: str, problem: str) -> Read:
    return Read(item, state, problem, "[]", "", item.signature, "", "{}", "{}")


def _refined(metadata: Metadata, stem: str) -> tuple[Card, list[str]]:
    from stylus_core.refiner import refine

    try:
        return refine(metadata, stem), []
    except Exception as error:
        log.exception("the refiner failed on %s", stem)
        return Card(source="file name"), [f"it could not be described from its metadata ({type(error).__name__})"]


def _write(database: Database, batch: list[tuple[Read, Row | None, Row | None]], counts: dict[str, int]) -> None:
    version = refiner_version()
    with database.transaction() as connection:
        revision = next_revision(connection)
        for found, row, renamed in batch:
            outcome = _write_one(connection, found, renamed, revision, version)
            if outcome == "changed" and (row is None or row.gone):
                outcome = "added"  # another process was quicker, or it was gone and came back changed
            counts[outcome] += 1


def _write_one(connection: sqlite3.Connection, found: Read, renamed: Row | None, revision: int, version: int) -> str:
    item = found.item
    values = {
        **{
            name: getattr(found, name)
            for name in ("state", "problem", "notes", "digest", "signature", "metadata", "card")
        },
        **{name: getattr(item, name) for name in ("path", "stem", "size", "mtime_ns", "inode")},
        "refiner": version,
        "stem_key": fold(item.stem),
        "title_key": fold(found.title),
        "revision": revision,
        "gone": 0,
    }
    assign = ", ".join(f"{name} = :{name}" for name in values)
    current = connection.execute(
        "SELECT id, signature, gone, refiner FROM adapters WHERE path = ?", (item.path,)
    ).fetchone()
    outcome = "changed"
    if current:
        if current[1] == found.signature != b"" and not current[2] and current[3] == version:
            return "unchanged"  # another process wrote it meanwhile
        number = current[0]
        connection.execute(f"UPDATE adapters SET {assign} WHERE id = :id", {**values, "id": number})  # noqa: S608
    elif (
        renamed
        and connection.execute(
            f"UPDATE adapters SET {assign} WHERE id = :id AND path = :old",  # noqa: S608
            {**values, "id": renamed.id, "old": renamed.path},
        ).rowcount
    ):
        outcome, number = "renamed", renamed.id
    else:
        columns = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        number = connection.execute(f"INSERT INTO adapters ({columns}) VALUES ({marks})", values).lastrowid  # noqa: S608
        outcome = "added"
    store_metadata_card(connection, int(number or 0), found.card, new=outcome == "added")
    return outcome


def _refine_again(database: Database, rows: list[Row], step: _Stepper) -> int:
    """Makes the metadata's cards anew from the stored metadata, without touching a file."""
    version = refiner_version()
    for start in range(0, len(rows), BATCH):
        ids = [row.id for row in rows[start : start + BATCH]]
        marks = ",".join("?" * len(ids))
        made = []
        for number, stem, stored in database.rows(
            f"SELECT id, stem, metadata FROM adapters WHERE id IN ({marks})", ids
        ):  # noqa: S608
            made.append((number, encode_card(_refined(decode_metadata(stored), stem)[0])))
            step()
        with database.transaction() as connection:
            revision = next_revision(connection)
            for number, card in made:
                connection.execute(
                    "UPDATE adapters SET refiner = ?, revision = ? WHERE id = ?", (version, revision, number)
                )
                store_metadata_card(connection, number, card)
    return len(rows)


def _finish(database: Database, plan: Plan) -> int:
    """Marks what is gone, what is back, and which of several files with one stem the host does not load."""
    won = winners(plan.listing)
    shadows = {i.path: won[i.stem] for i in plan.listing.files.values() if won.get(i.stem, i.path) != i.path}
    stored = dict(database.rows("SELECT path, shadowed_by FROM adapters WHERE shadowed_by <> ''"))
    flips = [(shadows.get(p, ""), p) for p in shadows.keys() | stored.keys() if shadows.get(p, "") != stored.get(p, "")]
    folders = plan.listing.unlisted
    told = dict(database.rows("SELECT path, problem FROM folders"))
    removed = 0
    if not (flips or plan.missing or plan.back or folders != told):
        return removed
    with database.transaction() as connection:
        revision = next_revision(connection)
        for row in plan.missing:
            # Only if no other process has written it since this scan began.
            removed += connection.execute(
                "UPDATE adapters SET gone = ?, revision = ? WHERE id = ? AND path = ? AND revision = ? AND gone = 0",
                (revision, revision, row.id, row.path, row.revision),
            ).rowcount
        connection.executemany(
            "UPDATE adapters SET gone = 0, revision = ? WHERE id = ?", [(revision, r.id) for r in plan.back]
        )
        connection.executemany(
            "UPDATE adapters SET shadowed_by = ?, revision = ? WHERE path = ?", [(s, revision, p) for s, p in flips]
        )
        connection.execute("DELETE FROM folders")
        connection.executemany("INSERT INTO folders VALUES (?, ?)", folders.items())
    return removed
