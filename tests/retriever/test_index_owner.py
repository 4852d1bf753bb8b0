"""An index is used with the database whose ids it has, and with no other."""

from __future__ import annotations

import json
import logging
import sqlite3
from pathlib import Path

import pytest

from stylus_core import Stylus
from stylus_core.retriever import tokenizer
from tests.test_stylus import add, names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    loras = tmp_path / "loras"
    add(loras, "paper_kite_v2", "Paper Kite", "objects", "paper kite")
    add(loras, "gouache_v1", "Gouache Style", "style", "gouache style")
    add(loras, "orla_fenwick", "Orla Fenwick (Tide Clock)", "character", "orla fenwick, grey shawl")
    add(loras, "salt_marsh", "Salt Marsh", "background", "salt marsh")
    return loras


def opened(loras: Path) -> Stylus:
    return Stylus(loras, home=loras.parent / "home", encoder="none")


def state_of(loras: Path) -> Path:
    (found,) = (loras.parent / "home").iterdir()
    return found


def manifest(loras: Path) -> Path:
    return state_of(loras) / "index" / "manifest.json"


def as_version_6(loras: Path) -> None:
    """The index and the database as an older Stylus left them: neither says whose it is."""
    said = json.loads(manifest(loras).read_bytes())
    del said["library"], said["checksum"]
    said["version"] = [6, tokenizer.VERSION]
    manifest(loras).write_text(json.dumps(said), "utf-8")
    with sqlite3.connect(state_of(loras) / "library.sqlite") as connection:
        connection.execute("DELETE FROM meta WHERE name <> 'revision'")
        connection.execute("PRAGMA user_version = 2")
    connection.close()


def segments(loras: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in manifest(loras).parent.glob("segment-*/ids.npy")}


PROMPTS = {"a paper kite": "paper_kite_v2", "gouache style, a hill": "gouache_v1", "orla fenwick": "orla_fenwick"}


def check(stylus: Stylus) -> None:
    for prompt, wanted in PROMPTS.items():
        assert names(stylus, prompt) == [wanted]


def filled(loras: Path) -> None:
    with opened(loras) as stylus:
        stylus.index()


def grown(loras: Path) -> None:
    """A library whose files came one after the other, so that a scan of all gives them other ids."""
    paths = sorted(loras.iterdir(), reverse=True)
    aside = loras.parent / "aside"
    loras.rename(aside)
    loras.mkdir()
    with opened(loras) as stylus:
        for path in paths:
            (aside / path.name).rename(path)
            stylus.index()


@pytest.mark.parametrize("revision", ["the same", "a smaller one", "a larger one"])
def test_another_database_builds_it_anew(folder: Path, revision: str, caplog: pytest.LogCaptureFixture):
    grown(folder)
    old = json.loads(manifest(folder).read_bytes())["revision"]
    for path in state_of(folder).glob("library*.sqlite*"):
        path.unlink()
    with opened(folder) as stylus:
        stylus.refresh()
        new = stylus.library.state.revision
    with sqlite3.connect(state_of(folder) / "library.sqlite") as connection:
        moved = {"the same": old - new, "a smaller one": 0, "a larger one": old + 5}[revision]
        connection.execute("UPDATE meta SET value = value + ? WHERE name = 'revision'", (moved,))
    connection.close()
    with opened(folder) as stylus, caplog.at_level(logging.WARNING, "stylus"):
        assert stylus.foreign == "it was made for another database"
        check(stylus)
        assert stylus.foreign == ""
        assert sum("is not of this library" in r.getMessage() for r in caplog.records) == 1
    with opened(folder) as stylus:
        assert stylus.foreign == ""
        check(stylus)


def test_an_index_that_is_ahead_of_its_database_is_built_anew(folder: Path):
    filled(folder)
    with sqlite3.connect(state_of(folder) / "library.sqlite") as connection:
        connection.execute("UPDATE meta SET value = value - 1 WHERE name = 'revision'")
    connection.close()
    with opened(folder) as stylus:
        assert "changes that the database does not have" in stylus.foreign
        check(stylus)


def test_one_of_before_that_fits_is_used(folder: Path):
    filled(folder)
    as_version_6(folder)
    before = segments(folder)
    with opened(folder) as stylus:
        assert stylus.foreign == ""
        stylus.index()
        check(stylus)
        identity = stylus.library.state.identity
    assert segments(folder) == before and json.loads(manifest(folder).read_bytes())["library"] == identity


def test_one_of_before_takes_in_what_came_since(folder: Path):
    filled(folder)
    as_version_6(folder)
    before = segments(folder)
    add(folder, "diving_bell", "Brass Diving Bell", "objects", "brass diving bell")
    with opened(folder) as stylus:
        check(stylus)
        assert names(stylus, "a brass diving bell") == ["diving_bell"]
    assert before.keys() < segments(folder).keys()


@pytest.mark.parametrize("change", ["a name", "an id", "one more", "one less", "a new database"])
def test_one_of_before_that_does_not_fit_is_built_anew(folder: Path, change: str):
    filled(folder)
    as_version_6(folder)
    with sqlite3.connect(state_of(folder) / "library.sqlite") as connection:
        if change == "a name":
            connection.execute("UPDATE adapters SET stem = 'cork_vane' WHERE stem = 'salt_marsh'")
        elif change == "an id":
            connection.execute("UPDATE adapters SET id = 90 WHERE stem = 'salt_marsh'")
        elif change == "one less":
            connection.execute("UPDATE adapters SET state = 'unreadable' WHERE stem = 'salt_marsh'")
    connection.close()
    if change == "one more":
        said = json.loads(manifest(folder).read_bytes())
        rewritten_dead = [[0], *said["dead"][1:]]
        manifest(folder).write_text(json.dumps({**said, "dead": rewritten_dead}), "utf-8")
    elif change == "a new database":
        (state_of(folder) / "library.sqlite").unlink()
    with opened(folder) as stylus:
        stylus.refresh()
        assert stylus.foreign == "it was made for another database"
        stylus.index()
        assert stylus.foreign == ""
        check(stylus)


def test_a_database_that_is_damaged_under_a_selection(folder: Path):
    grown(folder)
    with opened(folder) as stylus:
        check(stylus)
        stylus.set("paper_kite_v2", weight=0.45)
        with sqlite3.connect(state_of(folder) / "library.sqlite") as connection:
            connection.execute("DROP VIEW present")
        connection.close()
        assert stylus.select("a paper kite").rewritten.endswith("<lora:paper_kite_v2:0.45>")
        check(stylus)
    with opened(folder) as stylus:
        check(stylus)


def test_a_database_that_is_damaged_between_two_starts(folder: Path):
    grown(folder)
    with opened(folder) as stylus:
        stylus.set("paper_kite_v2", weight=0.45)
    (state_of(folder) / "library.sqlite").write_bytes(b"no database " * 500)
    with opened(folder) as stylus:
        assert stylus.select("a paper kite").rewritten.endswith("<lora:paper_kite_v2:0.45>")
        check(stylus)


def test_the_home_folder_goes_under_a_running_process(folder: Path):
    grown(folder)
    home = state_of(folder)
    with opened(folder) as stylus:
        stylus.set("paper_kite_v2", weight=0.45)
        check(stylus)
        for number, thing in enumerate(("tin drum", "wool cactus")):
            home.rename(home.with_name(f"away-{number}"))
            stem = thing.replace(" ", "_")
            add(folder, stem, thing.title(), "objects", thing)
            assert names(stylus, f"a {thing}") == [stem]
            check(stylus)
            assert stylus.set("gouache_v1", weight=0.6 + number / 10).card.weight == 0.6 + number / 10
            assert stylus.select("a paper kite").rewritten.endswith("<lora:paper_kite_v2:0.45>")
    for number in range(2):
        (home.parent / f"away-{number}").rename(home.parent.with_name(f"away-{number}"))
    with opened(folder) as stylus:
        assert stylus.indexed and stylus.foreign == ""
        check(stylus)
        assert [a.card.weight for a in stylus.find("gouache_v1")] == [0.7]
