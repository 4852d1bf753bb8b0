"""The library: adapter files, what they say and what was made of it, in one SQLite file."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from stylus_core.errors import LibraryError, OptionError
from stylus_core.library.cards import SOURCES
from stylus_core.library.database import Database, next_revision
from stylus_core.library.database_rows import store_card, update_effective_card
from stylus_core.library.database_upkeep import DatabaseUpkeep
from stylus_core.library.edits import SETTERS, change, undo
from stylus_core.library.fields import checked
from stylus_core.library.folder_walk import edited, folders_changed, folders_moved
from stylus_core.library.library_reader import LibraryReader
from stylus_core.library.naming import Naming, StemNaming
from stylus_core.library.record_codec import encode_card
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.library.scan import ScanReport
from stylus_core.library.scan_plan import make_plan, resolve_roots, would_change
from stylus_core.progress import StageProgress
from stylus_core.types import Card

if TYPE_CHECKING:
    import sqlite3

_Made = TypeVar("_Made")

#: Seconds that a look at each sidecar may take, and for which there is none after one that took longer.
_PATIENCE, _REST = 0.25, 60.0


class Library(LibraryReader):
    """Adapters of one or more folders. Safe to use from several threads, and from several processes at once.

    Every method raises `LibraryError` where the database cannot be used. A damaged one is moved aside to
    `NAME.broken-N` and another begun: without an error when it is opened, with a `DatabaseLost` when it is noticed
    later, since ids that were asked for before mean nothing in another. The same goes for one whose file was deleted
    or replaced while it was open. The next scan fills the new one, with what the user had set and models had
    described, and tells so.
    """

    def __init__(self, database: Path, refiner: Refiner, naming: Naming | None = None) -> None:
        """Opens the SQLite file `database`, or creates it together with its folder.

        `refiner` makes the cards, and `stylus_core.refiner.MetadataRefiner` is the one that there is. `naming` is what
        the host calls adapters; None: by their stems.
        """
        super().__init__(Database(Path(database)), refiner, naming or StemNaming())
        self._upkeep = DatabaseUpkeep(self._database, refiner, self._naming)
        self._rests = -math.inf  # a time of `time.monotonic`: no sidecar is looked at until then

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the database, and the file in which what users set is kept a second time."""
        self._database.close()
        self._upkeep.close()

    def scan(self, roots: Sequence[str | os.PathLike[str]], progress: StageProgress | None = None) -> ScanReport:
        """Brings the library in line with folders.

        Reads only files of which path, size, mtime or sidecars changed. What is read is committed every few hundred
        files: a scan that is killed goes on where it stopped. A file that moved or was renamed keeps its id.

        Args:
            roots: in the order in which the host lists them.
            progress: gets the number of files that were read and of all that are to be.

        Returns:
            What was found.

        Raises:
            LibraryError: if none of the roots is a folder.
        """
        return self._upkeep.scan(roots, progress)

    def scan_in_background(self, roots: Sequence[str | os.PathLike[str]], pause: Callable[[], None]) -> ScanReport:
        """Does what `scan` does on a connection of its own, for a thread in the background: others read meanwhile.

        Args:
            roots: as for `scan`.
            pause: called every few milliseconds; it may wait, as long as something else is more urgent.

        Returns:
            What was found.
        """
        return self._upkeep.scan_in_background(roots, pause)

    def moved(self, roots: Sequence[str | os.PathLike[str]]) -> bool:
        """Whether a file came, went or was renamed since this object listed the roots, or it has not; a stat a folder.

        Args:
            roots: as for `scan`.

        Returns:
            What `changed` tells with `quick`, but for changes within one tick of the file system's clock.
        """
        paths = resolve_roots(roots)
        if self._upkeep.renewed():
            return True
        folders = self._upkeep.folders
        return not all(path in folders for path in paths) or folders_moved(folders)

    @property
    def is_listed(self) -> bool:
        """Whether this object has listed the roots, and the database is still the one that they were compared with."""
        return bool(self._upkeep.folders)

    def edited(self) -> bool:
        """Whether a sidecar was edited in place since this object listed the roots; a stat each.

        Returns:
            False as well where that takes long: for a library of more than `database_upkeep.EACH` adapters, and for
            a while after the files, on another machine for one, could not be looked at in time.
        """
        if time.monotonic() < self._rests:
            return False
        found = edited(self._upkeep.sidecars, _PATIENCE)
        if found is None:
            self._rests = time.monotonic() + _REST
        return bool(found)

    @property
    def is_fresh(self) -> bool:
        """Whether a folder had only just changed when it was listed: more may have come within the clock's tick."""
        return any(seen.is_fresh for seen in self._upkeep.folders.values())

    def changed(self, roots: Sequence[str | os.PathLike[str]], *, quick: bool = False) -> bool:
        """Whether a scan would find anything: lists the folders and compares, opens no file, writes nothing.

        Args:
            roots: as for `scan`.
            quick: looks only at the folders' own mtimes where this object has listed the same roots before (a fraction
                of a millisecond): that tells files that came, went or were renamed, and not sidecars that were edited
                in place.

        Returns:
            False where the library is in line with the folders.
        """
        paths = resolve_roots(roots)
        if self._upkeep.renewed():
            return True
        folders = self._upkeep.folders
        if quick and all(path in folders for path in paths) and not folders_changed(folders):
            return False
        plan = make_plan(self._database, paths, self._refiner.version, self._naming)
        if would_change(plan):
            return True
        self._upkeep.same(plan.listing)
        return False

    def put_cards(self, cards: Mapping[int, Card], source: str, inputs_keys: Mapping[int, str] | None = None) -> None:
        """Stores cards that a model or an import made; the metadata's card stays as the fallback.

        Args:
            cards: by adapter id. Ids that the library does not have are left out.
            source: "vlm", "llm" or "import".
            inputs_keys: by adapter id what each was made from, as `card_keys` gives it back.

        Raises:
            LibraryError: for another source.
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

        Args:
            adapter_id: of an adapter that the library has.

        Returns:
            The fields that it was about; none where there is no change left.

        Raises:
            LibraryError: for an adapter that the library does not have.
        """
        return self._edited(adapter_id, lambda connection: undo(connection, adapter_id))

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
