"""Whether a prompt calls an adapter by its name."""

from __future__ import annotations

import pytest

from stylus_core.composer.mentions import Mentions
from stylus_core.composer.name_matching import is_named
from stylus_core.prompt import parse
from stylus_core.types import Adapter, Card, Metadata


def named(
    prompt: str,
    subject: str = "",
    title: str = "",
    words: tuple[str, ...] = (),
    stem: str = "file7",
    description: str = "",
) -> bool:
    card = Card(kind="character", subject=subject, trigger_words=words)
    metadata = Metadata(title=title, description=description)
    adapter = Adapter(1, f"/l/{stem}.safetensors", stem, metadata=metadata, card=card)
    return is_named(adapter, Mentions(parse(prompt)))


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


@pytest.mark.parametrize(
    "words",
    [
        ("corin_brandt", "lysa_mqt", "bero_mqt"),
        ("Corin Brandt", "Lysa Mqt", "Bero Mqt"),
        ("Corin Brandt, Lysa Mqt, Bero Mqt",),
        (r"corin \(mqt\)", r"lysa \(mqt\)", r"bero \(mqt\)"),
    ],
)
def test_a_member_of_a_pack_is_called_by_a_name_that_stands_alone(words: tuple[str, ...]):
    assert named("lysa mqt on a pier", "Two evenings pack", words=words)
    assert not named("two evenings on a pier", "Two evenings pack", words=words)
    assert not named("a pier", "Two evenings pack", words=words)


@pytest.mark.parametrize(
    "description",
    [
        "It has three members: Corin Brandt, Lysa Qvell and Bero Mott.",
        "A pack of mine.\nCharacters included:\n- Corin Brandt\n- Lysa Qvell: red scarf\n- Bero Mott",
        "This contains Corin Brandt and Lysa Qvell.",
    ],
)
def test_a_member_of_a_pack_is_called_as_the_description_lists_it(description: str):
    assert named("Lysa Qvell on a pier", "Harbour crew", description=description)
    assert not named("a red scarf on a pier", "Harbour crew", description=description)
    assert not named("Lysa Qvell on a pier", "Harbour crew", description="It has nice members: hats, scarves.")


def test_what_one_character_wears_and_looks_like_is_no_member():
    assert not named("a pier, headband", "Mirasol", words=("mirasol", "headband", "qipao"))
    assert not named("long hair, twintails", "Mirasol + Outfits", words=("mirasol", "long hair", "twintails"))
    assert not named("mirasol uniform", "Corvenna", words=("corvenna mirasol", "mirasol uniform"))


def test_what_is_not_wanted_calls_nobody():
    assert named("mirasol in a park", "Mirasol")
    assert not named("a park without mirasol", "Mirasol")


def test_series_and_outfits_behind_the_first_trigger_word_name_nobody():
    words = ("young mirasol", "corvenna", "the ballad of ostrava", "zettai visor cap")
    assert not named("the ballad of ostrava, visor cap", "Young Mirasol (Ballad of Ostrava)", words=words)
    assert not named("a zettai visor cap", "Young Mirasol", words=words)
