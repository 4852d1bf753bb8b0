"""What a user sets of an adapter: it wins, it stays, it is found, and it is taken back."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from stylus_core import refiner
from stylus_core.errors import LibraryError, OptionError
from stylus_core.library import Library
from stylus_core.library.edits import HISTORY
from stylus_core.refiner import MetadataRefiner
from stylus_core.types import Card
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

FILES = {
    "baseModel": "SD 1.5",
    "trainedWords": ["tin heron"],
    "model": {"name": "Tin Heron", "description": "<p>A heron of tin.</p>", "tags": ["animal"]},
}
ALL: dict[str, Any] = {
    "title": "Clockwork Stork",
    "description": "A wading bird made of cogs.",
    "trigger_words": ["cog stork", "brass beak"],
    "weight": 0.45,
    "clip_weight": 0.3,
    "kind": "object",
    "excluded": True,
}


def heron(shelf: Shelf, stem: str = "tin_heron") -> tuple[Path, int]:
    path = safetensors(shelf.loras / f"{stem}.safetensors", {"ss_output_name": stem})
    sidecar(path, ".civitai.info", FILES)
    return path, shelf.one().id


def values(library: Library, number: int) -> dict[str, Any]:
    return {field: edit.value for field, edit in library.edits(number).items()}


def test_every_field_wins_over_files_and_models(shelf: Shelf) -> None:
    _, number = heron(shelf)
    made = shelf.one()
    shelf.library.put_cards({number: Card("from a model", "style", "tin bird", weight=1.0, source="vlm")}, "vlm")
    assert shelf.library.edit(number, ALL)
    (found,) = shelf.library.adapters(("excluded",))
    card = found.card
    assert (found.title, card.description, card.source) == ("Clockwork Stork", "A wading bird made of cogs.", "user")
    assert (card.trigger_words, card.trigger_alternatives) == (("cog stork", "brass beak"), False)
    assert (card.weight, card.clip_weight, card.weight_source, card.kind) == (0.45, 0.3, "user", "object")
    assert card.subject == "Clockwork Stork"  # what the composer calls it
    assert set(card.edited) == set(ALL)
    assert found.metadata == made.metadata  # what the files say stays as they say it
    assert shelf.library.edit(number, dict.fromkeys(ALL))
    assert shelf.one().card.description == "from a model"
    assert shelf.library.cards("metadata", [number])[number] == made.card


def test_edits_survive_renames_rescans_refiners_and_a_day_away(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    path, number = heron(shelf)
    shelf.library.edit(number, ALL)
    before = shelf.one().card
    path.rename(path.with_name("moved.safetensors"))
    path.with_suffix(".civitai.info").rename(path.with_name("moved.civitai.info"))
    assert (shelf.scan().renamed, shelf.one().id, shelf.one().card) == (1, number, before)
    sidecar(path.with_name("moved.safetensors"), ".civitai.info", {**FILES, "trainedWords": ["other"]})
    assert (shelf.scan().changed, shelf.one().card) == (1, before)
    monkeypatch.setattr(refiner, "VERSION", 10**6)
    assert (shelf.scan().refined, shelf.one().card) == (1, before)
    away = shelf.loras.with_name("unmounted")
    shelf.loras.rename(away)
    shelf.loras.mkdir()
    assert shelf.scan().removed == 1
    shelf.loras.rmdir()
    away.rename(shelf.loras)
    assert (shelf.scan().added, shelf.one().id, shelf.one().card) == (1, number, before)
    assert values(shelf.library, number) == ALL


def test_title_is_found_and_so_is_the_files_own_once_it_is_cleared(shelf: Shelf) -> None:
    path, number = heron(shelf)
    shelf.library.edit(number, {"title": "Clockwork Stork"})
    assert [a.id for a in shelf.library.find("clockwork stork")] == [number]
    sidecar(path, ".txt", "read again")
    shelf.scan()
    assert [a.id for a in shelf.library.find("clockwork stork", whole=True)] == [number]
    assert shelf.library.find("tin heron", whole=True) == []
    shelf.library.edit(number, {"title": None})
    assert [a.id for a in shelf.library.find("tin heron", whole=True)] == [number]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_users_word_on_exclusion_wins_either_way(shelf: Shelf, elsewhere: bool) -> None:
    path, number = heron(shelf)
    sidecar(path, ".metadata.json", {"model_name": "Tin Heron", "exclude": elsewhere})
    assert shelf.one().status == ("excluded" if elsewhere else "ok")
    revision = shelf.library.revision
    shelf.library.edit(number, {"excluded": not elsewhere})
    changed = ({number}, set()) if elsewhere else (set(), {number})
    assert shelf.library.changes_since(revision) == changed
    sidecar(path, ".txt", "read again")
    shelf.scan()
    assert shelf.one().status == ("ok" if elsewhere else "excluded")
    assert shelf.one().metadata.excluded == elsewhere
    assert shelf.library.problems() == []
    shelf.library.undo(number)
    assert shelf.one().status == ("excluded" if elsewhere else "ok")


def test_reason_of_an_exclusion_names_the_way_out(shelf: Shelf) -> None:
    path, number = heron(shelf)
    sidecar(path, ".metadata.json", {"exclude": True})
    assert "another tool excludes it" in shelf.one().problem
    shelf.library.edit(number, {"excluded": True})
    assert "you excluded it" in shelf.one().problem and "--excluded false" in shelf.one().problem


def test_undo_goes_back_change_by_change(shelf: Shelf) -> None:
    _, number = heron(shelf)
    edit, undo = shelf.library.edit, shelf.library.undo
    before = shelf.one()
    assert edit(number, {"weight": 0.4, "kind": "style"})
    assert not edit(number, {"weight": 0.4})  # nothing is different, so there is nothing to take back
    assert edit(number, {"weight": 0.6}, by="panel")
    assert edit(number, {"weight": None, "title": "Stork"}, by="api")
    assert shelf.library.undoable(number) == 3
    assert set(undo(number)) == {"title", "weight"}
    assert shelf.library.edits(number)["weight"][:2] == (0.6, "panel")
    assert undo(number) == ("weight",)
    assert shelf.library.edits(number)["weight"][:2] == (0.4, "user")
    assert set(undo(number)) == {"kind", "weight"}
    assert shelf.one() == before
    revision = shelf.library.revision
    assert undo(number) == () and shelf.library.revision == revision


def test_history_is_bounded_and_of_one_adapter(shelf: Shelf) -> None:
    _, number = heron(shelf)
    safetensors(shelf.loras / "other.safetensors", {"ss_output_name": "other"})
    shelf.scan()
    other = next(a.id for a in shelf.library.adapters() if a.id != number)
    shelf.library.edit(other, {"weight": 0.9})
    for turn in range(HISTORY + 7):
        shelf.library.edit(number, {"weight": 1 + turn / 10})
    assert (shelf.library.undoable(number), shelf.library.undoable(other)) == (HISTORY, 1)
    while shelf.library.undo(number):
        pass
    assert values(shelf.library, number) == {"weight": 1.6}  # the seven oldest changes are forgotten
    assert values(shelf.library, other) == {"weight": 0.9}


def test_trigger_words_and_alternatives(shelf: Shelf) -> None:
    _, number = heron(shelf)

    def given(entries: Any) -> tuple[tuple[str, ...], bool]:
        shelf.library.edit(number, {"trigger_words": entries})
        card = shelf.one().card
        return card.trigger_words, card.trigger_alternatives

    assert given("cog stork,  brass\nbeak ") == (("cog stork, brass beak",), False)
    assert given(["summer coat || winter coat"]) == (("summer coat", "winter coat"), True)
    assert given(["summer coat||", "winter coat"]) == (("summer coat", "winter coat"), True)
    assert given("summer coat || ") == (("summer coat",), False)
    assert given(["Stork (Clock Town)", "stork (clock town)"]) == (("Stork (Clock Town)",), False)
    assert given(()) == ((), False)  # it needs none, whatever its author wrote


WRONG = {
    "field": ({"subject": "x"}, "no field 'subject': what can be set is title, description"),
    "kind": ({"kind": "sauce"}, "'kind' takes one of character, person, .*, not 'sauce'"),
    "kind type": ({"kind": ["style"]}, "'kind' takes one of"),
    "weight": ({"weight": 100.0}, "'weight' takes a number from -20 to 20, not 0, not 100.0"),
    "nan": ({"weight": float("nan")}, "'weight' takes a number"),
    "zero": ({"weight": "0"}, "'weight' takes a number from -20 to 20, not 0, not '0'"),
    "a word": ({"weight": "much"}, "'weight' takes a number .* not 'much'"),
    "huge": ({"weight": 10**400}, "'weight' takes a number"),
    "truth": ({"weight": True}, "'weight' takes a number"),
    "empty": ({"description": " \n "}, "'description' is empty: --clear description"),
    "long": ({"title": "x" * 301}, "'title' takes at most 300 characters, not 301: shorten it"),
    "endless": ({"description": "x" * 10**6}, "'description' takes at most 1000 characters, not 1000000"),
    "bell": ({"title": "a\x07b"}, r"'title' holds the character U\+0007, which cannot be seen"),
    "direction": ({"description": "a \u202e b"}, r"'description' holds the character U\+202E"),
    "half a pair": ({"title": "a\udc80"}, r"'title' holds the character U\+DC80"),
    "no text": ({"title": 5}, "'title' takes a text of at most 300 characters, not 5"),
    "empty entry": ({"trigger_words": ["a", ""]}, "'trigger_words' is empty: --no-trigger-words"),
    "only parted": ({"trigger_words": "||"}, r"'trigger_words' has nothing between its \|\|"),
    "many": ({"trigger_words": [f"word {n}" for n in range(13)]}, "'trigger_words' takes at most 12 texts, not 13"),
    "many parted": ({"trigger_words": "||".join(f"word {n}" for n in range(13))}, "at most 12 texts, not 13"),
    "a tag": ({"trigger_words": "stork, <lora:stork:1>"}, "'trigger_words' holds the tag of an adapter"),
    "no words": ({"trigger_words": "+++"}, "'trigger_words' holds no word in '\\+\\+\\+'"),
    "a number": ({"trigger_words": 3}, "'trigger_words' takes at most 12 texts"),
    "switch": ({"excluded": "maybe"}, "'excluded' takes true or false, not 'maybe'"),
    "one": ({"excluded": 1}, "'excluded' takes true or false, not 1"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_refused_in_one_sentence_and_changes_nothing(shelf: Shelf, wrong: str) -> None:
    given, sentence = WRONG[wrong]
    _, number = heron(shelf)
    revision = shelf.library.revision
    with pytest.raises(OptionError, match=sentence) as refused:
        shelf.library.edit(number, {"weight": 0.5, **given})
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300
    assert (shelf.library.edits(number), shelf.library.revision) == ({}, revision)


def test_unknown_adapters_and_setters(shelf: Shelf) -> None:
    _, number = heron(shelf)
    with pytest.raises(LibraryError, match="no adapter with the id"):
        shelf.library.edit(10**9, {"weight": 1.0})
    with pytest.raises(LibraryError, match="no adapter with the id"):
        shelf.library.undo(10**9)
    with pytest.raises(OptionError, match="user, panel, api"):
        shelf.library.edit(number, {"weight": 1.0}, by="nobody")


def standing(shelf: Shelf) -> dict[str, tuple[Any, str]]:
    return {s.field: (s.value, s.by) for s in shelf.library.field_provenance(shelf.one())}


def test_who_says_what(shelf: Shelf) -> None:
    path, number = heron(shelf)
    assert standing(shelf) == {
        "title": ("Tin Heron", ".civitai.info"),
        "description": (shelf.one().card.description, ".civitai.info"),
        "trigger_words": (["tin heron"], ".civitai.info"),
        "weight": (0.8, "default"),
        "clip_weight": (None, "default"),
        "kind": ("animal", "metadata"),
        "excluded": (False, "default"),
    }
    sidecar(path, ".json", {"preferred weight": 0.55})
    sidecar(path, ".metadata.json", {"exclude": True, "trainedWords": ["one || two"]})
    path.with_suffix(".civitai.info").unlink()
    found = standing(shelf)
    assert found["weight"] == (0.55, ".json")
    assert found["trigger_words"] == (["one || two"], ".metadata.json")
    assert found["excluded"] == (True, ".metadata.json")
    shelf.library.put_cards({number: Card("A tin bird.", "style", source="llm")}, "llm")
    found = standing(shelf)
    assert (found["description"], found["kind"]) == (("A tin bird.", "llm"), ("style", "llm"))
    assert found["trigger_words"][1] == ".metadata.json"  # the model named none
    shelf.library.edit(number, {"kind": "pose", "trigger_words": []}, by="panel")
    told = {s.field: s for s in shelf.library.field_provenance(shelf.one())}
    kind, words = told["kind"], told["trigger_words"]
    assert (kind.value, kind.by, kind.otherwise, kind.otherwise_by) == ("pose", "panel", "style", "llm")
    assert (words.value, words.otherwise) == ([], ["one || two"])
    assert kind.at.endswith("Z") and told["title"].at == ""


def test_a_bare_file_says_little(shelf: Shelf) -> None:
    safetensors(shelf.loras / "plum_velvet.safetensors", {"modelspec.title": "Plum Velvet"})
    assert standing(shelf)["title"] == ("Plum Velvet", "header")
    safetensors(shelf.loras / "plum_velvet.safetensors")
    found = standing(shelf)
    assert (found["title"], found["trigger_words"]) == (("plum_velvet", "file name"), ([], "default"))
    assert found["description"][1] == found["kind"][1] == "file name"


def test_nothing_is_written_beside_the_adapter(shelf: Shelf) -> None:
    _, number = heron(shelf)
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in shelf.loras.iterdir()}
    shelf.library.edit(number, ALL)
    shelf.library.undo(number)
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in shelf.loras.iterdir()} == before


def test_a_copy_has_its_own_edits(shelf: Shelf) -> None:
    path, number = heron(shelf)
    shelf.library.edit(number, {"weight": 0.3})
    shutil.copy2(path, path.with_name("copy.safetensors"))
    shelf.scan()
    weights = {a.stem: a.card.weight for a in shelf.library.adapters()}
    assert weights == {"tin_heron": 0.3, "copy": 0.8}


def test_several_connections_edit_one_adapter_and_lose_nothing(shelf: Shelf) -> None:
    _, number = heron(shelf)
    errors: list[BaseException] = []

    def work(field: str, offset: float) -> None:
        try:
            with Library(shelf.database, MetadataRefiner()) as library:
                for turn in range(8):
                    library.edit(number, {field: offset + turn} if field == "weight" else {field: f"turn {turn}"})
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=job) for job in (("weight", 1.0), ("title", 0), ("description", 0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert values(shelf.library, number) == {"weight": 8.0, "title": "turn 7", "description": "turn 7"}
    assert shelf.one().card.weight == 8.0 and shelf.one().title == "turn 7"
    assert shelf.library.undoable(number) == 24
    while shelf.library.undo(number):
        pass
    assert shelf.library.edits(number) == {}
