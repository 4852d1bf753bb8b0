"""Whose an index is. An id is another adapter in another database, and a revision says nothing there."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from stylus_core.library.database import DatabaseState
from stylus_core.retriever.documents import name_key
from stylus_core.retriever.index import Index


class IndexOwner(Protocol):
    """What is used of `stylus_core.library.Library`."""

    @property
    def state(self) -> DatabaseState:
        """See `Library.state`."""

    def stems_until(self, revision: int) -> dict[int, str] | None:
        """See `Library.stems_until`."""

    def changes_since(self, revision: int) -> tuple[set[int], set[int]]:
        """See `Library.changes_since`."""


def foreign(index: Index, library: IndexOwner) -> str:
    """Why an index cannot be used with this library, in a few words; empty if it can, or if nothing is in it.

    One that an older version wrote says nothing of its database. It is used where the database is as old, and has under
    each of the index's ids an adapter of that name, and no other adapters; all else is built anew.
    """
    if index.revision < 0:
        return ""
    state = library.state
    if index.library and index.library != state.identity:
        return "it was made for another database"
    if index.revision > state.revision:
        return "it knows of changes that the database does not have"
    return "" if index.library or _agrees(index, library) else "it was made for another database"


def _agrees(index: Index, library: IndexOwner) -> bool:
    stems = library.stems_until(index.revision)
    if stems is None:
        return False
    changed = set[int]().union(*library.changes_since(index.revision))
    if set(index.ids[index.signals.alive].tolist()) - changed != stems.keys() - changed:
        return False
    names: set[tuple[int, int]] = set()
    for live in index.segments:
        segment = live.segment
        living = live.alive[segment.name_owner]
        owners = segment.ids[segment.name_owner[living]]
        names.update(zip(np.asarray(owners).tolist(), np.asarray(segment.name)[living].tolist(), strict=True))
    return all((number, name_key(stem)) in names for number, stem in stems.items())
