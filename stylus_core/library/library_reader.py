"""What a library tells: its adapters, their cards, what users set of them, and what changed since."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from stylus_core.home import PATHS
from stylus_core.library.adapter_rows import BY_WORDS, FIND, NAMES, OF_IDS, OF_STATUS, Problem, adapter_of, reason_of
from stylus_core.library.database import Database, DatabaseState
from stylus_core.library.database_rows import cards_of
from stylus_core.library.edits import Edit, read_edits, undoable
from stylus_core.library.hostile_text import clean, fold
from stylus_core.library.identities import FileIdentity, read_identities
from stylus_core.library.naming import Naming
from stylus_core.library.pairs import could_be_half
from stylus_core.library.pool_traits import PoolTraits, read_traits
from stylus_core.library.provenance import FieldProvenance, field_provenance
from stylus_core.library.record_codec import decode_card, loads
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.storage.sqlite_values import storable_text
from stylus_core.types import Adapter, Card

#: Rows that `adapters` holds in memory at once.
_CHUNK = 500


class LibraryReader:
    """The reading half of `Library`, which adds what scans and writes."""

    def __init__(self, database: Database, refiner: Refiner, naming: Naming) -> None:
        self._database, self._refiner, self._naming = database, refiner, naming

    def _adapter(self, row: tuple[Any, ...]) -> Adapter:
        return adapter_of(row, self._naming)

    @property
    def by_paths(self) -> bool:
        """Whether the host calls adapters by their paths below its roots, rather than by their stems."""
        return self._naming.kind == PATHS

    def name_of(self, path: str, stem: str) -> str:
        """Says what the host calls a file.

        Args:
            path: of the file, absolute.
            stem: of the file.

        Returns:
            Its name, as `Adapter.name` has it.
        """
        return self._naming.name(path) or stem

    def called(self, name: str) -> list[Adapter]:
        """Finds the adapters that a name calls, as options and hosts name them.

        Args:
            name: the stem; where the host calls files by their paths also the path below a root, with its extension or
                without.

        Returns:
            Usable ones first. Several where files in different folders have the stem; one for a path.
        """
        found = [a for a in self.find(self._naming.stem(name), whole=True) if self._naming.means(name, a)]
        return [a for a in found if a.name == name] or found

    def names(self, given: Sequence[str], several: bool = True) -> tuple[str, ...]:
        """Puts what the host calls adapters in place of how somebody named them.

        Args:
            given: as `called` takes them.
            several: whether a stem that files in several folders have stands for all of these.

        Returns:
            The names of those that are called, and as it is what calls none, or too many.
        """
        if not self.by_paths:
            return tuple(given)
        out: dict[str, None] = {}
        for name in given:
            found = dict.fromkeys(a.name for a in self.called(name))
            out.update(found if len(found) == 1 or (found and several) else {name: None})
        return tuple(out)

    def adapters(self, statuses: Iterable[str] = ("ok",)) -> Iterator[Adapter]:
        """Gives the adapters with one of these statuses.

        Args:
            statuses: "ok", "excluded", "shadowed", "unreadable", "unopened" or "no-adapter".

        Yields:
            Adapters, in the order of their ids; a few hundred are in memory at once.
        """
        wanted = json.dumps(list(statuses))
        last = 0
        while rows := self._database.rows(OF_STATUS, (last, wanted, _CHUNK)):
            last = rows[-1][0]
            with self._database.guard():
                some = list(map(self._adapter, rows))
            yield from some

    def get(self, ids: Sequence[int]) -> dict[int, Adapter]:
        """Gives the adapters with these ids, of any status.

        Args:
            ids: as `Adapter.id` has them.

        Returns:
            By id those that are there; files that are gone are left out.
        """
        rows = self._database.rows(OF_IDS, (json.dumps([int(i) for i in ids]),))
        with self._database.guard():
            return {row[0]: self._adapter(row) for row in rows}

    def traits(self, ids: Sequence[int] | None = None, details: bool = True) -> Iterator[PoolTraits]:
        """Gives what tells whether an adapter may be picked at all, of those with status "ok".

        Args:
            ids: of adapters; all if None.
            details: False for only what the file's path says, which is quicker.

        Yields:
            One for each of those that can be selected; of all, in the order of their ids.
        """
        return read_traits(self._database, ids, details)

    def identities(self) -> list[FileIdentity]:
        """Tells by which hashes and versions other programs may mean adapters, those of files that are listed.

        Returns:
            One for each adapter of which anything of that is known.
        """
        return read_identities(self._database)

    def find(self, name: str, *, whole: bool = False) -> list[Adapter]:
        """Finds adapters by name: by stem, else by title, else with `name` in either.

        Args:
            name: in any case.
            whole: leaves the last out, which looks at every adapter: a fifth of a second for 100,000.

        Returns:
            A hundred at most. That of exactly this stem comes first, since names that differ in case or in Unicode's
            form are two to the hosts; then usable ones. Of a path below a root, where the host calls adapters by these,
            that file alone.
        """
        if self.by_paths and not whole and self._naming.stem(name) != name and (called := self.called(name)):
            return called
        key, exact = fold(clean(name, 400)), storable_text(name)
        values = {"key": key, "exact": exact, "exact_key": fold(exact)}
        found = (self._database.rows(sql, values) for sql in (FIND[:2] if whole else FIND)) if key else iter(())
        with self._database.guard():
            return [self._adapter(row) for row in next(filter(None, found), [])]

    def ids_by_name(self, text: str) -> list[int]:
        """Looks through the names of all adapters that can be selected.

        Args:
            text: words in any case; "" for all adapters.

        Returns:
            The ids of those with every word in file name or title: those that begin with the text, then by name.
        """
        key = fold(clean(text, 400))
        values = {"text": key, "words": json.dumps(key.split())}
        return [number for (number,) in self._database.rows(BY_WORDS, values)]

    def possible_halves(self, ids: Sequence[int]) -> list[Adapter]:
        """Finds files whose names may call them half of a pair.

        Opens the metadata of those alone: of many files that is few.

        Args:
            ids: of adapters to look at; files that cannot be selected are looked at as well.

        Returns:
            The adapters, for `pairs.find_pairs`.
        """
        rows = self._database.rows(NAMES, (json.dumps([int(i) for i in ids]),))
        marked = [
            number
            for number, path, stem, version, title in rows
            if could_be_half(stem, str(version or ""), str(title or ""), os.path.basename(os.path.dirname(path)))
        ]
        return list(self.get(marked).values())

    def problems(self) -> list[Problem]:
        """Lists files that cannot be selected, those with damaged sidecars, and unlistable folders, by path."""
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
        """Gives the selectable adapters that an older index can have, which did not note the database's identity.

        Args:
            revision: up to which the index followed the library.

        Returns:
            By id the stems of those that were written no later; None where this is no database of such an index.
        """
        unnamed = self._database.rows("SELECT value FROM meta WHERE name = 'unnamed'")
        if not unnamed or revision > unnamed[0][0]:
            return None
        sql = "SELECT id, stem FROM present WHERE status = 'ok' AND revision <= ?"
        return dict(self._database.rows(sql, (revision,)))

    def changes_since(self, revision: int) -> tuple[set[int], set[int]]:
        """Tells what changed, for whoever made something of a library.

        Args:
            revision: up to which it was made. Take the next one before calling this: what changes in between is then
                told once more, not lost.

        Returns:
            (ids of adapters with status "ok" that are new or different, ids that are not selectable any more).
        """
        sql = """SELECT id, EXISTS (SELECT 1 FROM present WHERE present.id = adapters.id AND status = 'ok')
            FROM adapters WHERE revision > ?"""
        usable: set[int] = set()
        lost: set[int] = set()
        for number, is_usable in self._database.rows(sql, (revision,)):
            (usable if is_usable else lost).add(number)
        return usable, lost

    def cards(self, source: str, ids: Sequence[int]) -> dict[int, Card]:
        """Gives the cards of one source, whichever card counts.

        Args:
            source: one of `cards.SOURCES`.
            ids: of adapters.

        Returns:
            By adapter id; those without a card of the source are left out.
        """
        sql = "SELECT adapter_id, card FROM cards WHERE source = ? AND adapter_id IN (SELECT value FROM json_each(?))"
        rows = self._database.rows(sql, (source, json.dumps([int(i) for i in ids])))
        with self._database.guard():
            return {number: decode_card(card) for number, card in rows}

    def card_keys(self, source: str) -> dict[int, str]:
        """Tells what the cards of a source were made from.

        Args:
            source: one of `cards.SOURCES`.

        Returns:
            By adapter id the key that `put_cards` was given.
        """
        return dict(self._database.rows("SELECT adapter_id, inputs_key FROM cards WHERE source = ?", (source,)))

    def edits(self, adapter_id: int) -> dict[str, Edit]:
        """Gives what the user set of an adapter.

        Args:
            adapter_id: of any adapter.

        Returns:
            By field of `fields.TABLE`.
        """
        with self._database.guard():
            return read_edits(self._database.rows, adapter_id)

    def undoable(self, adapter_id: int) -> int:
        """Counts the changes of an adapter that `undo` can take back.

        Args:
            adapter_id: of any adapter.

        Returns:
            At most `edits.HISTORY`.
        """
        return undoable(self._database.rows, adapter_id)

    def field_provenance(self, adapter: Adapter) -> list[FieldProvenance]:
        """Tells who says what of an adapter.

        Args:
            adapter: of this library.

        Returns:
            For each field that can be set its value, who set it, and what it would be without the user's word.
        """
        with self._database.guard():
            cards = cards_of(self._database.rows, adapter.id)
            return field_provenance(adapter, self.edits(adapter.id), cards, self._refiner)
