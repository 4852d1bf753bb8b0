"""What a word is, in names and in prompts."""

from __future__ import annotations

import pytest

from stylus_core.prompt import parse
from stylus_core.retriever.retriever import query_text
from stylus_core.retriever.tokenizer import called, tokens


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("青花长袍", "穿着青花长袍的女孩，花园"),
        ("青花·长袍", "穿着青花长袍的女孩"),
        ("石灯籠", "夜の森に浮かぶ石灯籠"),
        ("ソードナイト", "城のソード・ナイト"),
        ("ソード・ナイト", "ソードナイト、城"),
        ("ソード", "ｿｰﾄﾞを持つ"),
        ("달빛여우", "달빛 여우가 춤춘다"),
        ("달빛 여우", "숲속의 달빛여우를"),
        ("чайник", "стол с чайником и два чайника"),
        ("Матрёшка", "девочка с матрешками"),
        ("серая башня", "у серой башни"),
        ("robe青花v2", "青花 robe v2"),
        ("otter", "ｏｔｔｅｒ"),
        ("TeaShop", "a teashop, tea shop"),
    ],
)
def test_a_name_is_found_in_a_sentence(name: str, prompt: str) -> None:
    assert set(tokens(name)) <= set(called(prompt))


@pytest.mark.parametrize(
    ("name", "prompt"), [("青花长袍", "青花瓶"), ("石灯籠", "石の橋"), ("чайник", "чай"), ("달빛여우", "달빛")]
)
def test_a_part_of_it_is_not_the_name(name: str, prompt: str) -> None:
    assert not set(tokens(name)) <= set(called(prompt))


def test_english_stays_as_it_is() -> None:
    assert tokens("The Stories of Boxes, glasses and foxes_tails") == ["story", "box", "glass", "fox", "tail"]


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("a tower, no otter, hill", "a tower, hill"),
        ("no otter, a  tower", "a tower"),
        ("a tower,, hill,", "a tower,, hill,"),
        ("no otter", ""),
    ],
)
def test_what_is_searched_for_is_what_is_asked_for(prompt: str, text: str) -> None:
    assert query_text(parse(prompt)) == text


def test_plurals_of_words_in_i_are_folded_and_words_in_is_are_not():
    assert tokens("two corgis, three yetis") == tokens("two corgi, three yeti")
    assert tokens("tennis, an iris, an oasis") == ["tennis", "iris", "oasis"]
