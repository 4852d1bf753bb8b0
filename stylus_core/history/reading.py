"""Reads the file of a history: the learned folders, and what changed in the prompts."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from stylus_core.history.history_file import folder_rows, meta, reading
from stylus_core.history.prompt_rows import own_prompt
from stylus_core.history.records import LearnedFolder, OwnPrompt


@dataclass(frozen=True, slots=True)
class HistoryChanges:
    """What changed in a history since a revision; a reader follows by taking it in.

    Attributes:
        revision: up to which this goes.
        prompts: those that are new or whose count is another; all, where it is not known what changed.
        ids: of all prompts that count now, where some may have ceased to; None where none has.
    """

    revision: int
    prompts: list[OwnPrompt]
    ids: frozenset[int] | None


_ON = "f.folder IN (SELECT value FROM json_each(?))"
_ALL = f"""SELECT p.id, p.words, f.number, f.first, f.last FROM (
    SELECT f.prompt, count(*) AS number, min(f.at) AS first, max(f.at) AS last
    FROM files AS f WHERE f.prompt IS NOT NULL AND {_ON} GROUP BY f.prompt
    ) AS f JOIN prompts AS p ON p.id = f.prompt ORDER BY p.id"""  # noqa: S608 - ours
# Without the plus SQLite goes through all prompts in the order of their ids.
_SOME = f"""SELECT p.id, p.words, count(*), min(f.at), max(f.at) FROM prompts AS p CROSS JOIN files AS f
    ON f.prompt = p.id WHERE {_ON} AND p.touched > ? GROUP BY +p.id"""  # noqa: S608
_IDS = f"SELECT DISTINCT f.prompt FROM files AS f JOIN prompts AS p ON p.id = f.prompt WHERE {_ON}"  # noqa: S608


def changes_after(db: sqlite3.Connection, after: int) -> HistoryChanges:
    """What changed after a revision, or everything where that is unknown. Raises `sqlite3.DatabaseError` on damage."""
    with reading(db):
        revision = meta(db, "revision")
        if after == revision:
            return HistoryChanges(revision, [], None)
        everything = after < meta(db, "born") or after > revision
        on = json.dumps([row.id for row in folder_rows(db) if row.on])
        found = db.execute(_ALL, (on,)) if everything else db.execute(_SOME, (on, after))
        prompts = []
        for row in found:
            prompt = own_prompt(*row)
            if prompt is None:
                raise sqlite3.DatabaseError("a row of prompts is not what was written")
            prompts.append(prompt)
        ids = None
        if everything:
            ids = frozenset(prompt.id for prompt in prompts)
        elif meta(db, "removed") > after:
            ids = frozenset(row[0] for row in db.execute(_IDS, (on,)))
    return HistoryChanges(revision, prompts, ids)


def learned_folders(db: sqlite3.Connection) -> list[LearnedFolder]:
    """The learned folders by path; each file is counted in the innermost one. Raises as `changes_after` does."""
    sql = """SELECT folder, count(prompt), sum(prompt IS NULL AND problem GLOB ?1), sum(problem NOT GLOB ?1)
        FROM files GROUP BY folder"""
    with reading(db):
        counts = {row[0]: row[1:] for row in db.execute(sql, ("\n*",))}
        out = []
        for row in folder_rows(db):
            pictures, silent, unreadable = counts.get(row.id, (0, 0, 0))
            out.append(LearnedFolder(row.path, row.on, pictures, silent, unreadable, row.read_at))
    return out
