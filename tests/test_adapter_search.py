"""Looking through the whole library: names first, then words, then meaning where there are vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from stylus_core import Stylus
from tests.library.build import safetensors, sidecar


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for stem, title, word, text in (
        ("red_panda_v2", "Red Panda", "ailurus", "A small animal that climbs bamboo."),
        ("bamboo_bg", "Green Thicket", "thicket", "Backgrounds of tall stems."),
        ("ink_wash", "Sumi Painting", "inkwash", "Soft brush strokes, grey on paper."),
        ("panda_old", "Panda", "pandastyle", "A bear in black and white."),
    ):
        path = safetensors(tmp_path / "loras" / f"{stem}.safetensors", {"ss_base_model_version": "sd_v1"})
        model = {"name": title, "description": f"<p>{text}</p>", "tags": []}
        sidecar(path, ".civitai.info", {"baseModel": "SD 1.5", "trainedWords": [word], "model": model})
    return tmp_path / "loras"


def opened(folder: Path, encoder: str = "none") -> Stylus:
    stylus = Stylus(folder, home=folder.parent / "home", encoder=encoder)
    stylus.index()
    return stylus


def stems(stylus: Stylus, text: str, **more: int) -> list[str]:
    return [f.adapter.stem for f in stylus.search(text, **more).found]


def test_no_words_list_all_by_name_in_pages(folder: Path):
    with opened(folder) as stylus:
        assert stems(stylus, " ") == ["bamboo_bg", "ink_wash", "panda_old", "red_panda_v2"]
        page = stylus.search("", limit=2, offset=2)
        assert ([f.adapter.stem for f in page.found], page.offset, page.total) == (["panda_old", "red_panda_v2"], 2, 4)
        assert stylus.search("", limit=2, offset=99).found == ()
        assert stylus.search("", limit=2, offset=-5).offset == 0


def test_names_come_first_those_that_begin_with_it_before_the_others(folder: Path):
    with opened(folder) as stylus:
        assert stems(stylus, "PANDA") == ["panda_old", "red_panda_v2"]
        assert stems(stylus, "panda red") == ["red_panda_v2", "panda_old"]  # the other has one of the words
        assert [f.reason for f in stylus.search("bamboo").found][:1] == ["its name has these words"]
        ((adapter, reason),) = stylus.search("brush strokes").found
        assert adapter.stem == "ink_wash" and "share words" in reason


def test_trigger_words_are_found(folder: Path):
    with opened(folder) as stylus:
        ((adapter, reason),) = stylus.search("inkwash").found
        assert adapter.stem == "ink_wash" and "trigger words" in reason


def test_without_vectors_nothing_is_found_that_shares_no_word(folder: Path):
    with opened(folder) as stylus:
        assert stylus.search("locomotive").total == 0


def test_meaning_is_found_where_there_are_vectors(folder: Path):
    with opened(folder, "auto") as stylus:
        if stylus.encoder_problem:
            pytest.skip(stylus.encoder_problem)
        found = {f.adapter.stem: f.reason for f in stylus.search("an animal from china").found}
        assert "in meaning" in found["panda_old"] and "ink_wash" not in found


@pytest.mark.parametrize(
    "text", ["(((", "<lora:red_panda_v2:1>", "a" * 100_000, "\0", "'; DROP TABLE x", "%", "ailurus\n"]
)
def test_any_text_is_looked_for(folder: Path, text: str):
    with opened(folder) as stylus:
        assert stylus.search(text).total <= 4
