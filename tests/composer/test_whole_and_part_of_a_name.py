"""How much of a name a prompt has to say: all of it, or some of it with all of the series."""

from __future__ import annotations

import pytest

from stylus_core.composer.mentions import Mentions
from stylus_core.composer.name_matching import is_named
from stylus_core.prompt import parse
from stylus_core.types import Adapter, Card


def named(prompt: str, subject: str, words: tuple[str, ...] = (), kind: str = "character") -> bool:
    card = Card(kind=kind, subject=subject, trigger_words=words)
    return is_named(Adapter(1, "/l/file7.safetensors", "file7", card=card), Mentions(parse(prompt)))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("young mirasol in a park", True),
        ("mirasol of the ballad of ostrava in a park", True),
        ("young girl, ballad of ostrava", True),
        ("mirasol in a park", False),
        ("young girl in a park", False),
        ("mirasol sings a ballad", False),
        ("mirasol in ostrava", False),
        ("the ballad of ostrava", False),
    ],
)
def test_part_of_a_name_needs_the_whole_series(prompt: str, expected: bool) -> None:
    assert named(prompt, "Young Mirasol (Ballad of Ostrava)") is expected


@pytest.mark.parametrize(
    ("prompt", "expected"), [("quenby oarsong at sea", True), ("quenby at sea", False), ("an oarsong at sea", False)]
)
def test_without_a_series_it_has_to_be_the_whole_name(prompt: str, expected: bool) -> None:
    assert named(prompt, "Quenby Oarsong") is expected


def test_one_name_that_is_meant_is_enough() -> None:
    assert not named("a raven on a fence", "Raven", ("corvyth raven",))
    assert named("a raven on a fence, corvyth", "Raven", ("corvyth raven",))


def test_what_is_nobody_is_named_by_its_words_whatever_is_meant() -> None:
    assert named("a raven on a fence", "Raven", kind="animal")
    assert not named("a crow on a fence", "Raven", kind="animal")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("artolanc", True),
        ("arla", True),
        ("arl", False),  # three letters are in many names
        ("lart", False),  # the letters, in another order
        ("arlx", False),
        ("cherry", False),
        ("星光", True),  # in another script it cannot be made of these letters, and is the name
    ],
)
def test_a_trigger_word_that_is_made_of_the_letters_of_the_name_is_one(word: str, expected: bool) -> None:
    assert named(f"{word} in a park", "Artoria Lancer", (word,)) is expected
    assert not named("a park", "Artoria Lancer", (word,))
