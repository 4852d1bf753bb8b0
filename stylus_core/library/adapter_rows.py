"""Adapters and problems as readers take them, out of the view of the files that are there."""

from __future__ import annotations

from typing import Any, NamedTuple

from stylus_core.library.naming import Naming
from stylus_core.library.record_codec import decode_card, decode_metadata
from stylus_core.types import Adapter

#: Columns of `adapter_of`, from the view of the files that are there.
_SELECT = "SELECT id, path, stem, status, problem, shadowed_by, size, metadata, card FROM present"
OF_STATUS = f"{_SELECT} WHERE id > ? AND status IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?"  # noqa: S608
OF_IDS = f"{_SELECT} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608
#: Names of files that are listed, or of which nobody knows what they are; the host may load them all the same.
NAMES = """SELECT id, path, stem, json_extract(metadata, '$.version'), json_extract(metadata, '$.title') FROM present
    WHERE id IN (SELECT value FROM json_each(?)) OR status <> 'ok'"""
FIND = tuple(
    f"{_SELECT} WHERE {where} ORDER BY stem <> :exact, status <> 'ok', stem_key, id LIMIT 100"
    for where in (
        "stem_key IN (:key, :exact_key)",
        "title_key = :key",
        "instr(stem_key, :key) OR instr(title_key, :key)",
    )
)
#: Ids of usable adapters whose names have all of some words: those that begin with the text first, then by name.
BY_WORDS = """SELECT id FROM present WHERE status = 'ok' AND NOT EXISTS (
    SELECT 1 FROM json_each(:words) WHERE instr(stem_key || char(10) || title_key, value) = 0)
    ORDER BY instr(stem_key, :text) <> 1, stem_key, id"""


class Problem(NamedTuple):
    """Something about a file or a folder that the user may want to put right."""

    path: str
    reason: str
    status: str  # the adapter's; "ok" if it is usable all the same; "folder" for a folder that cannot be listed


def reason_of(status: str, problem: str, shadowed_by: str) -> str:
    """Why an adapter is not selected, as a user is told it."""
    return f"the host loads another file with the same name: {shadowed_by}" if status == "shadowed" else problem


def adapter_of(row: tuple[Any, ...], naming: Naming) -> Adapter:
    """A row of these queries as an adapter, called as `naming` has it."""
    number, path, stem, status, problem, shadowed_by, size, metadata, card = row
    made = decode_card(card)
    reason = reason_of(status, problem, shadowed_by)
    if status == "excluded":
        who = "you excluded it" if "excluded" in made.edited else "another tool excludes it"
        reason = f"{who}: stylus set NAME --excluded false lets it be picked"
    return Adapter(number, path, stem, status, reason, size, decode_metadata(metadata), made, naming.name(path))
