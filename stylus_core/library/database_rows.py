"""Rows of the database: a file's row, its cards and edits, and the effective card in step with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylus_core.library.cards import effective_card
from stylus_core.library.edits import Query, read_edits, values_of
from stylus_core.library.file_reader import ReadFile
from stylus_core.library.hostile_text import fold
from stylus_core.library.record_codec import decode_card, encode_card
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.storage.sqlite_values import storable
from stylus_core.types import Card

if TYPE_CHECKING:
    import sqlite3

    from stylus_core.library.scan_plan import StoredRow

_UPSERT = """
INSERT INTO adapters (path, stem, state, problem, notes, size, mtime_ns, inode, signature, digest, refiner, stem_key,
    title_key, revision, gone, metadata, card, excluded)
VALUES (:path, :stem, :state, :problem, :notes, :size, :mtime_ns, :inode, :signature, :digest, :refiner, :stem_key,
    :title_key, :revision, 0, :metadata, :card, :excluded)
ON CONFLICT (path) DO UPDATE SET stem = excluded.stem, state = excluded.state, problem = excluded.problem,
    notes = excluded.notes, size = excluded.size, mtime_ns = excluded.mtime_ns, inode = excluded.inode,
    signature = excluded.signature, digest = excluded.digest, refiner = excluded.refiner, stem_key = excluded.stem_key,
    title_key = excluded.title_key, revision = excluded.revision, gone = 0, metadata = excluded.metadata,
    card = excluded.card, excluded = excluded.excluded
"""


def write_file(
    connection: sqlite3.Connection, found: ReadFile, renamed: StoredRow | None, revision: int, refiner: Refiner
) -> str:
    """Writes what was read of a file: "added", "changed", "renamed", or "unchanged" if another process was quicker.

    `renamed` is the row of the file's old path; its id, cards and edits stay with the file.
    """
    item = found.item
    sql = "SELECT signature, gone, refiner FROM adapters WHERE path = ?"
    current = connection.execute(sql, (item.path,)).fetchone()
    outcome = "added"
    if current:
        if tuple(current) == (found.signature, 0, refiner.version) and found.signature:
            return "unchanged"
        outcome = "added" if current[1] else "changed"
    elif renamed:
        moved = connection.execute(
            "UPDATE adapters SET path = ? WHERE id = ? AND path = ?", (item.path, renamed.id, renamed.path)
        )
        outcome = "renamed" if moved.rowcount else "added"
    values = {
        **{"path": item.path, "stem": item.stem, "size": item.size, "mtime_ns": item.mtime_ns, "inode": item.inode},
        **{"state": found.state, "problem": found.problem, "notes": found.notes, "digest": found.digest},
        **{"signature": found.signature, "metadata": found.metadata, "card": found.card},
        **{"stem_key": fold(item.stem), "title_key": fold(found.title), "excluded": found.excluded},
        **{"revision": revision, "refiner": refiner.version},
    }
    connection.execute(_UPSERT, {name: storable(value) for name, value in values.items()})
    number = connection.execute("SELECT id FROM adapters WHERE path = ?", (item.path,)).fetchone()[0]
    store_card(connection, number, "metadata", "", found.card)
    if current or renamed:
        update_effective_card(connection, number, refiner)
    return outcome


def store_card(connection: sqlite3.Connection, adapter_id: int, source: str, inputs_key: str, card: str) -> None:
    """Stores an encoded card beside those of other sources; `update_effective_card` then decides which counts."""
    connection.execute("INSERT OR REPLACE INTO cards VALUES (?, ?, ?, ?)", (adapter_id, source, inputs_key, card))


def update_effective_card(connection: sqlite3.Connection, adapter_id: int, refiner: Refiner) -> None:
    """Works out anew what all readers take: the effective card, the title to find it by, and whether it is excluded."""
    edits = values_of(read_edits(connection.execute, adapter_id))
    card = effective_card(cards_of(connection.execute, adapter_id), edits, refiner)
    told = "SELECT json_extract(metadata, '$.title'), json_extract(metadata, '$.excluded') FROM adapters WHERE id = ?"
    title, excluded = connection.execute(told, (adapter_id,)).fetchone()
    values = (encode_card(card), fold(card.title or title or ""), edits.get("excluded", bool(excluded)), adapter_id)
    connection.execute("UPDATE adapters SET card = ?, title_key = ?, excluded = ? WHERE id = ?", values)


def cards_of(query: Query, adapter_id: int) -> dict[str, Card]:
    """An adapter's cards by source."""
    rows = query("SELECT source, card FROM cards WHERE adapter_id = ?", (adapter_id,))
    return {source: decode_card(text) for source, text in rows}
