"""Two files of one adapter at a selection: both or none, and never one alone in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stylus_core import Stylus
from stylus_core.options import Options
from stylus_core.types import Selection
from stylus_study.batch.pair_rendering import select_resolved
from tests.library.build import safetensors, sidecar

WAN = {
    "diffusion_model.blocks.0.cross_attn.k.lora_A.weight": (4, 512),
    "diffusion_model.blocks.0.cross_attn.k.lora_B.weight": (512, 4),
}
PROMPT = "a paper kite above the dunes"
BOTH = "<lora:kite_high_noise:0.8> <lora:kite_low_noise:0.8>"


def add(loras: Path, stem: str, title: str, kind: str = "objects", strength: str = "", base: str = "Wan 2.2") -> Path:
    tensors = WAN if base.startswith("Wan") else {"lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": (4, 3072)}
    path = safetensors(loras / f"{stem}.safetensors", {"ss_output_name": stem}, tensors)
    model = {"name": title, "description": f"<p>{title}. {strength}</p>", "tags": [kind]}
    sidecar(path, ".civitai.info", {"baseModel": base, "trainedWords": [title.lower()], "model": model})
    return path


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    folder = tmp_path / "loras"
    add(folder, "kite_high_noise", "Paper Kite")
    add(folder, "kite_low_noise", "Paper Kite")
    add(folder, "veska_HIGH", "Veska Thornlight", "character")
    add(folder, "veska_LOW", "Veska Thornlight", "character")
    add(folder, "bell_high_noise", "Brass Diving Bell")
    return folder


@pytest.fixture
def stylus(loras: Path) -> Iterator[Stylus]:
    with Stylus(loras, home=loras.parent / "home", encoder="none") as made:
        yield made


def names(found: Selection) -> list[str]:
    return [p.name for p in found.picks]


def test_both_are_written_with_one_weight_and_the_second_knows_the_first(stylus: Stylus):
    found = stylus.select(PROMPT)
    assert found.rewritten == f"{PROMPT} {BOTH}"
    first, second = json.loads(json.dumps(found.to_json()))["picks"]
    assert (first["name"], first["stage"], first["belongs_to"]) == ("kite_high_noise", "high", "")
    assert (second["name"], second["stage"], second["belongs_to"]) == ("kite_low_noise", "low", "kite_high_noise")
    assert (second["keyword"], second["start"], second["weight"]) == ("paper kite", 2, first["weight"])
    assert Path(second["path"]).name == "kite_low_noise.safetensors"
    assert "kite_high_noise" in second["reason"]
    assert [c.name for c in found.candidates].count("kite_low_noise") == 0


def test_rewriting_twice_equals_rewriting_once(stylus: Stylus):
    once = stylus.select(f"{PROMPT}, Veska Thornlight").rewritten
    again = stylus.select(once)
    assert again.rewritten == once
    assert not any("alone" in note for note in again.notes)


def test_a_pair_counts_once(stylus: Stylus):
    found = stylus.select(f"{PROMPT}, Veska Thornlight", {"max_adapters": 2})
    assert sorted(names(found)) == ["kite_high_noise", "kite_low_noise", "veska_HIGH", "veska_LOW"]
    # two adapters share a prompt, not four
    assert {p.weight for p in found.picks} == {p.weight for p in stylus.select(found.prompt).picks} == {0.66}
    assert len(names(stylus.select(found.prompt, {"max_adapters": 1}))) == 2
    # and so does one that the prompt has already
    own = stylus.select(f"{PROMPT} {BOTH}, Veska Thornlight", {"max_adapters": 2, "weight_budget": 1.5})
    assert names(own) == ["veska_HIGH", "veska_LOW"]
    assert own.picks[0].weight == 0.66


def test_weights_of_their_own(loras: Path):
    add(loras, "kite_high_noise", "Paper Kite", strength="Recommended weight: 1.0")
    add(loras, "kite_low_noise", "Paper Kite", strength="Recommended weight: 0.5")
    with Stylus(loras, home=loras.parent / "home", encoder="none") as stylus:
        first, second = stylus.select(PROMPT).picks
    assert second.weight == pytest.approx(first.weight / 2, abs=0.01)


def test_a_half_without_the_other_is_left_out_and_told(stylus: Stylus, loras: Path):
    found = stylus.select("a brass diving bell")
    assert found.rewritten == found.prompt
    assert found.notes == ("'bell_high_noise' is left out: its low-noise half is not in the folder",)
    assert found.nearly[0].reason == "left out: its low-noise half is not in the folder"
    add(loras, "bell_low_noise", "Brass Diving Bell")
    assert names(stylus.select("a brass diving bell")) == ["bell_high_noise", "bell_low_noise"]
    (loras / "kite_low_noise.safetensors").unlink()
    assert "its low-noise half is not in the folder" in stylus.select(PROMPT).notes[0]


def test_a_half_that_cannot_be_used(stylus: Stylus, loras: Path):
    (loras / "kite_low_noise.safetensors").write_bytes(b"no header")
    (note,) = stylus.select(PROMPT).notes
    assert "its low-noise half" in note
    assert "cannot be used" in note


@pytest.mark.parametrize("banned", ["kite_low_noise", "kite_high_noise"])
def test_a_half_whose_other_half_is_banned(stylus: Stylus, banned: str):
    found = stylus.select(PROMPT, {"banned": [banned]})
    assert found.picks == ()
    assert any(note.endswith(f"{banned!r} is banned") for note in found.notes)
    both = stylus.select(PROMPT, {"banned": ["kite_low_noise", "kite_high_noise"]})
    assert both.picks == ()
    assert not any("banned" in note for note in both.notes)


def test_who_applies_the_tags_may_not_apply_both(stylus: Stylus):
    asked: list[tuple[str, str]] = []

    def applies(high: str, low: str) -> str:
        asked.append((high, low))
        return "only one part of the model is loaded" if "kite" in high else ""

    found = stylus.select(f"{PROMPT}, Veska Thornlight", applies=applies)
    assert names(found) == ["veska_HIGH", "veska_LOW"]
    assert "'kite_high_noise' is left out: only one part of the model is loaded" in found.notes
    assert ("kite_high_noise", "kite_low_noise") in asked


@pytest.mark.parametrize("pinned", [["kite_low_noise"], ["kite_high_noise"], ["kite_low_noise", "kite_high_noise"]])
def test_a_pin_of_one_half_brings_the_other(stylus: Stylus, pinned: list[str]):
    found = stylus.select("evening light", {"pinned": pinned})
    assert sorted(names(found)) == ["kite_high_noise", "kite_low_noise"]
    assert found.picks[1].belongs_to == pinned[0]


def test_a_pin_whose_other_half_is_missing_says_so(stylus: Stylus):
    found = stylus.select("evening light", {"pinned": ["bell_high_noise"]})
    assert found.picks == ()
    assert (
        "'bell_high_noise' was asked for by name and is left out: its low-noise half is not in the folder"
        in found.notes
    )


def test_a_half_that_the_user_wrote_stays_alone_and_is_told(stylus: Stylus):
    found = stylus.select(f"{PROMPT} <lora:kite_low_noise:0.7>")
    assert found.picks == ()
    assert (
        "the prompt has 'kite_low_noise', one file of two that belong together, alone: "
        "its other half 'kite_high_noise' is not in the prompt" in found.notes
    )


@pytest.mark.parametrize("composer", ["local", "retriever", "random"])
def test_every_composer_sees_one_adapter(stylus: Stylus, composer: str):
    found = stylus.select(PROMPT, {"composer": composer, "max_adapters": 1})
    assert len(found.picks) in (0, 2)
    assert "bell_high_noise" not in names(found)


def test_a_webui_that_lacks_one_of_them_gets_none(stylus: Stylus):
    found, gone = select_resolved(stylus, PROMPT, Options(), set(), lambda pick: pick.name != "kite_low_noise")
    assert (found.picks, gone) == ((), ["kite_low_noise"])


def test_other_base_models_are_left_alone(loras: Path):
    for stem in ("lamp_high_noise", "lamp_low_noise"):
        add(loras, stem, "Ember Lamp", base="Flux.1 D")
    with Stylus(loras, home=loras.parent / "home", encoder="none") as stylus:
        found = stylus.select("an ember lamp", {"max_adapters": 1})
        assert len(found.picks) == 1
        assert found.picks[0].stage == ""
        assert all(stylus.half(a) is None for a in stylus.adapters() if a.stem.startswith("lamp"))
