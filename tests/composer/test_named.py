"""Whether a prompt calls an adapter by its name."""

from __future__ import annotations

import pytest

from stylus_core.composer.names import is_named
from stylus_core.prompt import parse
from stylus_core.retriever.tokens import called
from stylus_core.types import Adapter, Card, Metadata


def named(prompt: str, subject: str = "", title: str = "", words: tuple[str, ...] = (), stem: str = "file7") -> bool:
    card = Card(kind="character", subject=subject, trigger_words=words)
    adapter = Adapter(1, f"/l/{stem}.safetensors", stem, metadata=Metadata(title=title), card=card)
    return is_named(adapter, frozenset(called(parse(prompt).asked)))


@pytest.mark.parametrize("prompt", ["石灯籠", "夜の森に浮かぶ石灯籠"])
def test_a_title_in_another_script_names_a_file_with_a_latin_name(prompt: str):
    assert named(prompt, "lamp jp (石灯籠)", "石灯籠", ("ishidoro",), "lamp_jp")
    assert not named("夜の森の石橋", "lamp jp (石灯籠)", "石灯籠", ("ishidoro",), "lamp_jp")


def test_a_title_of_which_a_word_is_nobody_elses():
    assert named(r"1girl, 7q \(brass:hymn\)", "metal like (7Q)", "7Q (Brass:Hymn)")
    assert not named("metal", "metal like (7Q)", "7Q (Brass:Hymn)")


def test_of_an_entry_what_stands_first_is_a_name():
    words = ("ash ranger, iron mask", "ash weaver, iron mask")
    assert named("ash weaver in a ruined city", "Ash Ranger and Ash Weaver", words=words)
    assert not named("an iron mask on a weaver", "Ash Ranger and Ash Weaver", words=words)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("torvan the smith at his forge", True),
        ("quenby in a boat", True),
        ("mirelle by the sea", False),  # of her name "coast" is missing
        ("a smith at his forge", False),
        ("oilskin, red beard", False),
    ],
)
def test_each_member_of_a_pack_is_called_by_its_name(prompt: str, expected: bool):
    words = ("mirelle of the coast, silver braid", "torvan the smith, red beard", "quenby, oilskin")
    assert named(prompt, "Saltmarsh", words=words) is expected
    # a single entry is nobody's pack
    assert not named("quenby in a boat", "Saltmarsh", words=("quenby, oilskin",))


def test_what_is_not_wanted_calls_nobody():
    assert named("mirasol in a park", "Mirasol")
    assert not named("a park without mirasol", "Mirasol")


def test_series_and_outfits_behind_the_first_trigger_word_name_nobody():
    words = ("young mirasol", "corvenna", "the ballad of ostrava", "zettai visor cap")
    assert not named("the ballad of ostrava, visor cap", "Young Mirasol (Ballad of Ostrava)", words=words)
    assert not named("a zettai visor cap", "Young Mirasol", words=words)
