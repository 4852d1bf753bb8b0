"""The library's tables, and how those that an older Stylus made become these."""

from __future__ import annotations

import sqlite3

VERSION = 3

# `gone` is 0 for a file that is there, else the revision at which it was missed: its row stays, with the user's edits
# and the cards that cost money, for the day on which the drive is mounted again.
# `signature` is that of the listing when the row was written; empty means: read it again at the next scan.
# `excluded` is what counts, the user's word before that of another tool.
# `adapters_scan` covers the snapshot that every scan starts from, so that it never touches the big columns.
# `edit_history` holds what a field was before a change; a value of NULL: it was not set.
# `meta` has the revision and the identity, which no other database has: ids and revisions mean nothing elsewhere.
# Where an older Stylus made the database, `unnamed` is the revision up to which indexes do not say whose they are.
_IDENTITY = "INSERT OR IGNORE INTO meta VALUES ('identity', random() & 9223372036854775807)"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT OR IGNORE INTO meta VALUES ('revision', 0)",
    _IDENTITY,
    """CREATE TABLE IF NOT EXISTS adapters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        stem TEXT NOT NULL,
        state TEXT NOT NULL,
        shadowed_by TEXT NOT NULL DEFAULT '',
        problem TEXT NOT NULL DEFAULT '',
        notes TEXT NOT NULL DEFAULT '[]',
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        signature BLOB NOT NULL,
        digest TEXT NOT NULL DEFAULT '',
        refiner INTEGER NOT NULL DEFAULT 0,
        stem_key TEXT NOT NULL,
        title_key TEXT NOT NULL DEFAULT '',
        revision INTEGER NOT NULL,
        gone INTEGER NOT NULL DEFAULT 0,
        metadata TEXT NOT NULL DEFAULT '{}',
        card TEXT NOT NULL DEFAULT '{}',
        excluded INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX IF NOT EXISTS adapters_stem ON adapters (stem_key)",
    "CREATE INDEX IF NOT EXISTS adapters_title ON adapters (title_key)",
    "CREATE INDEX IF NOT EXISTS adapters_revision ON adapters (revision)",
    """CREATE INDEX IF NOT EXISTS adapters_scan
        ON adapters (path, id, signature, gone, refiner, state, problem, size, mtime_ns, inode, digest, revision)""",
    """CREATE VIEW IF NOT EXISTS present AS
        SELECT *, CASE WHEN state <> 'ok' THEN state WHEN shadowed_by <> '' THEN 'shadowed'
            WHEN excluded THEN 'excluded' ELSE state END AS status
        FROM adapters WHERE gone = 0""",
    """CREATE TABLE IF NOT EXISTS cards (
        adapter_id INTEGER NOT NULL REFERENCES adapters (id),
        source TEXT NOT NULL,
        inputs_key TEXT NOT NULL DEFAULT '',
        card TEXT NOT NULL,
        PRIMARY KEY (adapter_id, source)
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS folders (path TEXT PRIMARY KEY, problem TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS field_edits (
        adapter_id INTEGER NOT NULL REFERENCES adapters (id),
        field TEXT NOT NULL,
        value TEXT NOT NULL,
        set_by TEXT NOT NULL,
        set_at TEXT NOT NULL,
        PRIMARY KEY (adapter_id, field)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS edit_history (
        adapter_id INTEGER NOT NULL REFERENCES adapters (id),
        change INTEGER NOT NULL,
        field TEXT NOT NULL,
        value TEXT,
        set_by TEXT NOT NULL,
        set_at TEXT NOT NULL,
        PRIMARY KEY (adapter_id, change, field)
    ) WITHOUT ROWID""",
)

# Version 1 had a column for each of three edits. Its table stays as it was: a Stylus of that version that is running
# while this one upgrades would take a missing one for damage, and move the database aside.
# An adapter without a refiner's version gets its cards again at the next scan, and those then hold who set what.
_FROM_1 = (
    "ALTER TABLE adapters ADD COLUMN excluded INTEGER NOT NULL DEFAULT 0",
    "DROP VIEW present",
    *_TABLES,
    *(
        f"INSERT INTO field_edits SELECT adapter_id, '{field}', json_quote({field}), 'user', '' FROM edits "  # noqa: S608
        f"WHERE {field} IS NOT NULL"
        for field in ("weight", "description", "kind")
    ),
    "UPDATE meta SET value = value + 1 WHERE name = 'revision'",
    "UPDATE adapters SET excluded = 1, revision = (SELECT value FROM meta WHERE name = 'revision') "
    "WHERE json_extract(metadata, '$.excluded')",
    "UPDATE adapters SET refiner = 0 WHERE id IN (SELECT adapter_id FROM field_edits)",
)
_FROM_2 = (_IDENTITY, "INSERT OR IGNORE INTO meta SELECT 'unnamed', value FROM meta WHERE name = 'revision'")
_STEPS = {0: _TABLES, 1: (*_FROM_1, *_FROM_2), 2: _FROM_2}


_NAMES = {"meta", "adapters", "present", "cards", "folders", "field_edits", "edit_history"}


def missing(connection: sqlite3.Connection) -> str:
    """What is not there although it should be, in a few words; empty if all is."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master").fetchall()}
    if lacking := sorted(_NAMES - there):
        return f"no such table: {lacking[0]}"
    known = {name for (name,) in connection.execute("SELECT name FROM meta").fetchall()}
    return "" if known >= {"revision", "identity"} else "malformed: it has no identity"


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables; 0 in a new file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Makes the tables of a new file, or those of an older one into these. Does nothing where they are."""
    if version_of(connection) >= VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it by now.
        for sql in _STEPS.get(version_of(connection), ()):
            connection.execute(sql)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
