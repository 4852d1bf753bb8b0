"""What the user typed into an editor is told from what tools copied there; it is shown, and it finds the adapter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stylus_core import Stylus
from stylus_core.types import Adapter, Card
from tests.library.build import safetensors, sidecar
from tests.library.conftest import Shelf

OWN = "A tin robot with a wind-up key"
SITE = "This adapter draws the little tin robots of the fifties, with keys in their backs and rust on their feet."
SDXL = {"lora_unet_down_blocks_1_attentions_0_transformer_blocks_1_attn2_to_k.lora_down.weight": (4, 2048)}


def editor(description: str = "", **changes: Any) -> dict[str, Any]:
    """What the WebUI's editor saves."""
    keys = {"sd version": "SDXL", "activation text": "", "preferred weight": 0, "negative text": "", "notes": ""}
    return {"description": description, **keys, **changes}


def civitai(title: str = "Tin Robots", text: str = SITE, **changes: Any) -> dict[str, Any]:
    model = {"name": title, "type": "LORA", "description": f"<p>{text}</p>", "tags": []}
    return {"id": 5, "modelId": 6, "name": "v1", "baseModel": "SDXL 1.0", "trainedWords": [], "model": model, **changes}


#: A sidecar of each editor in which one can write: (suffix, record).
EDITORS = [
    (".json", editor(OWN)),
    (".json", editor(notes=OWN)),
    (".json", {"description": OWN}),
    (".json", editor(OWN, modelId=6, modelVersionId=5, sha256="ab" * 32)),  # an extension added its keys
    (".txt", OWN),
    (".description.txt", OWN),
    (".metadata.json", {"file_name": "zq_0815", "model_name": "zq_0815", "notes": OWN, "civitai": {}}),
    (".safetensors.rgthree-info.json", {"userNote": OWN, "trainedWords": []}),
    (".swarm.json", {"modelspec.title": "zq_0815", "modelspec.description": OWN}),
]


@pytest.mark.parametrize(("suffix", "record"), EDITORS)
def test_words_of_each_editor_are_the_users(shelf: Shelf, suffix: str, record: Any) -> None:
    sidecar(safetensors(shelf.loras / "zq_0815.safetensors"), suffix, record)
    found = shelf.one()
    assert (found.metadata.own_words, found.metadata.provenance["own_words"]) == (OWN, suffix)
    assert (found.card.description, found.card.source) == (f"{OWN}.", "user")
    assert found.card.subject == "tin robot"


def copies() -> Iterator[tuple[str, dict[str, Any]]]:
    """What tools write into the user's files although it is the site's."""
    yield "the same", editor(SITE)
    yield "HTML", editor(f"<p>{SITE}</p>")
    yield "white space", editor(SITE.replace(" ", "\n"))
    yield "cut off", editor(SITE[:80])
    yield "with more behind it", editor(f"{SITE}\nAbout this version:\nLess rust.")
    yield "as notes", editor(notes=SITE)
    yield "HTML as notes", editor(notes="<p>Less rust in this version.</p>")


@pytest.mark.parametrize("record", [pytest.param(record, id=name) for name, record in copies()])
def test_a_copy_of_the_sites_text_is_not(shelf: Shelf, record: dict[str, Any]) -> None:
    path = safetensors(shelf.loras / "zq_0815.safetensors")
    sidecar(path, ".civitai.info", civitai())
    sidecar(path, ".json", record)
    found = shelf.one()
    assert (found.metadata.own_words, found.card.source) == ("", "metadata")
    assert found.card.description.startswith("Concept: Tin Robots.")
    assert "own_words" not in found.metadata.provenance


def test_civitai_helpers_notes_are_the_description_of_the_version(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "zq_0815.safetensors")
    sidecar(path, ".civitai.info", civitai(description="<p>Less rust.</p>"))
    sidecar(path, ".json", editor(SITE, notes="Less rust.", extensions={"sd_civitai_helper": {"version": "1"}}))
    found = shelf.one().metadata
    assert (found.own_words, found.notes, found.description) == ("", "", f"{SITE}\n\nLess rust.")
    assert found.provenance["description"] == ".civitai.info"


@pytest.mark.parametrize(
    ("suffix", "record"),
    [
        (".json", editor("Long. " * 80, modelId=6)),  # civitai-browser-plus copies the site's text without markup
        (".json", editor("Long. " * 80, extensions={"sd_civitai_helper": {}})),
        (".json", editor("https://x.test/models/5")),
        (".json", editor("-")),
        (".json", editor("wilbot, tin key", **{"activation text": "wilbot, tin key"})),
        (".txt", "x " * 2000),
        (".txt", "<p>A page.</p>"),
        (".html", "<p>A page.</p>"),
        (".metadata.json", {"notes": "Use it well.", "llm_enriched_at": "2025-11-01T00:00:00"}),
        (".cm-info.json", {"ModelDescription": "<p>The site's.</p>"}),
    ],
)
def test_what_nobody_typed_about_it_is_not(shelf: Shelf, suffix: str, record: Any) -> None:
    sidecar(safetensors(shelf.loras / "zq_0815.safetensors"), suffix, record)
    found = shelf.one()
    assert found.metadata.own_words == "" and found.card.source != "user"


def test_the_users_words_stand_before_the_sites(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "zq_0815.safetensors")
    sidecar(path, ".civitai.info", civitai())
    sidecar(path, ".json", editor(OWN, notes="for toy shops"))
    found = shelf.one()
    assert found.metadata.description == f"{OWN}\n\n{SITE}"
    assert (found.metadata.own_words, found.metadata.notes) == (f"{OWN}\n\nfor toy shops", "for toy shops")
    said = found.card.description
    assert said.startswith(f"{OWN}. for toy shops. Concept: Tin Robots. This adapter draws the little tin robots")
    assert (found.title, found.card.subject, found.card.source) == ("Tin Robots", "Tin Robots", "user")


def test_notes_of_several_tools_come_together(shelf: Shelf) -> None:
    path = safetensors(shelf.loras / "zq_0815.safetensors")
    sidecar(path, ".json", editor(notes="for toy shops"))
    sidecar(path, ".metadata.json", {"file_name": "zq_0815", "notes": "rusty at 0.9"})
    sidecar(path, ".safetensors.rgthree-info.json", {"userNote": "for toy shops"})
    found = shelf.one().metadata
    assert (found.own_words, found.notes) == ("for toy shops\n\nrusty at 0.9", "for toy shops")
    assert found.provenance["own_words"] == ".json, .metadata.json"


def test_a_long_text_is_cut_and_loses_its_noise(shelf: Shelf) -> None:
    lines = [
        "Thanks for downloading, and support me on Patreon!",
        "Tin robots that march in rows over a kitchen table.",
        "Recommended weight 0.7.",
        *(f"Number {n} has another colour and another key." for n in range(9)),
    ]
    sidecar(safetensors(shelf.loras / "zq_0815.safetensors"), ".json", editor("\n".join(lines)))
    found = shelf.one().card
    assert found.description.startswith("Tin robots that march in rows over a kitchen table. Number 0 has")
    assert len(found.description) < 340 and "Patreon" not in found.description
    assert found.weight == 0.7


def test_the_users_words_count_before_a_models(shelf: Shelf) -> None:
    path = sidecar(safetensors(shelf.loras / "zq_0815.safetensors"), ".json", editor(OWN))
    number = shelf.one().id
    shelf.library.put_cards({number: Card("A toy.", "object", "toys", source="vlm")}, "vlm")
    found = shelf.one().card
    assert (found.description, found.source, found.kind, found.subject) == (f"{OWN}.", "user", "object", "toys")
    shelf.library.edit(number, {"description": "What I say here"}, by="user")
    assert shelf.one().card.description == "What I say here"
    shelf.library.edit(number, {"description": None}, by="user")
    path.unlink()
    assert shelf.one().card.description == "A toy."


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("A watercolor style with hard edges", "style"),
        ("my old car, a green one", "vehicle"),
        ("stone castle on a hill", "building"),
        ("wool sweater with reindeer", "clothing"),
    ],
)
def test_the_kind_comes_from_the_users_words(shelf: Shelf, words: str, kind: str) -> None:
    sidecar(safetensors(shelf.loras / "quelindra_v3.safetensors"), ".json", editor(words))
    assert shelf.one().card.kind == kind


# ---------------------------------------------------------------- picked by them


def opened(folder: Path, home: Path, encoder: str = "none") -> Stylus:
    for n in range(5):
        sidecar(safetensors(folder / f"other_{n}.safetensors", tensors=SDXL), ".json", editor(f"Thing number {n}"))
    stylus = Stylus(folder, home=home, encoder=encoder)
    stylus.index()
    return stylus


@pytest.mark.parametrize("stem", ["zq_0815", "lora_000017", "qlv_3", "green_box_v2", "a3f9c2d1e7b04455"])
@pytest.mark.parametrize(("suffix", "record"), EDITORS)
def test_they_are_enough_to_be_picked_by(tmp_path: Path, stem: str, suffix: str, record: Any) -> None:
    sidecar(safetensors(tmp_path / "loras" / f"{stem}.safetensors", tensors=SDXL), suffix, record)
    with opened(tmp_path / "loras", tmp_path / "home") as stylus:
        assert [p.name for p in stylus.select(OWN.lower()).picks] == [stem]
        assert [p.name for p in stylus.select("a cat on a sofa").picks] == []


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("use for winter scenes", "a winter scene with a frozen lake"),
        ("This is a LoRA of a fox wearing a raincoat. Use it at 0.7.", "a fox wearing a raincoat"),
        ("use at 0.6, makes everything look like paper cutouts", "a village made of paper cutouts"),
        ("Thanks for downloading! A brass kettle.", "a brass kettle on a stove"),
        ("the girl from my comic, red braids and a lantern", "girl with red braids and a lantern"),
        ("Ein Fuchs aus buntem Glas", "Fuchs aus buntem Glas"),
        ("玻璃狐狸", "一只玻璃狐狸"),
    ],
)
def test_however_they_say_it(tmp_path: Path, words: str, prompt: str) -> None:
    path = safetensors(tmp_path / "loras" / "zq_0815.safetensors", tensors=SDXL)
    sidecar(path, ".metadata.json", {"file_name": "zq_0815", "model_name": "zq_0815", "notes": words, "civitai": {}})
    with opened(tmp_path / "loras", tmp_path / "home") as stylus:
        assert [p.name for p in stylus.select(prompt).picks] == ["zq_0815"]


def test_what_is_set_here_is_enough_too(tmp_path: Path) -> None:
    safetensors(tmp_path / "loras" / "zq_0815.safetensors", tensors=SDXL)
    with opened(tmp_path / "loras", tmp_path / "home") as stylus:
        assert not stylus.select(OWN).picks
        stylus.library.edit(stylus.find("zq_0815")[0].id, {"description": OWN}, by="user")
        assert [p.name for p in stylus.select(OWN).picks] == ["zq_0815"]


def test_they_find_it_beside_the_sites_name(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "loras" / "zq_0815.safetensors", tensors=SDXL)
    sidecar(path, ".civitai.info", civitai("Kettle Pack", "Various kettles and more."))
    sidecar(path, ".json", editor("A copper samovar with engraved birds"))
    with opened(tmp_path / "loras", tmp_path / "home") as stylus:
        for prompt in ("a copper samovar on a table", "a kettle pack"):
            assert [p.name for p in stylus.select(prompt).picks] == ["zq_0815"], prompt


def test_a_character_still_has_to_be_named(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "loras" / "zq_0815.safetensors", tensors=SDXL)
    record = civitai("Ilsabet Crane (Saltmarsh)", "A character from the game Saltmarsh.")
    record["model"]["tags"] = ["character"]
    sidecar(path, ".civitai.info", record)
    sidecar(path, ".json", editor("use for winter scenes"))
    with opened(tmp_path / "loras", tmp_path / "home") as stylus:
        assert [p.name for p in stylus.select("Ilsabet Crane in the snow").picks] == ["zq_0815"]
        assert not stylus.select("a winter scene, no humans").picks


@pytest.mark.parametrize(
    "record",
    [editor("my hero Brusko, the lamp lighter"), editor(notes="Captain Brusko of my comic"), editor("brusko lora")],
)
def test_a_character_is_named_as_the_user_calls_it(tmp_path: Path, record: dict[str, Any]) -> None:
    path = safetensors(tmp_path / "loras" / "zq_0815.safetensors", tensors=SDXL)
    site = civitai("Ilsabet Crane (Saltmarsh)", "A character from the game Saltmarsh.")
    site["model"]["tags"] = ["character"]
    sidecar(path, ".civitai.info", site)
    sidecar(path, ".json", record)
    with opened(tmp_path / "loras", tmp_path / "home") as stylus:
        for prompt in ("brusko on a roof", "Ilsabet Crane in the snow"):
            assert [p.name for p in stylus.select(prompt).picks] == ["zq_0815"], prompt
        for prompt in ("a captain of a ship", "a lamp lighter on a roof", "a hero in a comic"):
            assert not stylus.select(prompt).picks, prompt


def test_a_title_that_is_set_here_names_a_character(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "loras" / "zq_0815.safetensors", tensors=SDXL)
    site = civitai("Ilsabet Crane (Saltmarsh)", "A character from the game Saltmarsh.")
    site["model"]["tags"] = ["character"]
    sidecar(path, ".civitai.info", site)
    with opened(tmp_path / "loras", tmp_path / "home") as stylus:
        assert not stylus.select("captain brusko at the helm").picks
        stylus.set("zq_0815", title="Captain Brusko")
        assert [p.name for p in stylus.select("captain brusko at the helm").picks] == ["zq_0815"]


def noted(folder: Path, title: str, description: str, notes: str, encoder: str) -> Stylus:
    """A library of one adapter, of which the site says one thing and the user's notes another."""
    path = safetensors(folder / "loras" / "zq_0815.safetensors", tensors=SDXL)
    sidecar(path, ".civitai.info", civitai(title, description))
    sidecar(path, ".json", editor(notes=notes))
    return opened(folder / "loras", folder / "home", encoder)


@pytest.mark.parametrize("encoder", ["none", "auto"])
@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("for my harbour cranes", "harbour cranes at dawn, photo"),
        ("I use this for the salt mill in my stories", "the salt mill at night, storm"),
        ("granny Olga's kitchen", "granny Olga's kitchen, bread on the table"),
        ("the one with the tram", "a tram on a hill"),
    ],
)
def test_a_purpose_in_few_words_finds_it(tmp_path: Path, encoder: str, words: str, prompt: str) -> None:
    with noted(tmp_path, "Rig Pack 9", "Two hundred pictures of steel.", words, encoder) as stylus:
        assert [p.name for p in stylus.select(prompt).picks] == ["zq_0815"]


@pytest.mark.parametrize("encoder", ["none", "auto"])
@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("used with 0.8, nice light", "nice light in a forest"),
        ("works good at 0.7, do not use with others, hands are bad", "bad hands, good light"),
        ("very strong, sky gets green", "a green sky"),
        ("soft light, good skin", "soft light on an apple"),
        ("skin too shiny", "a shiny skin, apple"),
        ("looks good in portraits", "portrait of a man"),
        ("0.6 is enough. Rain looks good.", "rain in a street"),
    ],
)
def test_what_somebody_thinks_of_it_is_no_reason(tmp_path: Path, encoder: str, words: str, prompt: str) -> None:
    with noted(tmp_path, "Quillon Armor", "Plates of an old kind.", words, encoder) as stylus:
        assert not stylus.select(prompt).picks
        assert [p.name for p in stylus.select("a knight in quillon armor").picks] == ["zq_0815"]


def test_both_titles_of_a_file_find_it(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "loras" / "zq_0815.safetensors", tensors=SDXL)
    sidecar(path, ".cm-info.json", {"ModelName": "Willow Ferry", "UserTitle": "The jade barge", "BaseModel": "SDXL"})
    with opened(tmp_path / "loras", tmp_path / "home") as stylus:
        for prompt in ("the jade barge at night", "a willow ferry in the fog"):
            assert [p.name for p in stylus.select(prompt).picks] == ["zq_0815"], prompt


def test_show_says_whose_words_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from stylus_core.cli import main

    sidecar(safetensors(tmp_path / "loras" / "zq_0815.safetensors", tensors=SDXL), ".json", editor(OWN))
    with opened(tmp_path / "loras", tmp_path / "home") as stylus:
        found: Adapter = stylus.find("zq_0815")[0]
    assert found.metadata.provenance["own_words"] == ".json"
    arguments = ["show", "zq_0815", "--library", str(tmp_path / "loras"), "--home", str(tmp_path / "home")]
    assert main([*arguments, "--encoder", "none"]) == 0
    assert f"{OWN}. (from user)" in capsys.readouterr().out
