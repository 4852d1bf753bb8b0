"""Which adapters may be picked at all: on real files, through the whole tool."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from stylus_core import OptionError, Stylus
from stylus_core.options import Options
from tests.library.build import safetensors, sidecar

PROMPT = "a tin lantern on a pier"


def lantern(folder: Path, stem: str, base: str = "SD 1.5", tags: tuple[str, ...] = (), **record: Any) -> Path:
    """An adapter that the prompt calls for; all are alike but for what the options ask."""
    path = safetensors(folder / f"{stem}.safetensors", {"ss_output_name": stem})
    model = {"name": f"Tin Lantern {stem}", "tags": ["objects", *tags], **record}
    sidecar(path, ".civitai.info", {"baseModel": base, "trainedWords": ["tin lantern"], "model": model})
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "loras"
    lantern(root, "at_root", nsfwLevel=1)
    lantern(root / "ink", "ink_a", "Pony", ("Wash",), nsfwLevel=2)
    lantern(root / "ink" / "old", "ink_b", "PonyXL", ("wash", "Photo"), nsfwLevel=7)
    lantern(root / "inkwell", "well_[1]", "Illustrious", nsfw=True)
    lantern(root / "people" / "old", "person_1", "Illustrious", ("photo",), nsfwLevel=31)
    bare = safetensors(root / "people" / "tin_lantern_bare.safetensors", {"ss_output_name": "tin lantern"})
    sidecar(bare, ".txt", "a tin lantern")
    return root


EVERY = {"at_root", "ink_a", "ink_b", "well_[1]", "person_1", "tin_lantern_bare"}


def opened(*roots: Path) -> Stylus:
    return Stylus(roots, home=roots[0].parent / "home", encoder="none")


def left(stylus: Stylus, **options: Any) -> set[str]:
    """Everything that the options let be picked is a candidate for this prompt."""
    return {c.name for c in stylus.select(PROMPT, {"candidates": 100, **options}).candidates}


@pytest.mark.parametrize(
    "options, wanted",
    [
        ({}, EVERY),
        ({"include_folders": ["ink"]}, {"ink_a", "ink_b"}),
        ({"include_folders": ["./ink/old/", "people"]}, {"ink_b", "person_1", "tin_lantern_bare"}),
        ({"include_folders": ["old"]}, set()),
        ({"include_folders": ["."]}, EVERY),
        ({"exclude_folders": ["ink"]}, EVERY - {"ink_a", "ink_b"}),
        ({"include_folders": ["ink"], "exclude_folders": ["ink/old"]}, {"ink_a"}),
        ({"include_tags": ["WASH"]}, {"ink_a", "ink_b"}),
        ({"include_tags": ["wash", "photo"]}, {"ink_a", "ink_b", "person_1"}),
        ({"exclude_tags": ["photo"]}, EVERY - {"ink_b", "person_1"}),
        ({"include_tags": ["was"]}, set()),
        ({"include_names": ["INK_*"]}, {"ink_a", "ink_b"}),
        ({"include_names": ["ink_[!a]", "*_?"]}, {"ink_a", "ink_b", "person_1"}),
        ({"include_names": ["well_[1]"]}, {"well_[1]"}),
        ({"exclude_names": ["*_*"]}, set()),
        ({"exclude_names": ["ink"]}, EVERY),
        ({"include_bases": ["pony*"]}, {"ink_a", "ink_b"}),
        ({"include_bases": ["Pony"]}, {"ink_a"}),
        ({"exclude_bases": ["*pony*", "illustrious"]}, {"at_root", "tin_lantern_bare"}),
        ({"nsfw": "pg"}, {"at_root", "tin_lantern_bare"}),
        ({"nsfw": "pg13"}, {"at_root", "ink_a", "tin_lantern_bare"}),
        ({"nsfw": "r"}, {"at_root", "ink_a", "ink_b", "tin_lantern_bare"}),
        ({"nsfw": "x"}, EVERY - {"person_1"}),
        ({"include_bases": ["Illustrious"], "exclude_tags": ["photo"]}, {"well_[1]"}),
        ({"include_folders": ["people"], "nsfw": "x", "include_names": ["*bare"]}, {"tin_lantern_bare"}),
        ({"include_names": ["ink_a"], "kinds": ["vehicle"]}, set()),
    ],
)
def test_the_options_say_who_is_left(root: Path, options: dict[str, Any], wanted: set[str]):
    with opened(root) as stylus:
        assert left(stylus, **options) == wanted


def test_folders_are_below_any_of_the_roots(root: Path, tmp_path: Path):
    other = tmp_path / "more"
    lantern(other / "ink", "third")
    with opened(root, other) as stylus:
        assert left(stylus, include_folders=["ink"]) == {"ink_a", "ink_b", "third"}
    with opened(root, root / "people") as stylus:  # a root in another one: a file is below both
        assert left(stylus, include_folders=["old"]) == {"person_1"}
        assert left(stylus, include_folders=["people/old"]) == {"person_1"}


@pytest.mark.skipif(os.name == "nt", reason="names are folded there")
def test_case_counts_in_folders_where_it_counts_in_file_names(root: Path):
    from stylus_core.pool_entries import FOLDS_CASE

    with opened(root) as stylus:
        assert left(stylus, include_folders=["INK"]) == ({"ink_a", "ink_b"} if FOLDS_CASE else set())


def test_favourites_are_those_of_lora_manager_of_the_notes_and_by_name(root: Path):
    sidecar(root / "ink" / "ink_a.safetensors", ".metadata.json", {"model_name": "Tin Lantern", "favorite": True})
    sidecar(root / "at_root.safetensors", ".metadata.json", {"model_name": "Tin Lantern", "favorite": False})
    sidecar(root / "inkwell" / "well_[1].safetensors", ".json", {"notes": "tin lantern", "favorite": True})
    sidecar(root / "ink" / "old" / "ink_b.safetensors", ".json", {"favourite": "yes"})
    with opened(root) as stylus:
        assert left(stylus, favourites="only") == {"ink_a", "well_[1]"}
        assert left(stylus, favourites="never") == EVERY - {"ink_a", "well_[1]"}
        assert left(stylus, favourites="only", favourite_names=["person_1"]) == {"ink_a", "well_[1]", "person_1"}
        assert left(stylus, favourites="never", favourite_names=["person_1"]) == {
            "at_root",
            "ink_b",
            "tin_lantern_bare",
        }
        assert left(stylus, favourite_names=["person_1"]) == EVERY


def test_what_changes_is_right_at_the_next_selection(root: Path):
    with opened(root) as stylus:
        assert left(stylus, include_folders=["ink"]) == {"ink_a", "ink_b"}
        lantern(root / "ink", "ink_c", nsfwLevel=16)
        (root / "ink" / "ink_a.safetensors").rename(root / "ink_a.safetensors")
        assert left(stylus, include_folders=["ink"]) == {"ink_b", "ink_c"}
        (root / "ink" / "old" / "ink_b.safetensors").unlink()
        assert left(stylus, include_folders=["ink"]) == {"ink_c"}
        assert left(stylus, include_folders=["ink"], nsfw="x") == set()
        sidecar(root / "ink" / "ink_c.safetensors", ".metadata.json", {"favorite": True})
        stylus.refresh()
        assert left(stylus, favourites="only") == {"ink_c"}


def test_a_pin_wins_over_the_pool_and_a_ban_over_both(root: Path):
    with opened(root) as stylus:
        found = stylus.select(PROMPT, {"include_folders": ["people"], "pinned": ["ink_a"]})
        assert "ink_a" in [p.name for p in found.picks]
        assert {p.name for p in found.picks} <= {"ink_a", "person_1", "tin_lantern_bare"}
        found = stylus.select(PROMPT, {"include_folders": ["ink"], "pinned": ["ink_a"], "banned": ["ink_a"]})
        assert "ink_a" not in found.rewritten
        assert not any("ink_a" in note for note in found.notes)


def test_an_empty_pool_says_which_options_emptied_it(root: Path):
    with opened(root) as stylus:
        found = stylus.select(PROMPT, {"include_folders": ["nowhere"], "nsfw": "r", "favourite_names": ["a"]})
        assert found.rewritten == PROMPT
        assert found.notes == ("none of the 6 adapters is left by include_folders and nsfw",)
        other = stylus.select(PROMPT, {"include_folders": ["ink"], "kinds": ["vehicle"]})
        assert other.notes == ("none of the 6 adapters is of the allowed kinds (vehicle)",)


def test_folders_are_written_in_one_way():
    assert Options.of(include_folders="/a//b/./c/, .").include_folders == ("a/b/c", ".")
    backslash = Options.of(include_folders=["a\\b"]).include_folders
    assert backslash == (("a/b",) if os.name == "nt" else ("a\\b",))
    assert Options.of(include_folders=["a/", "./a"]) == Options.of(include_folders=["a"])


@pytest.mark.parametrize(
    "name, value, why",
    [
        ("include_folders", ["../x"], "leads out"),
        ("exclude_folders", ["a" * 201], "more than 200 characters"),
        ("include_names", ["a\nb"], "control character"),
        ("exclude_names", ["[a-"], "not closed"),
        ("include_bases", ["[9-0]"], "runs backwards"),
        ("exclude_bases", ["?" * 21], "more than 20"),
        ("include_tags", "", None),
        ("include_tags", [3], "a list of names"),
        ("favourites", "always", "any, only, never"),
        ("nsfw", "soft", "any, pg, pg13, r, x"),
    ],
)
def test_what_is_no_folder_pattern_or_level_is_refused(name: str, value: Any, why: str | None):
    if why is None:
        assert Options.of({name: value}) == Options()
        return
    with pytest.raises(OptionError, match=f"option {name!r} takes") as error:
        Options.of({name: value})
    assert why in str(error.value)
    assert len(str(error.value)) < 250
