"""Which family names of checkpoints, names of adapters and prompts tell, and which families are near."""

from __future__ import annotations

import pytest

from stylus_core.base_models.families import (
    NAMES,
    family_of,
    family_of_adapter,
    family_of_prompt,
    fits_architecture,
    kinship,
)


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Pony", "pony"), ("ponyDiffusionV6XL_v6StartWithThisOne", "pony"), ("duskmixPDXL_v3", "pony"),
        ("emberPNY_v2.safetensors", "pony"), ("Illustrious", "illustrious"), ("waiNSFWIllustrious_v140", "illustrious"),
        ("duskAnimeXL_ilV12", "illustrious"), ("lanternILXL_v2", "illustrious"), ("NoobAI", "noobai"),
        ("noobaiXLNAIXL_vPred10Version", "noobai"), ("animagineXLV31_v31", "animagine"),
        ("animefull-final.ckpt", "anime"), ("counterfeitV30", "anime"), ("realisticVisionV51", "photo"),
        ("cyberrealisticPony_v8", "pony"),
        ("sd_xl_base_1.0", ""), ("v1-5-pruned-emaonly", ""), ("SDXL 1.0", ""), ("oilXL_v2", ""), ("silverXL", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_checkpoint_is_known_by_its_name(text: str, family: str) -> None:
    assert family_of(text) == family


def test_the_first_text_that_tells_decides() -> None:
    assert family_of("", "SDXL 1.0", "animagineXL.safetensors", "Pony") == "animagine"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("veska_thornlight_pony_v2", "pony"), ("veska-thornlight-il", "illustrious"), ("umber_glaze_PDXL", "pony"),
        ("Umber Glaze [Pony]", "pony"), ("Umber Glaze for NoobAI", "noobai"),
        # what it draws is no family
        ("my_little_pony", ""), ("pony_express_rider", ""), ("high_ponytail_v2", ""), ("pastel_noob_gamer", ""),
        ("il_cavaliere", ""), ("pony", ""),
        # made for several
        ("Umber Glaze [SDXL + Pony]", ""), ("Umber Glaze [Pony] [Illustrious]", ""),
    ],
)  # fmt: skip
def test_an_adapter_is_known_by_its_names(name: str, family: str) -> None:
    assert family_of_adapter("", "", (name,), ()) == family


@pytest.mark.parametrize(
    ("version", "family"),
    [
        ("Pony", "pony"),
        ("IL v1", "illustrious"),
        ("v2.0 Illustrious", "illustrious"),
        ("SDXL & Pony", ""),
        ("v1.0", ""),
    ],
)
def test_a_version_is_often_called_by_its_family(version: str, family: str) -> None:
    assert family_of_adapter("", version, ("veska_noobai",), ()) == (family or "noobai")


def test_what_its_base_model_says_comes_before_its_names_and_example_prompts() -> None:
    assert family_of_adapter("noobai", "Pony", ("veska_pony",), ("score_9, veska",)) == "noobai"
    assert family_of_adapter("", "", ("veska",), ("score_9, score_8_up, veska", "veska", "score_9, a barn")) == "pony"
    assert family_of_adapter("", "", ("veska",), ("score_9, veska", "masterpiece, veska", "veska, newest")) == ""


@pytest.mark.parametrize(
    ("prompt", "family"),
    [
        ("score_9, score_8_up, score_7_up, a barn owl", "pony"), ("a barn owl, (score_9:1.2)", "pony"),
        ("masterpiece, best quality, newest, absurdres, very aesthetic, a barn owl", ""),
        ("the final score 9 to 1, a scoreboard", ""), ("highscore_9000", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_prompt_tells_only_what_is_sure(prompt: str, family: str) -> None:
    assert family_of_prompt(prompt) == family


def test_kin() -> None:
    assert kinship("pony", "pony") == 1
    assert kinship("noobai", "illustrious") == kinship("illustrious", "noobai")
    assert 1 > kinship("noobai", "illustrious") > kinship("", "illustrious") > kinship("pony", "illustrious") == 0
    assert kinship("nobody", "pony") == 0
    assert all(kinship(one, other) == kinship(other, one) for one in NAMES for other in NAMES)


def test_a_family_stays_inside_its_architecture() -> None:
    assert fits_architecture("pony", "sdxl")
    assert fits_architecture("pony", "any")
    assert not fits_architecture("pony", "sd1")
    assert not fits_architecture("any", "sdxl")
