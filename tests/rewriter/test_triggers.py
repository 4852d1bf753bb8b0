from __future__ import annotations

import pytest

from stylus_core.rewriter import missing_trigger_words
from stylus_core.types import Card
from tests.rewriter.build import trained


def words(prompt, *entries, mode="needed", alternatives=False):
    return missing_trigger_words(trained(Card(trigger_words=entries, trigger_alternatives=alternatives)), prompt, mode)


def test_the_first_entry_where_none_is_there():
    assert words("a lighthouse", "inkwash", "sumi style") == ["inkwash"]


def test_only_the_phrases_that_are_missing():
    assert words("Blue_Coat, sea", "mira vale, blue coat, top hat") == ["mira vale", "top hat"]


def test_at_most_four_phrases():
    assert words("sea", "a1, b2, c3, d4, e5, f6") == ["a1", "b2", "c3", "d4"]
    assert words("a1, b2, c3, d4", "a1, b2, c3, d4, e5, f6") == []


@pytest.mark.parametrize(
    "prompt",
    ["INKWASH sea", "(inkwash:1.2), sea", "[[inkwash]]", "[sea:inkwash:0.5]", "sea, inkwash", "a sea BREAK inkwash"],
)
def test_markup_and_case_do_not_hide_a_word(prompt):
    assert words(prompt, "Inkwash") == []


@pytest.mark.parametrize("prompt", ["inkwashed sea", "sea # inkwash", "sea <lora:inkwash:1>", "wash"])
def test_what_only_looks_like_it_is_not_there(prompt):
    assert words(prompt, "inkwash") == ["inkwash"]


@pytest.mark.parametrize("entry", ["mira (vale story)", r"mira \(vale story\)"])
@pytest.mark.parametrize(
    "prompt",
    [
        "mira (vale story), sea",
        r"mira \(vale story\), sea",
        r"sea, Mira_\(Vale_Story\)",
        r"(mira \(vale story\):1.2), sea",
        "(mira (vale story):1.2), sea",
        r"[mira \(vale story\)|sea]",
    ],
)
def test_brackets_of_a_name_are_found_escaped_and_as_they_are(prompt, entry):
    assert words(prompt, entry) == []


@pytest.mark.parametrize("prompt", ["mira, sea", "vale story, sea", r"mira \(another story\)", "story (mira vale)"])
@pytest.mark.parametrize("entry", ["mira (vale story)", r"mira \(vale story\)"])
def test_part_of_a_name_with_brackets_is_not_the_name(prompt, entry):
    assert words(prompt, entry) == [r"mira \(vale story\)"]


def test_underscores_are_spaces():
    assert words("a blue_coat", "blue coat") == words("a blue coat", "blue_coat") == []


def test_words_of_a_script_without_spaces():
    assert words("夕暮れの灯台の絵", "灯台") == []


def test_another_version_of_the_first_entry_will_do():
    assert words("mira vale casual, sea", "mira vale gala", "mira vale casual") == []
    assert words("long hair, sea", "mira vale", "long hair") == ["mira vale"]


def test_always_adds_of_all_entries():
    assert words("long hair", "mira vale", "long hair", "top hat", mode="always") == ["mira vale", "top hat"]
    assert words("sea", "mira vale", mode="never") == []


class TestAlternatives:
    def test_the_first_where_the_prompt_says_nothing(self):
        assert words("sea", "gala dress, pearls", "raincoat", alternatives=True) == ["gala dress", "pearls"]

    def test_none_where_one_is_wholly_there(self):
        assert words("a raincoat", "gala dress, pearls", "raincoat", alternatives=True) == []

    def test_the_one_that_the_prompt_covers_best(self):
        assert words("boots, sea", "gala dress, pearls", "raincoat, boots", alternatives=True) == ["raincoat"]

    def test_never_two_of_them(self):
        assert words("sea", "gala dress", "raincoat", alternatives=True, mode="always") == ["gala dress"]


class TestWhatMayBeAdded:
    """An adapter's words for a pick that serves `keyword`."""

    @staticmethod
    def added(prompt, keyword, *entries, subject="", kind="concept", confidence=0.9, mode="needed"):
        card = Card(kind=kind, subject=subject, trigger_words=entries)
        return missing_trigger_words(trained(card), prompt, mode, keyword, confidence)

    @pytest.mark.parametrize("entry", ["garlic bread", "garlicbread", "bread"])
    @pytest.mark.parametrize("prompt", ["a bread basket", "garlic and a bread basket"])
    def test_common_words_are_not_where_the_keyword_does_not_say_them(self, prompt, entry):
        found = self.added(prompt, "basket", entry, subject="Garlic Bread", kind="object")
        assert found == []

    def test_what_is_invented_is(self):
        assert self.added("old tower", "tower", "brkltwr, winter, white background", subject="Tower") == ["brkltwr"]

    def test_more_words_for_what_the_keyword_says(self):
        found = self.added("gouache, otter", "gouache", "gouache painting, paper", subject="Gouache", kind="style")
        assert found == ["gouache painting"]

    def test_looks_of_a_character_without_what_is_around(self):
        entry = "mira vale, silver braid, 1girl, white background, winter, looking at viewer, upper body, holding lamp"
        found = self.added("mira vale", "mira vale", entry, subject="Mira Vale (Ember)", kind="character")
        assert found == ["silver braid"]
        always = self.added("mira vale", "mira vale", entry, subject="Mira Vale", kind="character", mode="always")
        assert "white background" in always

    @pytest.mark.parametrize(("prompt", "expected"), [("blue raincoat", ["wide sleeves"]), ("raincoat", [])])
    def test_looks_of_clothes_that_are_named(self, prompt, expected):
        found = self.added(prompt, prompt, "raincoat, wide sleeves", subject="Blue Raincoat", kind="clothing")
        assert found == expected

    def test_the_set_that_the_prompt_names(self):
        sets = ("ash ranger, iron mask", "ash weaver, red shawl")
        found = self.added("ash weaver", "ash weaver", *sets, subject="Ash Ranger and Ash Weaver", kind="character")
        assert found == ["red shawl"]

    def test_never_what_the_prompt_does_not_want(self):
        entry = "mira vale, straw hat, silver braid"
        found = self.added("mira vale, no hat", "mira vale", entry, subject="Mira Vale", kind="character")
        assert found == ["silver braid"]

    @pytest.mark.parametrize(("confidence", "expected"), [(0.49, []), (0.5, ["brkltwr"])])
    def test_only_for_a_pick_that_is_sure(self, confidence, expected):
        assert self.added("tower", "tower", "brkltwr", confidence=confidence) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("mira (vale story)", [r"mira \(vale story\)"]),
        (r"mira \(vale story\)", [r"mira \(vale story\)"]),
        ("(inkwash:1.3)", ["inkwash"]),
        ("((inkwash)), sumi)", ["inkwash", "sumi"]),
        ("[inkwash|sumi]", ["inkwash sumi"]),
        ("<lora:ink:1> inkwash", ["inkwash"]),
        ("inkwash <3", ["inkwash 3"]),
        ("salt AND pepper BREAK", ["salt and pepper break"]),
        ("inkwash # by me\nsumi", ["inkwash by me", "sumi"]),
        ("{ink|wash}\\", ["ink wash"]),
        ("<>, (), ##", []),
        ("__colors__, ink__wash", ["colors", "ink wash"]),
        ("$$inkwash ${x}", ["inkwash x"]),
        ("ink\u200bwash, su\u00admi, \u202ehsaw", ["inkwash", "sumi", "hsaw"]),
        ("in\u2060kwash A\u200bND sumi", ["inkwash and sumi"]),
    ],
)
def test_what_would_break_the_grammar_is_taken_out(entry, expected):
    assert words("sea", entry, mode="always") == expected


def test_a_card_without_words_needs_none():
    assert words("sea") == words("sea", "", " , ") == []


@pytest.mark.parametrize(
    ("entry", "safe"),
    [
        ("inkwash:0.8", "inkwash"),
        ("inkwash:0.8: 1. :.5:", "inkwash"),
        ("inkwash: -0.8 ", "inkwash"),
        ("(inkwash:1.2", "inkwash"),
        ("inkwash:0.8 sea", "inkwash:0.8 sea"),
        ("inkwash:1.2.3", "inkwash:1.2.3"),
        ("inkwash" + ":00" * 900, "inkwash"),
        ("inkwash" + ":00" * 900 + "x", "inkwash"),
    ],
)
def test_no_weight_comes_in_with_a_word(entry, safe):
    assert words("sea", entry, mode="always") == [safe]
