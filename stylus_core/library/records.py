"""Cards and edits in the database; keeps each adapter's effective card, which all readers take, in step with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylus_core.library.cards import Edits, effective
from stylus_core.library.codec import decode_card, encode_card

if TYPE_CHECKING:
    import sqlite3


def store_metadata_card(connection: sqlite3.Connection, adapter_id: int, card: str, *, new: bool = False) -> None:
    """Stores the encoded card that was made from the metadata; for a `new` row the caller has written it as the effective one."""
    store_card(connection, adapter_id, "metadata", "", card)
    if not new:
        settle(connection, adapter_id)


def store_card(connection: sqlite3.Connection, adapter_id: int, source: str, inputs_key: str, card: str) -> None:
    connection.execute("INSERT OR REPLACE INTO cards VALUES (?, ?, ?, ?)", (adapter_id, source, inputs_key, card))


def settle(connection: sqlite3.Connection, adapter_id: int) -> None:
    """Works out the effective card anew."""
    rows = connection.execute("SELECT source, card FROM cards WHERE adapter_id = ?", (adapter_id,)).fetchall()
    edits = connection.execute(
        "SELECT weight, description, kind FROM edits WHERE adapter_id = ?", (adapter_id,)
    ).fetchone()
    card = effective({source: decode_card(text) for source, text in rows}, Edits(*edits) if edits else Edits())
    connection.execute("UPDATE adapters SET card = ? WHERE id = ?", (encode_card(card), adapter_id))
