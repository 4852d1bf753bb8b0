"""Of adapters for one purpose the checkpoint's family comes first, in every composer, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stylus_core import Stylus
from stylus_core.composer import Composers
from stylus_core.composer.answer_validation import possible
from stylus_core.composer.family import prefer_family
from stylus_core.types import Assignment, Candidate
from tests.composer.build import candidate, request
from tests.library.build import safetensors, sidecar

XL = {"lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_down.weight": (4, 2048)}


def made_for(found: Candidate, family: str, **known: object) -> Candidate:
    metadata = replace(found.adapter.metadata, family=family, architecture="sdxl", **known)
    return replace(found, adapter=replace(found.adapter, metadata=metadata))


def judged(asked, *chances: float) -> list[Assignment]:
    return [Assignment(c, asked.keywords[0], "it fits", p) for c, p in zip(asked.candidates, chances, strict=True)]


def order(asked, *chances: float, margin: float = 0.2) -> list[str]:
    return [a.candidate.name for a in prefer_family(judged(asked, *chances), asked, margin)]


def two(first: str, second: str, subjects: tuple[str, str] = ("umber glaze", "umber glaze"), **options: object):
    some = [
        made_for(candidate(n, "style", s), f) for n, (s, f) in enumerate(zip(subjects, (first, second), strict=True))
    ]
    return request("umber glaze, a barn", some, 0.5, **options)


def test_of_two_versions_the_checkpoints_family_comes_first_however_much_better_the_other_is():
    assert order(two("illustrious", "pony", family="pony"), 0.95, 0.5) == ["file1", "file0"]
    assert order(two("illustrious", "pony", family="illustrious"), 0.95, 0.5) == ["file0", "file1"]
    assert order(two("illustrious", "pony"), 0.95, 0.5) == ["file0", "file1"]


def test_what_the_family_brought_forward_says_so():
    asked = two("illustrious", "pony", family="pony")
    first, second = prefer_family(judged(asked, 0.9, 0.9), asked)
    assert (first.reason, second.reason) == ("it fits; it is made for pony", "it fits")


def test_of_two_different_things_for_the_same_words_it_gives_way_to_a_much_better_one():
    asked = two("illustrious", "pony", ("umber glaze", "glazed umber pots"), family="pony")
    assert order(asked, 0.9, 0.8) == ["file1", "file0"]
    assert order(asked, 0.95, 0.5) == ["file0", "file1"]


def test_a_relative_comes_before_what_is_unknown_and_that_before_a_stranger():
    assert order(two("", "noobai", family="illustrious"), 0.9, 0.9) == ["file1", "file0"]
    assert order(two("pony", "", family="illustrious"), 0.9, 0.9) == ["file1", "file0"]


def test_the_score_words_of_a_prompt_tell_the_family():
    some = [made_for(candidate(n, "style", "umber glaze"), f) for n, f in enumerate(("illustrious", "pony"))]
    assert order(request("umber glaze, a barn, score_9, score_8_up", some, 0.5), 0.9, 0.9) == ["file1", "file0"]
    named = request("umber glaze, a barn, score_9", some, 0.5, family="illustrious")
    assert order(named, 0.9, 0.9) == ["file0", "file1"]
    elsewhere = request("umber glaze, a barn, score_9", some, 0.5, architecture="sd1")
    assert order(elsewhere, 0.9, 0.9) == ["file0", "file1"]


def test_adapters_for_other_purposes_keep_their_places():
    kinds = ("style", "animal", "style", "clothing")
    families = ("illustrious", "illustrious", "pony", "pony")
    some = [
        made_for(candidate(n, kind, f"umber {kind}"), family)
        for n, (kind, family) in enumerate(zip(kinds, families, strict=True))
    ]
    asked = request("umber glaze, a barn", some, 0.5, family="pony")
    assert order(asked, 0.9, 0.8, 0.7, 0.6) == ["file2", "file1", "file0", "file3"]


def test_a_language_model_reads_the_checkpoints_family_first():
    asked = two("illustrious", "pony", family="pony")
    assert [a.candidate.name for a in possible(judged(asked, 0.9, 0.5), asked)] == ["file1", "file0"]


def test_the_first_candidates_give_way_to_their_own_versions_alone():
    some = [
        made_for(candidate(0, "object", "ember lamp"), "illustrious"),
        made_for(candidate(1, "object", "tide clock"), "pony"),
        made_for(candidate(2, "object", "ember lamp"), "pony"),
    ]
    asked = request("ember lamp", some, 0.5, composer="retriever", family="pony", max_adapters=2)
    kept = [a.candidate.name for a in Composers().compose(asked).assignments]
    assert kept == ["file2", "file1"]


def test_one_thing_is_not_picked_for_two_base_models():
    some = [
        made_for(candidate(n, "style", "umber glaze"), family, model_id=7, base_model=base)
        for n, (family, base) in enumerate((("illustrious", "Illustrious"), ("pony", "Pony"), ("", "")))
    ]
    asked = request("umber glaze, a barn", some, 0.5, composer="retriever")
    assert [a.candidate.name for a in Composers().compose(asked).assignments] == ["file0", "file2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    loras = tmp_path / "loras"
    for stem, base, about in (
        ("veska_a", "Pony", "<p>Veska Thornlight keeps the lanterns of Orrimar. Silver braid, green cloak.</p>"),
        ("veska_b", "Illustrious", ""),
    ):
        path = safetensors(loras / f"{stem}.safetensors", {"ss_output_name": stem}, XL)
        model = {"name": "Veska Thornlight", "description": about, "tags": ["character"]}
        sidecar(path, ".civitai.info", {"baseModel": base, "trainedWords": ["veska thornlight"], "model": model})
    path = safetensors(loras / "kite.safetensors", {"ss_output_name": "kite"}, XL)
    model = {"name": "Paper Kite", "description": "A paper kite.", "tags": ["objects"]}
    sidecar(path, ".civitai.info", {"baseModel": "Pony", "trainedWords": ["paper kite"], "model": model})
    return loras


def test_a_preference_and_no_wall(folder: Path):
    with Stylus(folder, home=folder.parent / "home", encoder="none") as stylus:

        def picks(prompt: str, **options: object) -> list[str]:
            return [p.name for p in stylus.select(prompt, options).picks]

        assert picks("Veska Thornlight in the rain", family="pony") == ["veska_a"]
        assert picks("Veska Thornlight in the rain", family="noobai") == ["veska_b"]
        assert picks("score_9, Veska Thornlight in the rain") == ["veska_a"]
        assert picks("a paper kite above the dunes", family="illustrious") == ["kite"]
        assert picks("a spreadsheet of figures", family="pony") == []
