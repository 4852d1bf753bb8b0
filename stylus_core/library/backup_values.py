"""What the user set of an adapter and had models describe: as one value that can be put away, and into a database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from stylus_core.errors import OptionError
from stylus_core.library.cards import SOURCES
from stylus_core.library.database_rows import store_card, update_effective_card
from stylus_core.library.edits import HISTORY, Query
from stylus_core.library.fields import checked
from stylus_core.library.record_codec import decode_card
from stylus_core.library.refiner_protocol import Refiner

#: The tables that hold it; columns of each but the adapter's id, which comes first.
TABLES = {
    "field_edits": "field, value, set_by, set_at",
    "edit_history": "change, field, value, set_by, set_at",
    "cards": "source, inputs_key, card",
}
_MADE = "source <> 'metadata'"  # cards that the files alone do not make again


class File(NamedTuple):
    """An adapter's file, as far as it tells which one it is."""

    id: int
    path: str
    size: int
    digest: str  # of its header


class Restored(NamedTuple):
    """What came into a database, in numbers of adapters."""

    edited: int = 0
    described: int = 0

    def __add__(self, other: tuple[int, ...]) -> Restored:  # type: ignore[override]  # of two such numbers
        return Restored(*(a + b for a, b in zip(self, other, strict=True)))

    def __str__(self) -> str:
        """Such as: what you set of 2 adapters and the descriptions of 1."""
        said = [f"what you set of {_adapters(self.edited)}"] if self.edited else []
        return " and ".join([*said, *([f"the descriptions of {_adapters(self.described)}"] if self.described else [])])


def _adapters(n: int) -> str:
    return "1 adapter" if n == 1 else f"{n:,} adapters"


def rows_by_adapter(rows: Callable[[str], Iterable[tuple[Any, ...]]]) -> dict[int, str]:
    """Adapters' words by their id, as JSON; those that have none are left out. `rows` gives what a query gives."""
    out: dict[int, dict[str, list[list[Any]]]] = {}
    for table, columns in TABLES.items():
        where = f" WHERE {_MADE}" if table == "cards" else ""
        for number, *values in rows(f"SELECT adapter_id, {columns} FROM {table}{where}"):  # noqa: S608 - ours
            out.setdefault(number, {}).setdefault(table, []).append(values)
    return {number: json.dumps(words) for number, words in out.items() if isinstance(number, int)}


def user_rows(query: Query, ids: Sequence[int]) -> dict[int, str]:
    """The words of these adapters."""
    wanted = json.dumps(list(ids))
    own = "adapter_id IN (SELECT value FROM json_each(?))"
    return rows_by_adapter(lambda sql: query(f"{sql} {'AND' if 'WHERE' in sql else 'WHERE'} {own}", (wanted,)))


def restore_rows(connection: sqlite3.Connection, adapter_id: int, words: str, refiner: Refiner) -> Restored:
    """Adds what an adapter does not have yet; what was set since wins. What is no sane value is left out.

    Args:
        connection: in a transaction; the adapter's revision is the caller's.
        adapter_id: of an adapter that is there.
        words: as `rows_by_adapter` gave them, perhaps out of a damaged file.
        refiner: the library's.

    Returns:
        What came in.
    """
    try:
        said = json.loads(words)
        tables = {name: [row for row in said.get(name, ()) if isinstance(row, list)] for name in TABLES}
    except (ValueError, AttributeError, TypeError, RecursionError):
        return Restored()
    edits = [row for row in tables["field_edits"] if _is_edit(row)]
    sql = "INSERT OR IGNORE INTO field_edits VALUES (?, ?, ?, ?, ?)"
    edited = sum(connection.execute(sql, (adapter_id, *row)).rowcount for row in edits)
    known = connection.execute("SELECT 1 FROM edit_history WHERE adapter_id = ?", (adapter_id,)).fetchone()
    changes = [row for row in tables["edit_history"] if _is_change(row)][-HISTORY * 10 :] if not known else []
    sql = "INSERT OR IGNORE INTO edit_history VALUES (?, ?, ?, ?, ?, ?)"
    edited += sum(connection.execute(sql, (adapter_id, *row)).rowcount for row in changes)
    described = 0
    sql = "SELECT 1 FROM cards WHERE adapter_id = ? AND source = ?"
    for row in filter(_is_card, tables["cards"]):
        if not connection.execute(sql, (adapter_id, row[0])).fetchone():
            store_card(connection, adapter_id, *row)
            described += 1
    if edited or described:
        update_effective_card(connection, adapter_id, refiner)
    return Restored(min(edited, 1), min(described, 1))


def _is_edit(row: list[Any]) -> bool:
    return len(row) == 4 and all(isinstance(v, str) for v in row) and _is_sane(row[0], row[1])


def _is_change(row: list[Any]) -> bool:
    if len(row) != 5 or not isinstance(row[0], int) or not all(isinstance(v, str) for v in (row[1], *row[3:])):
        return False
    return row[2] is None or (isinstance(row[2], str) and _is_sane(row[1], row[2]))


def _is_sane(field: str, value: str) -> bool:
    try:
        return bool(checked({field: json.loads(value)}))
    except (OptionError, ValueError, TypeError, RecursionError):
        return False


def _is_card(row: list[Any]) -> bool:
    if len(row) != 3 or row[0] not in SOURCES[:-1] or not all(isinstance(v, str) for v in row):
        return False
    try:
        decode_card(row[2])
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False
    return True
