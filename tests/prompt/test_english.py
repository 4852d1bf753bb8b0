"""How common words are in English."""

from __future__ import annotations

from stylus_core.prompt.english import is_word, rarity


def test_rarer_words_have_a_higher_rarity() -> None:
    said = [rarity(w) for w in ("the", "woman", "winter", "lily", "fern", "artoria")]
    assert said == sorted(said)
    assert said[0] == 0.0
    assert said[-1] == 1.0


def test_a_plural_without_its_s_is_as_common_as_with_it() -> None:
    assert rarity("glasse") == rarity("glasses") < 1.0
    assert rarity("trouser") == rarity("trousers") < 1.0


def test_names_and_other_scripts_are_no_english_words() -> None:
    assert not is_word("artoria")
    assert not is_word("提灯")
    assert not is_word("самовар")
    assert is_word("rain")


def test_numbers_say_little() -> None:
    assert rarity("1999") < rarity("woman")
