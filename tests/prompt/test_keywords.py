"""Keywords are spans of the prompt that an adapter could serve."""

from __future__ import annotations

from itertools import pairwise
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylus_core.prompt import parse
from stylus_core.prompt.keywords import is_quality, keywords, phrases


def texts(prompt: str) -> list[str]:
    return [k.text for k in keywords(parse(prompt))]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("A small white boat floating on top of a river.", ["white boat", "floating", "river"]),
        ("A man wearing a straw hat while riding a horse.", ["straw hat", "riding", "horse"]),
        ("masterpiece, best quality, 1girl, silver hair, paper lantern", ["silver hair", "paper lantern"]),
        ("(silver hair:1.3), [paper lantern], ((fox mask))", ["silver hair", "paper lantern", "fox mask"]),
        ("an old mill BREAK a stone bridge AND a rowing boat :0.7", ["mill", "stone bridge", "rowing boat"]),
        ("fox mask, Fox Mask, <lora:fox:1>", ["fox mask"]),
        ("best quality, 8k, highres", []),
        ("", []),
    ],
)
def test_nouns_with_their_modifiers_names_and_actions(prompt: str, expected: list[str]):
    assert texts(prompt) == expected


def test_other_scripts():
    assert "水彩" in texts("水彩, 初音ミク")
    assert "初音ミク" in texts("水彩, 初音ミク")


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("穿着青花长袍的女孩，花园", ["青花长袍", "女孩", "花园"]),
        ("夜の森に浮かぶ石灯籠", ["夜", "森", "浮かぶ", "石灯籠"]),
        ("となりの森の女の子", ["となりの森", "女の子"]),
        ("한복을 입은 소녀, 정원", ["한복", "입은 소녀", "정원"]),
        ("на столе стоит чайник, зимнее утро", ["столе", "чайник", "зимнее утро"]),
    ],
)
def test_sentences_of_scripts_without_english_function_words(prompt: str, expected: list[str]):
    assert texts(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (r"silver_hair, gouache \(medium\)", ["silver hair", "gouache medium"]),
        (r"mira_vale_\(ember:psalm\)", ["mira vale ember psalm"]),
        (r"she stands with mira \(ember:psalm\) on the roof", ["mira ember psalm", "roof"]),
        ("score_9, score_8_up, source_anime, rating_safe, very aesthetic, otter", ["otter"]),
        ("1girl, artist:scorvek, otter", ["scorvek", "otter"]),
        ("ｓｉｌｖｅｒ　ｏｔｔｅｒ、ﾊｲｸ", ["silver otter", "ハイク"]),
        ("@scorvek, otter, (artist: brannoc:1.2)", ["scorvek", "otter", "brannoc"]),
        ("an otter by scorvek", ["otter", "scorvek"]),
        ("otter, embedding:foo_bar, __season__, <hypernet:x:1>", ["otter"]),
        ("dusk ADDCOMM otter ADDCOL heron ADDROW lamp post", ["dusk", "otter", "heron", "lamp post"]),
        ("an otter without a hat riding a bicycle, no owl", ["otter", "riding", "bicycle"]),
        ("tower, not pixel art, (owl:0)", ["tower"]),
        ('{"subject": "an otter", "avoid": "owl", "n": 2}', ["otter"]),
    ],
)
def test_prompts_as_people_write_them(prompt: str, expected: list[str]):
    assert texts(prompt) == expected


@settings(max_examples=150)
@given(st.text(max_size=200))
def test_spans_lie_in_the_prompt_in_order_and_apart(prompt: str):
    found = keywords(parse(prompt))
    for k in found:
        assert 0 <= k.start < k.end <= len(prompt)
        assert k.text.split()[0] in normalize("NFKC", prompt[k.start : k.end]).replace("_", " ")
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert {i for _, i in phrases(found)} == set(range(len(found)))


def test_a_phrase_may_be_less_than_its_keyword():
    found = phrases(keywords(parse("small white boat, oak")))
    assert found == [("small white boat", 0), ("white boat", 0), ("small white", 0), ("boat", 0), ("oak", 1)]
    assert phrases(keywords(parse("white boat, boat"))) == [("white boat", 0), ("boat", 1)]


@pytest.mark.parametrize(
    "word", ["masterpiece", "best quality", "8k", "1girl", "highly detailed", "score_9", "ultra-detailed"]
)
def test_quality_words(word: str):
    assert is_quality(word)


@pytest.mark.parametrize("word", ["silver hair", "fox", "best friend", "quality street tin"])
def test_subjects_are_no_quality_words(word: str):
    assert not is_quality(word)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat in a hot spring", ["cat", "hot spring"]),
        ("watercolor painting of a harbour at night in the rain", ["watercolor painting", "harbour", "night", "rain"]),
        ("the small white boat floating near the shore", ["white boat", "floating", "shore"]),
        ("a brown dog running over the field in the evening light", ["brown dog", "running", "field", "evening light"]),
    ],
)
def test_words_in_ing_are_things_or_actions(prompt: str, expected: list[str]):
    assert [k.text for k in keywords(parse(prompt))] == expected
