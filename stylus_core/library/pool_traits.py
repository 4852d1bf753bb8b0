"""What tells whether an adapter may be picked at all: read for a whole library at once, without its texts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from stylus_core.library.database import Database
from stylus_core.library.record_codec import loads

_DETAILS = "json_extract(metadata, '$.tags', '$.base_model', '$.favourite', '$.nsfw')"
#: By whether details are wanted: taking them out of the stored JSON is most of the time.
_ALL = {
    wanted: f"SELECT id, path, stem, {_DETAILS if wanted else 'NULL'} FROM present"  # noqa: S608 - constants
    " WHERE status = 'ok' AND id > ? ORDER BY id LIMIT ?"
    for wanted in (False, True)
}
_SOME = f"SELECT id, path, stem, {_DETAILS} FROM present"  # noqa: S608 - constants
_SOME += " WHERE status = 'ok' AND id IN (SELECT value FROM json_each(?))"
_AT_ONCE = 10_000


class PoolTraits(NamedTuple):
    """Of one usable adapter."""

    id: int
    path: str
    stem: str
    tags: tuple[str, ...] = ()
    base_model: str = ""
    favourite: bool = False
    nsfw: int | None = None


def read_traits(database: Database, ids: Sequence[int] | None = None, details: bool = True) -> Iterator[PoolTraits]:
    """Of the adapters with these ids, or of all; those that cannot be selected are left out.

    Without `details` the last four are not read.
    """
    if ids is not None:
        yield from _made(database, database.rows(_SOME, (json.dumps([int(i) for i in ids]),)))
        return
    last = 0
    while rows := database.rows(_ALL[details], (last, _AT_ONCE)):
        last = rows[-1][0]
        yield from _made(database, rows)


def _made(database: Database, rows: list[tuple[Any, ...]]) -> list[PoolTraits]:
    with database.guard():
        return list(map(_traits, rows))


def _traits(row: tuple[int, str, str, str | None]) -> PoolTraits:
    number, path, stem, details = row
    if details is None:
        return PoolTraits(number, path, stem)
    tags, base_model, favourite, nsfw = loads(details)
    return PoolTraits(number, path, stem, tuple(tags or ()), base_model or "", bool(favourite), nsfw)
