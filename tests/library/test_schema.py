"""A database of an older Stylus: all that is in it stays, and what the user set counts as before."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from stylus_core.errors import LibraryError
from stylus_core.library import Library, schema
from stylus_core.refiner import MetadataRefiner
from stylus_core.types import Card
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

#: As version 1 made it.
VERSION_1 = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('revision', 0);
CREATE TABLE adapters (
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
    card TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX adapters_stem ON adapters (stem_key);
CREATE INDEX adapters_title ON adapters (title_key);
CREATE INDEX adapters_revision ON adapters (revision);
CREATE INDEX adapters_scan
    ON adapters (path, id, signature, gone, refiner, state, problem, size, mtime_ns, inode, digest, revision);
CREATE VIEW present AS
    SELECT *, CASE WHEN state = 'ok' AND shadowed_by <> '' THEN 'shadowed' ELSE state END AS status
    FROM adapters WHERE gone = 0;
CREATE TABLE cards (
    adapter_id INTEGER NOT NULL REFERENCES adapters (id),
    source TEXT NOT NULL,
    inputs_key TEXT NOT NULL DEFAULT '',
    card TEXT NOT NULL,
    PRIMARY KEY (adapter_id, source)
) WITHOUT ROWID;
CREATE TABLE folders (path TEXT PRIMARY KEY, problem TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE edits (
    adapter_id INTEGER PRIMARY KEY REFERENCES adapters (id),
    weight REAL,
    description TEXT,
    kind TEXT
);
PRAGMA user_version = 1;
"""
_KEPT = """id, path, stem, state, shadowed_by, problem, notes, size, mtime_ns, inode, signature, digest, refiner,
    stem_key, title_key, revision, gone, metadata, card"""


@pytest.fixture
def old(shelf: Shelf) -> Path:
    """A library of version 1 over the shelf's folder, with three adapters edited, of which `gong` is away."""
    for stem in ("kite", "drum", "vase", "gong"):
        path = safetensors(shelf.loras / f"{stem}.safetensors", {"ss_output_name": stem})
        sidecar(path, ".civitai.info", {"model": {"name": f"Paper {stem}", "tags": ["objects"]}})
    sidecar(shelf.loras / "vase.safetensors", ".metadata.json", {"exclude": True})
    shelf.scan()
    ids = {a.stem: a.id for a in shelf.library.adapters(("ok", "excluded"))}
    shelf.library.put_cards({ids["kite"]: Card("a kite of paper", "object", weight=0.9, source="vlm")}, "vlm", {})
    (shelf.loras / "gong.safetensors").unlink()
    shelf.scan()
    path = shelf.loras.with_name("old.sqlite")
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
    connection.execute("ATTACH ? AS now", (str(shelf.database),))
    connection.execute(f"INSERT INTO adapters ({_KEPT}) SELECT {_KEPT} FROM now.adapters")  # noqa: S608
    connection.execute("INSERT INTO cards SELECT * FROM now.cards")
    connection.execute("UPDATE meta SET value = (SELECT value FROM now.meta)")
    connection.execute("INSERT INTO edits VALUES (?, 0.35, 'it hums in the wind', NULL)", (ids["kite"],))
    connection.execute("INSERT INTO edits VALUES (?, NULL, NULL, 'style')", (ids["drum"],))
    connection.execute("INSERT INTO edits VALUES (?, 0.2, NULL, NULL)", (ids["gong"],))
    connection.commit()
    connection.close()
    return path


def test_an_older_database_keeps_all_that_is_in_it(shelf: Shelf, old: Path) -> None:
    before = {a.id: a for a in shelf.library.adapters(("ok", "excluded"))}
    with Library(old, MetadataRefiner()) as library:
        revision = library.revision
        report = library.scan([shelf.loras])
        assert (report.added, report.changed, report.removed, report.unchanged) == (0, 0, 0, 3)
        found = {a.stem: a for a in library.adapters(("ok", "excluded"))}
        assert {a.id for a in found.values()} == set(before)
        kite, drum, vase = found["kite"], found["drum"], found["vase"]
        assert (kite.card.weight, kite.card.description) == (0.35, "it hums in the wind")
        assert (kite.card.kind, kite.card.edited) == ("object", ("description", "weight"))
        assert (drum.card.kind, drum.card.edited) == ("style", ("kind",))
        assert vase.status == "excluded"  # LoRA Manager's word, which nothing heeded before
        assert library.changes_since(revision)[0] == {kite.id, drum.id}  # the index takes them in
        assert library.edits(kite.id)["weight"] == (0.35, "user", "")
        assert library.undoable(kite.id) == 0  # how it was before is not known
        assert {s.field: s.otherwise for s in library.field_provenance(kite)}["description"] == "a kite of paper"
        library.edit(kite.id, {"weight": None, "description": None})
        library.edit(drum.id, {"kind": None})
        assert library.get(list(before)) == before
    with Library(old, MetadataRefiner()) as library:  # and once more
        assert library.scan([shelf.loras]).unchanged == 3


def test_an_adapter_that_is_away_keeps_its_row(shelf: Shelf, old: Path) -> None:
    safetensors(shelf.loras / "gong.safetensors", {"ss_output_name": "gong"})
    with Library(old, MetadataRefiner()) as library:
        assert library.scan([shelf.loras]).added == 1
        (gong,) = library.find("gong", whole=True)
        assert gong.card.weight == 0.2


def test_the_index_drops_what_turns_out_to_be_excluded(shelf: Shelf, old: Path) -> None:
    revision = shelf.library.revision
    with Library(old, MetadataRefiner()) as library:
        (vase,) = library.adapters(("excluded",))
        assert library.changes_since(revision) == (set(), {vase.id})


def test_a_stylus_of_before_that_is_running_goes_on(old: Path) -> None:
    running = sqlite3.connect(old)
    with Library(old, MetadataRefiner()):
        pass
    rows = running.execute("SELECT weight, description, kind FROM edits ORDER BY adapter_id").fetchall()
    assert len(rows) == 3 and running.execute("SELECT count(*) FROM present").fetchone() == (3,)
    assert running.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION == 3
    running.close()


def test_processes_that_upgrade_at_once(shelf: Shelf, old: Path) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with Library(old, MetadataRefiner()) as library:
                library.scan([shelf.loras])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with Library(old, MetadataRefiner()) as library:
        assert {a.stem: a.card.weight for a in library.adapters()}["kite"] == 0.35


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(old: Path) -> None:
    connection = sqlite3.connect(old)
    connection.execute("CREATE TABLE field_edits (in_the_way)")  # so that the upgrade cannot be finished
    connection.commit()
    with pytest.raises(LibraryError):
        Library(old, MetadataRefiner())
    assert old.exists() and connection.execute("PRAGMA user_version").fetchone()[0] == 1
    assert "excluded" not in [row[1] for row in connection.execute("PRAGMA table_info(adapters)")]
    connection.close()
