"""The database: lookups, the user's edits, models' cards, revisions, several processes, damage."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from stylus_core.errors import LibraryError
from stylus_core.library import Library
from stylus_core.library.cards import effective
from stylus_core.library.record_codec import decode_card, decode_metadata, encode_card, encode_metadata
from stylus_core.types import Card, Example, Metadata
from tests.clock import HANG
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf
from tests.shared import MAKE_LIBRARY, REASON


def test_lookups(shelf: Shelf) -> None:
    for name, title in (("Fox", "The Red One"), ("sub/hen", "Fox and Hen"), ("owl", "")):
        path = safetensors(shelf.loras / f"{name}.safetensors")
        sidecar(path, ".civitai.info", {"model": {"name": title}})
    (shelf.loras / "bad.safetensors").write_bytes(b"")
    shelf.scan()
    library = shelf.library
    by_stem = {a.stem: a for a in library.adapters()}
    assert set(by_stem) == {"Fox", "hen", "owl"}
    assert [a.stem for a in library.adapters(("unreadable",))] == ["bad"]
    assert list(library.adapters(())) == []
    ids = [a.id for a in by_stem.values()]
    assert library.get([*ids, 10**9]) == {a.id: a for a in by_stem.values()}
    assert library.get([]) == {}
    assert [a.stem for a in library.find("fOX")] == ["Fox"]
    assert [a.stem for a in library.find("the red one")] == ["Fox"]
    assert [a.stem for a in library.find("hen")] == ["hen"]
    assert [a.stem for a in library.find("re")] == ["Fox"]
    assert library.find("100%") == library.find("") == []


def test_more_adapters_than_one_query_holds(shelf: Shelf) -> None:
    for number in range(1203):
        (shelf.loras / f"{number}.pt").touch()
    shelf.scan()
    found = list(shelf.library.adapters(("unopened",)))
    assert len({a.id for a in found}) == 1203
    assert len(shelf.library.get([a.id for a in found])) == 1203


def test_all_fields_survive_storage() -> None:
    metadata = Metadata(
        title="狐 \U0001f98a",
        tags=("a", "b"),
        trigger_words=("x || y",),
        examples=(Example("p", "n", 0.7, "/i.png"), Example("q")),
        training_tags=(("t", 3), ("u", 1)),
        training_concepts=("c",),
        training_captions=True,
        user_weight=0.0001,
        model_id=2**40,
        excluded=True,
        provenance={"title": ".json"},
    )
    assert decode_metadata(encode_metadata(metadata)) == metadata
    assert decode_metadata(encode_metadata(Metadata())) == Metadata()
    card = Card("d", "style", "s", ("a", "b"), True, 0.65, 0.5, 0.8, "author", "vlm", "t", ("title",))
    assert decode_card(encode_card(card)) == card
    assert decode_card(encode_card(Card())) == Card()


def test_the_users_edits_win_and_survive(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "a.safetensors")
    number = shelf.one().id
    made = shelf.one().card
    shelf.library.edit(number, {"weight": 0.55, "description": "mine", "kind": "pose"})
    shelf.library.put_cards({number: Card("from a model", "style", weight=1.0, source="vlm")}, "vlm")
    sidecar(path, ".html", "changed")
    assert shelf.scan().changed == 1
    card = shelf.one().card
    assert (card.description, card.kind, card.weight) == ("mine", "pose", 0.55)
    assert (card.source, card.weight_source) == ("user", "user")
    shelf.library.edit(number, {"description": None})
    assert shelf.one().card.description == "from a model"
    shelf.library.edit(number, {"weight": None, "kind": None})
    assert shelf.one().card.weight == 1.0
    shelf.library.drop_cards([number], "vlm")
    assert shelf.one().card.kind == made.kind and shelf.one().card.source != "vlm"


def test_an_edit_of_the_weight_takes_the_text_encoder_along(shelf: Shelf) -> None:
    safetensors(shelf.loras / "a.safetensors", {"modelspec.description": "UNet weight 0.8, TE weight 0.4"})
    number = shelf.one().id
    assert (shelf.one().card.weight, shelf.one().card.clip_weight) == (0.8, 0.4)
    shelf.library.edit(number, {"weight": 0.6}, by="user")
    assert (shelf.one().card.weight, shelf.one().card.clip_weight) == (0.6, 0.3)
    shelf.library.edit(number, {"weight": None}, by="user")
    assert (shelf.one().card.weight, shelf.one().card.clip_weight) == (0.8, 0.4)


def test_which_card_counts() -> None:
    metadata = Card("m", trigger_words=("a", "b"), trigger_alternatives=True, weight=0.6, weight_source="user")
    vlm, llm = Card("v", "style", weight=0.9, source="vlm"), Card("l", source="llm")
    assert effective({}, {}) == Card()
    assert effective({"metadata": metadata}, {}) == metadata
    found = effective({"metadata": metadata, "llm": llm, "vlm": vlm}, {})
    assert (found.description, found.trigger_words, found.trigger_alternatives) == ("v", ("a", "b"), True)
    assert (found.weight, found.weight_source) == (0.6, "user")  # set by the user in another tool
    assert effective({"metadata": metadata, "vlm": Card("", "style", source="vlm")}, {}).description == "m"


def test_cards_of_models_and_what_they_were_made_from(shelf: Shelf) -> None:
    for name in "ab":
        safetensors(shelf.loras / f"{name}.safetensors")
    shelf.scan()
    one, two = (a.id for a in shelf.library.adapters())
    revision = shelf.library.revision
    shelf.library.put_cards({one: Card("v", source="vlm"), 10**9: Card("nobody's")}, "vlm", {one: "k1"})
    assert shelf.library.card_keys("vlm") == {one: "k1"}
    assert shelf.library.changes_since(revision) == ({one}, set())
    assert shelf.library.get([one])[one].card.source == "vlm" and shelf.library.get([two])[two].card.source != "vlm"
    with pytest.raises(LibraryError, match="vlm, llm, import"):
        shelf.library.put_cards({one: Card()}, "metadata")


def test_changes_since_a_revision(shelf: Shelf) -> None:
    paths = [safetensors(shelf.loras / f"{name}.safetensors", {"ss_output_name": name}) for name in "abcd"]
    assert shelf.library.changes_since(0) == (set(), set())
    shelf.scan()
    ids = {a.stem: a.id for a in shelf.library.adapters()}
    assert shelf.library.changes_since(0) == (set(ids.values()), set())
    revision = shelf.library.revision
    assert shelf.library.changes_since(revision) == (set(), set())
    paths[0].unlink()
    sidecar(paths[1], ".txt", "b")
    paths[2].write_bytes(b"broken")
    safetensors(shelf.loras / "z" / "d.safetensors", {"ss_output_name": "another"})  # d is shadowed by it
    shelf.scan()
    ids["new"] = next(a.id for a in shelf.library.adapters() if a.path.endswith("z/d.safetensors"))
    assert shelf.library.changes_since(revision) == ({ids["b"], ids["new"]}, {ids["a"], ids["c"], ids["d"]})
    assert shelf.library.revision > revision


def damage_header(path: Path) -> None:
    path.write_bytes(b"this is no database at all" * 99)


def damage_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:] = os.urandom(len(content) - 100)
    path.write_bytes(content)


def damage_schema(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE adapters")
    connection.close()


@pytest.mark.parametrize("damage", [damage_header, damage_pages, damage_schema])
def test_a_damaged_database_is_moved_aside_and_rebuilt(shelf: Shelf, damage: Callable[[Path], None]) -> None:
    safetensors(shelf.loras / "a.safetensors")
    shelf.scan()
    shelf.library.close()
    for number in (1, 2):
        damage(shelf.database)
        with Library(shelf.database) as library:
            assert shelf.database.with_name(f"library.sqlite.broken-{number}").exists()
            assert library.scan([shelf.loras]).added == 1
            assert [a.stem for a in library.adapters()] == ["a"]


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LibraryError, match="newer version"):
        Library(path)
    assert [p.name for p in tmp_path.iterdir()] == ["library.sqlite"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="STYLUS_HOME"):
        Library(tmp_path / "file" / "library.sqlite")
    (tmp_path / "folder").mkdir()
    with pytest.raises(LibraryError, match="cannot be used"):
        Library(tmp_path / "folder")


def test_a_closed_library_says_so(shelf: Shelf) -> None:
    shelf.library.close()
    with pytest.raises(LibraryError, match="open it again"):
        list(shelf.library.adapters())


def test_threads_share_one_library(shelf: Shelf) -> None:
    for number in range(40):
        safetensors(shelf.loras / f"{number}.safetensors")
    errors: list[BaseException] = []

    def work(turn: int) -> None:
        try:
            for _ in range(5):
                if turn % 2:
                    shelf.library.scan([shelf.loras])
                assert all(a.status == "ok" for a in shelf.library.adapters())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and len(list(shelf.library.adapters())) == 40


def _writer(database: Path, loras: Path, name: str) -> None:
    with Library(database) as library:
        for turn in range(8):
            safetensors(loras / f"{name}-{turn}.safetensors", {"ss_output_name": f"{name}-{turn}"})
            library.scan([loras])
            for adapter in library.find(f"{name}-{turn}"):
                library.edit(adapter.id, {"description": f"by {name} in turn {turn}"})


def _reader(database: Path) -> None:
    """Reads until all is there that the writers write."""
    with Library(database) as library:
        seen = 1
        while seen < 17:
            found = list(library.adapters())
            assert len(found) >= seen, "an adapter was lost"
            seen = len(found)


@pytest.mark.whole
def test_two_writers_and_eight_readers_lose_nothing(tmp_path: Path) -> None:
    loras, database = tmp_path / "loras", tmp_path / "library.sqlite"
    loras.mkdir()
    safetensors(loras / "first.safetensors")
    with Library(database) as library:
        library.scan([loras])
    context = multiprocessing.get_context("spawn")  # no child of a process that has threads
    jobs = [context.Process(target=_writer, args=(database, loras, name)) for name in ("one", "two")]
    jobs += [context.Process(target=_reader, args=(database,)) for _ in range(8)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(HANG)
    assert [job.exitcode for job in jobs] == [0] * 10
    with Library(database) as library:
        assert library.scan([loras]).unchanged == 17
        edited = {a.stem: a.card.description for a in library.adapters() if a.card.source == "user"}
    assert edited == {f"{name}-{turn}": f"by {name} in turn {turn}" for name in ("one", "two") for turn in range(8)}


def _open_and_scan(database: Path, loras: Path) -> None:
    with Library(database) as library:
        library.scan([loras])


def test_processes_that_create_the_library_at_once(tmp_path: Path) -> None:
    for number in range(20):
        safetensors(tmp_path / "loras" / f"{number}.safetensors")
    context = multiprocessing.get_context("spawn")  # no child of a process that has threads
    arguments = (tmp_path / "state" / "library.sqlite", tmp_path / "loras")
    jobs = [context.Process(target=_open_and_scan, args=arguments) for _ in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(HANG)
    assert [job.exitcode for job in jobs] == [0] * 4
    with Library(arguments[0]) as library:
        assert len(list(library.adapters())) == 20


@pytest.mark.skipif(MAKE_LIBRARY is None, reason=REASON)
def test_a_folder_as_users_have_it(shelf: Shelf) -> None:
    import subprocess
    import sys

    manifest = shelf.loras.parent / "manifest.json"
    command = [sys.executable, str(MAKE_LIBRARY), str(shelf.loras), "--size", "120", "--manifest", str(manifest)]
    subprocess.run(command, check=True, capture_output=True)
    report = shelf.scan()
    found = list(shelf.library.adapters())
    assert report.added == len(found) == 120 and shelf.library.problems() == []
    assert {a.metadata.architecture for a in found} <= {"sd1", "sd2"}
    assert sum(bool(a.metadata.description) for a in found) > 60
    assert all(a.metadata.provenance or not a.metadata.title for a in found)
