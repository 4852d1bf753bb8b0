"""The library: adapter files, what they say and what was made of it, in one SQLite file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from stylus_core.errors import LibraryError, OptionError
from stylus_core.library.adapter_rows import FIND, NAMES, OF_IDS, OF_STATUS, Problem, adapter_of, reason_of
from stylus_core.library.cards import SOURCES
from stylus_core.library.database import Database, DatabaseState, next_revision
from stylus_core.library.database_rows import cards_of, store_card, update_effective_card
from stylus_core.library.database_upkeep import DatabaseUpkeep
from stylus_core.library.edits import SETTERS, Edit, change, read_edits, undo, undoable
from stylus_core.library.fields import checked
from stylus_core.library.folder_walk import folders_changed, folders_moved
from stylus_core.library.hostile_text import clean, fold
from stylus_core.library.pairs import could_be_half
from stylus_core.library.pool_traits import PoolTraits, read_traits
from stylus_core.library.provenance import FieldProvenance, field_provenance
from stylus_core.library.record_codec import decode_card, encode_card, loads
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.library.scan import ScanReport
from stylus_core.library.scan_plan import make_plan, resolve_roots, would_change
from stylus_core.progress import StageProgress
from stylus_core.storage.sqlite_values import storable_text
from stylus_core.types import Adapter, Card

if TYPE_CHECKING:
    import sqlite3

#: Rows that `adapters` holds in memory at once.
_CHUNK = 500

_Made = TypeVar("_Made")


class Library:
    """Adapters of one or more folders. Safe to use from several threads, and from several processes at once.

    Every method raises `LibraryError` where the database cannot be used. A damaged one is moved aside to
    `NAME.broken-N` and another begun: without an error when it is opened, with a `DatabaseLost` when it is noticed
    later, since ids that were asked for before mean nothing in another. The same goes for one whose file was deleted
    or replaced while it was open. The next scan fills the new one, with what the user had set and models had
    described, and tells so.
    """

    def __init__(self, database: Path, refiner: Refiner) -> None:
        """Opens the SQLite file `database`, or creates it together with its folder.

        `refiner` makes the cards, and `stylus_core.refiner.MetadataRefiner` is the one that there is.
        """
        self._refiner = refiner
        self._database = Database(Path(database))
        self._upkeep = DatabaseUpkeep(self._database, refiner)

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()
        self._upkeep.close()

    def scan(self, roots: Sequence[str | os.PathLike[str]], progress: StageProgress | None = None) -> ScanReport:
        """Brings the library in line with the folders `roots`, in the order in which the host lists them.

        Reads only files of which path, size, mtime or sidecars changed. `progress(done, total)` counts those. What is
        read is committed every few hundred files: a scan that is killed goes on where it stopped. A file that moved
        or was renamed keeps its id. Raises `LibraryError` if none of the roots is a folder.
        """
        return self._upkeep.scan(roots, progress)

    def scan_in_background(self, roots: Sequence[str | os.PathLike[str]], pause: Callable[[], None]) -> ScanReport:
        """The same on a connection of its own, for a thread in the background: others read meanwhile.

        `pause` is called every few milliseconds and may wait, as long as something else is more urgent.
        """
        return self._upkeep.scan_in_background(roots, pause)

    def moved(self, roots: Sequence[str | os.PathLike[str]]) -> bool:
        """Whether a file came, went or was renamed since this object listed the roots, or it has not; a stat a folder.

        What `changed` tells with `quick`, but for changes within one tick of the file system's clock.
        """
        paths = resolve_roots(roots)
        if self._upkeep.renewed():
            return True
        folders = self._upkeep.folders
        return not all(path in folders for path in paths) or folders_moved(folders)

    @property
    def is_fresh(self) -> bool:
        """Whether a folder had only just changed when it was listed: more may have come within the clock's tick."""
        return any(seen.is_fresh for seen in self._upkeep.folders.values())

    def changed(self, roots: Sequence[str | os.PathLike[str]], *, quick: bool = False) -> bool:
        """Whether a scan would find anything: lists the folders and compares, opens no file, writes nothing.

        `quick` only looks at the folders' own mtimes where this object has listed the same roots before (a fraction of
        a millisecond): that tells files that came, went or were renamed, and not sidecars that were edited in place.
        """
        paths = resolve_roots(roots)
        if self._upkeep.renewed():
            return True
        folders = self._upkeep.folders
        if quick and all(path in folders for path in paths) and not folders_changed(folders):
            return False
        plan = make_plan(self._database, paths, self._refiner.version)
        if would_change(plan):
            return True
        self._upkeep.same(plan.listing.folders)
        return False

    def adapters(self, statuses: Iterable[str] = ("ok",)) -> Iterator[Adapter]:
        """The adapters with one of these statuses, in the order of their ids."""
        wanted = json.dumps(list(statuses))
        last = 0
        while rows := self._database.rows(OF_STATUS, (last, wanted, _CHUNK)):
            last = rows[-1][0]
            with self._database.guard():
                some = list(map(adapter_of, rows))
            yield from some

    def get(self, ids: Sequence[int]) -> dict[int, Adapter]:
        """The adapters with these ids, of any status, by id; those that are gone are left out."""
        rows = self._database.rows(OF_IDS, (json.dumps([int(i) for i in ids]),))
        with self._database.guard():
            return {row[0]: adapter_of(row) for row in rows}

    def traits(self, ids: Sequence[int] | None = None, details: bool = True) -> Iterator[PoolTraits]:
        """What tells whether an adapter may be picked at all, of those with status "ok": of these ids or of all.

        Without `details` only what the file's path says.
        """
        return read_traits(self._database, ids, details)

    def find(self, name: str, *, whole: bool = False) -> list[Adapter]:
        """Adapters named `name` in any case, usable ones first: by stem, else by title, else with `name` in either.

        That of exactly this stem comes first: names that differ in case or in Unicode's form are two to the hosts.
        The last looks at every adapter, which takes a fifth of a second for 100,000; `whole` leaves it out.
        """
        key, exact = fold(clean(name, 400)), storable_text(name)
        values = {"key": key, "exact": exact, "exact_key": fold(exact)}
        found = (self._database.rows(sql, values) for sql in (FIND[:2] if whole else FIND)) if key else iter(())
        with self._database.guard():
            return [adapter_of(row) for row in next(filter(None, found), [])]

    def possible_halves(self, ids: Sequence[int]) -> list[Adapter]:
        """Of these adapters, and of all files that cannot be selected, those whose names may call them half of a pair.

        Opens the metadata of those alone: of many files that is few.
        """
        rows = self._database.rows(NAMES, (json.dumps([int(i) for i in ids]),))
        marked = [
            number
            for number, path, stem, version, title in rows
            if could_be_half(stem, str(version or ""), str(title or ""), os.path.basename(os.path.dirname(path)))
        ]
        return list(self.get(marked).values())

    def problems(self) -> list[Problem]:
        """Files that cannot be selected, files with damaged sidecars and folders that cannot be listed, by path."""
        out = [Problem(path, why, "folder") for path, why in self._database.rows("SELECT path, problem FROM folders")]
        sql = "SELECT path, status, problem, shadowed_by, notes FROM present WHERE status <> 'ok' OR notes <> '[]'"
        for path, status, problem, shadowed_by, notes in self._database.rows(sql):
            if status == "excluded":
                continue  # as the user wants it
            if status != "ok":
                out.append(Problem(path, reason_of(status, problem, shadowed_by), status))
            with self._database.guard():
                out.extend(Problem(path, str(note), status) for note in loads(notes))
        return sorted(out)

    @property
    def state(self) -> DatabaseState:
        """Which database this is and how far it is: what was made of a library is of no other state.

        The identity is another one after a damaged database was made anew, and its ids are then of other adapters.
        """
        return self._database.state

    @property
    def revision(self) -> int:
        """Grows with every change to what the library holds, made by any process."""
        return self.state.revision

    def stems_until(self, revision: int) -> dict[int, str] | None:
        """By id the stems of the selectable adapters that were written no later than this.

        For indexes that older versions made without the database's identity; None where this is no database of theirs.
        """
        unnamed = self._database.rows("SELECT value FROM meta WHERE name = 'unnamed'")
        if not unnamed or revision > unnamed[0][0]:
            return None
        sql = "SELECT id, stem FROM present WHERE status = 'ok' AND revision <= ?"
        return dict(self._database.rows(sql, (revision,)))

    def changes_since(self, revision: int) -> tuple[set[int], set[int]]:
        """(ids of adapters with status "ok" that are new or different, ids that are not selectable any more).

        Take `revision` before calling this: what changes in between is then told once more, not lost.
        """
        sql = """SELECT id, EXISTS (SELECT 1 FROM present WHERE present.id = adapters.id AND status = 'ok')
            FROM adapters WHERE revision > ?"""
        usable: set[int] = set()
        lost: set[int] = set()
        for number, is_usable in self._database.rows(sql, (revision,)):
            (usable if is_usable else lost).add(number)
        return usable, lost

    def put_cards(self, cards: Mapping[int, Card], source: str, inputs_keys: Mapping[int, str] | None = None) -> None:
        """Stores cards that a model or an import made, by adapter id; the metadata's card stays as the fallback.

        `source` is "vlm", "llm" or "import". `inputs_keys` says by id what each was made from (see `card_keys`). Ids
        that the library does not have are left out.
        """
        if source not in SOURCES or source == "metadata":
            raise LibraryError(f"cards come from one of {', '.join(SOURCES[:-1])}, not from {source!r}")
        keys = inputs_keys or {}
        with self._database.transaction() as connection:
            revision = next_revision(connection)
            for number, card in cards.items():
                if connection.execute("UPDATE adapters SET revision = ? WHERE id = ?", (revision, number)).rowcount:
                    store_card(connection, number, source, keys.get(number, ""), encode_card(card))
                    update_effective_card(connection, number, self._refiner)
        self._upkeep.back_up()

    def cards(self, source: str, ids: Sequence[int]) -> dict[int, Card]:
        """The cards that `source` made, by adapter id, whichever card counts; those without one are left out."""
        sql = "SELECT adapter_id, card FROM cards WHERE source = ? AND adapter_id IN (SELECT value FROM json_each(?))"
        rows = self._database.rows(sql, (source, json.dumps([int(i) for i in ids])))
        with self._database.guard():
            return {number: decode_card(card) for number, card in rows}

    def card_keys(self, source: str) -> dict[int, str]:
        """For each adapter that has a card of `source`: the key of what that card was made from."""
        return dict(self._database.rows("SELECT adapter_id, inputs_key FROM cards WHERE source = ?", (source,)))

    def edit(self, adapter_id: int, values: Mapping[str, Any], *, by: str = "user") -> bool:
        """Sets what the user says of an adapter; it wins over everything and survives rescans.

        Args:
            adapter_id: of an adapter that the library has.
            values: by field, as `fields.TABLE` has them; None takes the user's word back. All of them are one change.
            by: where the change comes from, one of `edits.SETTERS`.

        Returns:
            Whether anything is different from before.

        Raises:
            OptionError: for a field or a value that cannot be.
            LibraryError: for an adapter that the library does not have.
        """
        wanted = checked(values)
        if by not in SETTERS:
            raise OptionError(f"an edit is made by one of {', '.join(SETTERS)}, not {by!r}")
        return self._edited(adapter_id, lambda connection: change(connection, adapter_id, wanted, by))

    def undo(self, adapter_id: int) -> tuple[str, ...]:
        """Takes back the last change that `edit` made of an adapter, then the one before it, and so on.

        Returns the fields that it was about; none where there is no change left. Raises `LibraryError` for an adapter
        that the library does not have.
        """
        return self._edited(adapter_id, lambda connection: undo(connection, adapter_id))

    def edits(self, adapter_id: int) -> dict[str, Edit]:
        """What the user set of an adapter, by field."""
        with self._database.guard():
            return read_edits(self._database.rows, adapter_id)

    def undoable(self, adapter_id: int) -> int:
        """How many changes of an adapter `undo` can take back."""
        return undoable(self._database.rows, adapter_id)

    def field_provenance(self, adapter: Adapter) -> list[FieldProvenance]:
        """Each field that can be set: its value, who set it, and what it would be without the user's word."""
        with self._database.guard():
            cards = cards_of(self._database.rows, adapter.id)
            return field_provenance(adapter, self.edits(adapter.id), cards, self._refiner)

    def _edited(self, adapter_id: int, make: Callable[[sqlite3.Connection], _Made]) -> _Made:
        with self._database.transaction() as connection:
            if not connection.execute("SELECT 1 FROM adapters WHERE id = ?", (adapter_id,)).fetchone():
                raise LibraryError(f"there is no adapter with the id {adapter_id} in the library")
            if made := make(connection):
                update_effective_card(connection, adapter_id, self._refiner)
                stamp = (next_revision(connection), adapter_id)
                connection.execute("UPDATE adapters SET revision = ? WHERE id = ?", stamp)
        self._upkeep.back_up()
        return made
