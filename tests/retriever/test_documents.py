"""What can be searched of an adapter of which little is known."""

from __future__ import annotations

from dataclasses import replace

from stylus_core.refiner import refine
from stylus_core.retriever.documents import TRIGGER, document
from stylus_core.types import Adapter, Card, Example, Metadata

TAGS = (("quelin", 40), ("red cloak", 40), ("rain", 10))


def bare(stem: str, **fields: object) -> Adapter:
    metadata = Metadata(**fields)  # type: ignore[arg-type]
    return Adapter(1, f"/x/{stem}.safetensors", stem, metadata=metadata, card=refine(metadata, stem))


def test_training_tags_stand_in_for_example_prompts() -> None:
    assert document(bare("quelin", training_tags=TAGS)).examples == (["quelin", "red", "cloak", "rain"],)
    told = document(bare("quelin", training_tags=TAGS, examples=(Example("a quelin at sea"),)))
    assert told.examples == (["quelin", "sea"],)
    # a picture of which no prompt is known says nothing
    assert ["quelin", "red", "cloak", "rain"] in document(
        bare("quelin", training_tags=TAGS, examples=(Example("", image="/x/a.png"),))
    ).examples


def test_training_folder_calls_it_where_no_trigger_words_are_known() -> None:
    assert (TRIGGER, ["velmora", "cloak"]) in document(bare("vc1", training_concepts=("velmora_cloak",))).units
    known = document(bare("vc1", training_concepts=("velmora_cloak",), trigger_words=("vmr",))).units
    assert (TRIGGER, ["velmora", "cloak"]) not in known


def test_each_of_several_sets_is_called_by_what_stands_first_in_it() -> None:
    sets = ("mirelle of the coast, silver braid", "torvan the smith, red beard")
    found = document(bare("saltmarsh", trigger_words=sets)).units
    assert (TRIGGER, ["torvan", "smith"]) in found
    assert (TRIGGER, ["mirelle", "coast"]) in found
    # of one set all belongs to one name
    assert (TRIGGER, ["torvan", "smith"]) not in document(bare("saltmarsh", trigger_words=sets[1:])).units


def test_remarks_call_nobody() -> None:
    found = document(bare("saltmarsh", trigger_words=("see the description", "saltmarsh wash"))).units
    assert [unit for kind, unit in found if kind == TRIGGER] == [["saltmarsh", "wash"]]


def test_a_name_that_is_run_together_is_found_by_its_words() -> None:
    found = document(bare("stormlanternstyle"))
    assert any(unit == ["storm", "lantern", "style"] for _, unit in found.units)
    assert {"stormlanternstyle", "lantern"} <= set(found.about)
    assert "storm lantern style" in found.title


def test_empty_lines_take_no_room_of_what_is_embedded() -> None:
    lines = [f"line {n}" for n in range(200)]
    spread, close = (bare("a", title="Fog", description=gap.join(lines)) for gap in ("\n\n", "\n"))
    assert document(spread).description == document(close).description


def test_a_kind_is_a_guess_where_neither_title_nor_tags_are_known() -> None:
    assert document(bare("quelin")).guessed
    assert not document(bare("quelin", title="Quelin")).guessed
    assert not document(bare("quelin", tags=("style",))).guessed
    told = replace(bare("quelin"), card=Card(kind="style", source="llm"))
    assert not document(told).guessed


def test_what_the_user_set_stands_for_what_the_files_say() -> None:
    told = bare("quelin", title="Rain Knight", description="A knight in the rain.", trigger_words=("rain knight",))
    edits = {
        "title": "Tin Warden", "description": "A warden of tin.", "trigger_words": ("tin warden",), "kind": "person",
    }  # fmt: skip
    found = document(replace(told, card=replace(told.card, edited=tuple(edits), **edits)))
    assert {"tin", "warden"} <= set(found.about) and "rain" not in found.about
    assert found.title == "Tin Warden" and "A warden of tin." in found.description
    assert [unit for kind, unit in found.units if kind == TRIGGER] == [["tin", "warden"]]
    none = replace(told, card=replace(told.card, trigger_words=(), edited=("trigger_words",)))
    assert not [unit for kind, unit in document(none).units if kind == TRIGGER]


def test_what_the_user_calls_it_is_embedded_with_its_title() -> None:
    assert (
        document(bare("quelin", title="Rig Pack", own_words="for my harbour cranes")).title == "harbour cranes Rig Pack"
    )
    assert document(bare("quelin", title="Rig Pack", own_words="a rig, nice light")).title == "Rig Pack"


def test_a_kind_that_the_user_set_is_no_guess() -> None:
    known = bare("quelin")
    assert not document(replace(known, card=replace(known.card, kind="style", edited=("kind",)))).guessed
