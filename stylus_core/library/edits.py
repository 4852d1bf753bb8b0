"""What the user set of an adapter: one row a field, and the changes that led there, to be taken back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from stylus_core.library.record_codec import loads

if TYPE_CHECKING:
    import sqlite3

#: Where a change comes from: the command line or a program, the WebUI's panel, its API.
SETTERS = ("user", "panel", "api")
#: Changes of one adapter that can be taken back.
HISTORY = 50

#: What runs a query: `execute` of a connection, or `rows` of the database.
Query = Callable[[str, Sequence[Any]], Iterable[tuple[Any, ...]]]


class Edit(NamedTuple):
    """What the user set a field to."""

    value: Any
    by: str  # one of SETTERS
    at: str  # ISO 8601, UTC; "" where a Stylus of before this was noted set it


def read_edits(query: Query, adapter_id: int) -> dict[str, Edit]:
    """What is set of an adapter, by field."""
    sql = "SELECT field, value, set_by, set_at FROM field_edits WHERE adapter_id = ?"
    return {field: Edit(loads(value), by, at) for field, value, by, at in query(sql, (adapter_id,))}


def values_of(edits: Mapping[str, Edit]) -> dict[str, Any]:
    """The values alone."""
    return {field: edit.value for field, edit in edits.items()}


def change(connection: sqlite3.Connection, adapter_id: int, values: Mapping[str, Any], by: str) -> bool:
    """Sets fields to checked values, None takes one back; whether anything is different from before.

    All of them are one change, which `undo` takes back as a whole.
    """
    before = read_edits(connection.execute, adapter_id)
    current = values_of(before)
    wanted = {field: value for field, value in values.items() if current.get(field) != value}
    if not wanted:
        return False
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    last = "SELECT coalesce(max(change), 0) FROM edit_history WHERE adapter_id = ?"
    number = connection.execute(last, (adapter_id,)).fetchone()[0] + 1
    for field, value in wanted.items():
        old = before.get(field)
        row = (None, "", "") if old is None else (_dumps(old.value), old.by, old.at)
        connection.execute("INSERT INTO edit_history VALUES (?, ?, ?, ?, ?, ?)", (adapter_id, number, field, *row))
        _put(connection, adapter_id, field, None if value is None else _dumps(value), by, now)
    forget = "DELETE FROM edit_history WHERE adapter_id = ? AND change <= ?"
    connection.execute(forget, (adapter_id, number - HISTORY))
    return True


def undo(connection: sqlite3.Connection, adapter_id: int) -> tuple[str, ...]:
    """Takes the last change back; the fields that it was about, none if there is no change left."""
    where = "adapter_id = ?1 AND change = (SELECT max(change) FROM edit_history WHERE adapter_id = ?1)"
    sql = f"SELECT field, value, set_by, set_at FROM edit_history WHERE {where} ORDER BY field"  # noqa: S608
    rows = connection.execute(sql, (adapter_id,)).fetchall()
    for field, value, by, at in rows:
        _put(connection, adapter_id, field, value, by, at)
    connection.execute(f"DELETE FROM edit_history WHERE {where}", (adapter_id,))  # noqa: S608
    return tuple(row[0] for row in rows)


def undoable(query: Query, adapter_id: int) -> int:
    """How many changes `undo` can take back."""
    ((count,),) = query("SELECT count(DISTINCT change) FROM edit_history WHERE adapter_id = ?", (adapter_id,))
    return int(count)


def _put(connection: sqlite3.Connection, adapter_id: int, field: str, value: str | None, by: str, at: str) -> None:
    if value is None:
        connection.execute("DELETE FROM field_edits WHERE adapter_id = ? AND field = ?", (adapter_id, field))
    else:
        row = (adapter_id, field, value, by, at)
        connection.execute("INSERT OR REPLACE INTO field_edits VALUES (?, ?, ?, ?, ?)", row)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
