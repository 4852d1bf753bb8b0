"""A database that is lost: it is another one afterwards, and what the user set and paid for is in it again."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from stylus_core.library import Library
from stylus_core.library.database import DatabaseLost
from stylus_core.refiner import MetadataRefiner
from stylus_core.types import Adapter, Card
from tests.library.build import safetensors
from tests.library.conftest import Shelf

STEMS = ("copper_owl", "glass_oboe", "linen_mask")


def fill(shelf: Shelf, stems: tuple[str, ...] = STEMS) -> dict[str, Adapter]:
    for stem in stems:
        safetensors(shelf.loras / f"{stem}.safetensors", {"ss_output_name": stem})
    shelf.scan()
    return by_stem(shelf.library)


def by_stem(library: Library) -> dict[str, Adapter]:
    return {a.stem: a for a in library.adapters(("ok", "excluded"))}


def set_and_describe(shelf: Shelf) -> None:
    """An edit with two changes, one that excludes, and a description that cost money."""
    found = fill(shelf)
    shelf.library.edit(found["copper_owl"].id, {"title": "Owl of Copper", "weight": 0.4})
    shelf.library.edit(found["copper_owl"].id, {"weight": 0.55}, by="panel")
    shelf.library.edit(found["glass_oboe"].id, {"excluded": True})
    card = Card("an oboe made of glass", "object", weight=0.7, source="vlm")
    shelf.library.put_cards({found["glass_oboe"].id: card}, "vlm", {found["glass_oboe"].id: "key of the oboe"})


def check_all_is_there(library: Library) -> None:
    found = by_stem(library)
    owl, oboe = found["copper_owl"], found["glass_oboe"]
    assert (owl.title, owl.card.weight, owl.card.edited) == ("Owl of Copper", 0.55, ("title", "weight"))
    assert library.edits(owl.id)["weight"].by == "panel" and library.edits(owl.id)["weight"].at
    assert oboe.status == "excluded" and library.card_keys("vlm") == {oboe.id: "key of the oboe"}
    assert (library.cards("vlm", [oboe.id])[oboe.id].description, oboe.card.source) == ("an oboe made of glass", "vlm")
    assert library.undoable(owl.id) == 2 and library.undo(owl.id) == ("weight",)
    assert by_stem(library)["copper_owl"].card.weight == 0.4
    assert [a.stem for a in library.find("owl of copper")] == ["copper_owl"]


def garbage(path: Path) -> None:
    path.write_bytes(b"nothing of a database " * 300)


def delete(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def take_a_table(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE field_edits")
    connection.close()


def without_log(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@pytest.mark.parametrize("harm", [garbage, delete, cut, empty, take_a_table])
def test_what_was_set_and_paid_for_survives(shelf: Shelf, harm: Callable[[Path], None]) -> None:
    set_and_describe(shelf)
    identity = shelf.library.state.identity
    shelf.library.close()
    without_log(shelf.database)
    harm(shelf.database)
    with Library(shelf.database, MetadataRefiner()) as library:
        assert library.state.identity != identity
        assert library.scan([shelf.loras]).added == 3
        check_all_is_there(library)
    with Library(shelf.database, MetadataRefiner()) as library:  # and it is not put back a second time
        library.edit(by_stem(library)["copper_owl"].id, {"title": None})
        library.scan([shelf.loras])
        assert "title" not in by_stem(library)["copper_owl"].card.edited


def test_it_is_told_in_one_sentence_what_was_kept(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    set_and_describe(shelf)
    shelf.library.close()
    garbage(shelf.database)
    with caplog.at_level(logging.WARNING, "stylus"), Library(shelf.database, MetadataRefiner()) as library:
        library.scan([shelf.loras])
        library.scan([shelf.loras])
    (said,) = [r.getMessage() for r in caplog.records]
    assert "library.sqlite.broken-1" in said
    assert "made anew with what you set of 2 adapters and the descriptions of 1 adapter" in said


def test_files_that_moved_meanwhile_or_are_away(shelf: Shelf) -> None:
    set_and_describe(shelf)
    shelf.library.close()
    delete(shelf.database)
    other = shelf.loras / "elsewhere" / "owl.safetensors"
    other.parent.mkdir()
    (shelf.loras / "copper_owl.safetensors").rename(other)
    away = shelf.loras.with_name("glass_oboe.safetensors")
    (shelf.loras / "glass_oboe.safetensors").rename(away)
    with Library(shelf.database, MetadataRefiner()) as library:
        library.scan([shelf.loras])
        owl = by_stem(library)["owl"]
        assert (owl.title, library.undoable(owl.id)) == ("Owl of Copper", 2)
        assert library.card_keys("vlm") == {}
        away.rename(shelf.loras / "glass_oboe.safetensors")
        library.scan([shelf.loras])
        assert by_stem(library)["glass_oboe"].status == "excluded" and len(library.card_keys("vlm")) == 1


def test_a_renamed_file_is_kept_under_its_new_name(shelf: Shelf) -> None:
    set_and_describe(shelf)
    (shelf.loras / "copper_owl.safetensors").rename(shelf.loras / "bronze_owl.safetensors")
    shelf.scan()
    shelf.library.close()
    delete(shelf.database)
    safetensors(shelf.loras / "copper_owl.safetensors", {"ss_output_name": "quite another owl"})
    with Library(shelf.database, MetadataRefiner()) as library:
        library.scan([shelf.loras])
        found = by_stem(library)
        assert (found["bronze_owl"].title, found["copper_owl"].card.edited) == ("Owl of Copper", ())


def test_what_is_set_since_wins(shelf: Shelf) -> None:
    set_and_describe(shelf)
    shelf.library.close()
    shelf.database.unlink()
    kept = shelf.database.with_name("library-kept.sqlite")
    aside = kept.rename(kept.with_name("for-later"))
    with Library(shelf.database, MetadataRefiner()) as library:
        library.scan([shelf.loras])
        library.edit(by_stem(library)["copper_owl"].id, {"weight": 1.5})
    os.replace(aside, kept)
    without_log(kept)
    with Library(shelf.database, MetadataRefiner()) as library:
        library.scan([shelf.loras])
        owl = by_stem(library)["copper_owl"]
        assert (owl.card.weight, owl.title, library.undoable(owl.id)) == (1.5, "Owl of Copper", 1)


@pytest.mark.parametrize("harm", [garbage, delete, cut])
def test_the_second_copy_is_damaged_or_gone(shelf: Shelf, harm: Callable[[Path], None]) -> None:
    """It fails nothing, and is whole again with the next change."""
    set_and_describe(shelf)
    kept = shelf.database.with_name("library-kept.sqlite")
    shelf.library.close()
    harm(kept)
    with Library(shelf.database, MetadataRefiner()) as library:
        library.scan([shelf.loras])
        library.edit(by_stem(library)["linen_mask"].id, {"weight": 0.9})
    garbage(shelf.database)
    without_log(shelf.database)
    with Library(shelf.database, MetadataRefiner()) as library:
        library.scan([shelf.loras])
        assert by_stem(library)["linen_mask"].card.weight == 0.9
        check_all_is_there(library)


def test_a_second_copy_that_cannot_be_written_fails_nothing(shelf: Shelf) -> None:
    found = fill(shelf)
    kept = shelf.database.with_name("library-kept.sqlite")
    shelf.library.close()
    kept.unlink()
    kept.mkdir()
    with Library(shelf.database, MetadataRefiner()) as library:
        library.scan([shelf.loras])
        assert library.edit(found["copper_owl"].id, {"weight": 0.3})
        assert by_stem(library)["copper_owl"].card.weight == 0.3


def test_what_is_left_of_the_damaged_file_is_taken_where_there_is_no_second_copy(shelf: Shelf) -> None:
    """As of a database that an older version left, damaged before this one had opened it."""
    set_and_describe(shelf)
    shelf.library.close()
    shelf.database.with_name("library-kept.sqlite").unlink()
    with sqlite3.connect(shelf.database) as connection:
        connection.execute("DROP TABLE folders")
    connection.close()
    with Library(shelf.database, MetadataRefiner()) as library:
        assert library.scan([shelf.loras]).added == 3
        check_all_is_there(library)


def test_damage_that_shows_later(shelf: Shelf) -> None:
    """Whoever asked is told to ask again; the next scan has everything."""
    set_and_describe(shelf)
    number = by_stem(shelf.library)["copper_owl"].id
    connection = sqlite3.connect(shelf.database)
    connection.execute("DROP VIEW present")
    connection.commit()
    connection.close()
    identity = shelf.library.state.identity
    with pytest.raises(DatabaseLost, match="damaged"):
        shelf.library.get([number])
    assert shelf.library.moved([shelf.loras]) and shelf.library.changed([shelf.loras], quick=True)
    shelf.scan()
    assert shelf.library.state.identity != identity
    check_all_is_there(shelf.library)


def test_the_folder_is_deleted_while_it_is_open(shelf: Shelf) -> None:
    set_and_describe(shelf)
    shutil.rmtree(shelf.database.parent)
    assert by_stem(shelf.library)["copper_owl"].card.weight == 0.55  # what is open can be read
    with pytest.raises(DatabaseLost):  # an id of before is of nothing in the next one
        shelf.library.edit(by_stem(shelf.library)["linen_mask"].id, {"weight": 0.2})
    assert shelf.scan().added == 3 and shelf.database.exists()
    shelf.library.close()
    with Library(shelf.database, MetadataRefiner()) as library:
        assert library.scan([shelf.loras]).unchanged == 3


def test_what_was_set_goes_over_into_a_folder_that_was_deleted(shelf: Shelf) -> None:
    set_and_describe(shelf)
    shutil.rmtree(shelf.database.parent)
    assert shelf.library.moved([shelf.loras])
    shelf.scan()
    check_all_is_there(shelf.library)


def test_another_process_put_another_database_there(shelf: Shelf) -> None:
    set_and_describe(shelf)
    os.replace(shelf.database, shelf.database.with_name("taken-away.sqlite"))
    with Library(shelf.database, MetadataRefiner()) as other:
        other.scan([shelf.loras])
        assert shelf.library.moved([shelf.loras])
        shelf.scan()
        assert shelf.library.state == other.state
    check_all_is_there(shelf.library)


def test_a_database_that_was_put_back_to_an_older_state(shelf: Shelf, tmp_path: Path) -> None:
    found = fill(shelf)
    shelf.library.close()
    shutil.copy(shelf.database, tmp_path / "yesterday.sqlite")
    with Library(shelf.database, MetadataRefiner()) as library:
        library.edit(found["copper_owl"].id, {"weight": 0.25})
    shutil.copy(tmp_path / "yesterday.sqlite", shelf.database)
    with Library(shelf.database, MetadataRefiner()) as library:
        library.scan([shelf.loras])
        assert by_stem(library)["copper_owl"].card.weight == 0.25


def test_identities_differ_and_stay(shelf: Shelf, tmp_path: Path) -> None:
    fill(shelf)
    identity = shelf.library.state.identity
    with (
        Library(shelf.database, MetadataRefiner()) as again,
        Library(tmp_path / "other" / "library.sqlite", MetadataRefiner()) as other,
    ):
        assert again.state == shelf.library.state
        assert other.state.identity != identity and len(other.state.identity) == 16


@pytest.mark.parametrize("column", ["metadata", "card"])
@pytest.mark.parametrize("value", ['{"title": "cut o', "[1, 2]", '{"no_field": 1}', '{"tags": 5}', "", "\0"])
def test_a_stored_value_that_is_garbled_is_damage(shelf: Shelf, column: str, value: str) -> None:
    """A file that SQLite can read, with a value in it that nobody wrote: made anew, with what was set."""
    set_and_describe(shelf)
    with sqlite3.connect(shelf.database) as connection:
        connection.execute(f"UPDATE adapters SET {column} = ? WHERE stem = 'linen_mask'", (value,))  # noqa: S608
    connection.close()
    with pytest.raises(DatabaseLost):
        by_stem(shelf.library)
    shelf.scan()
    check_all_is_there(shelf.library)
