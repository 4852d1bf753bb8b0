"""Patterns that are turned round find what they found before."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_core.prompt.quick import quick
from stylus_core.refiner import advice_words, weight_words

#: Few words of few letters, so that texts made of their pieces hold many matches and near misses.
SOURCES = [
    r"\bab|(?:b )?a|ba",
    r"(?:a|b?c)d|\bda\b|[+b]a|a\+",
    r"(?<![a-c])(?:a|ab|abc)|ca|(?<=\w{2})c",
    r"(?<!a)(?<!b )\bc(?:a|b)|(?:(?:a |(?<! ))b)c|d?a",
    r"(?<!度)(?:重|強度)|a重",
    # with more first letters than a few the shared test stays in front
    r"\b(?:a|bc|cd|d|e|f|g|h|i|j|k|l|m|n|o)|[+強]a",
    r"\b(?:aa|bc|cd|d|e|f|g|h|i|j|k|l|m|n|o)|a",
]


def found(pattern: str, text: str) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(pattern, text)]


@pytest.mark.parametrize("source", SOURCES)
@given(text=st.text(alphabet="abcd +強度重e", max_size=30))
def test_it_finds_the_same(source, text):
    assert found(quick(source), text) == found(source, text)


@pytest.mark.parametrize("source", SOURCES)
def test_it_can_be_turned_again(source):
    assert found(quick(quick(source)), "ab cad da bc 重強度 b abc") == found(source, "ab cad da bc 重強度 b abc")


@pytest.mark.parametrize(
    "source", [weight_words.WEIGHT, weight_words.OTHER, weight_words.CLIP, advice_words.ADVISED, advice_words.USED]
)
@pytest.mark.parametrize(
    "text",
    [
        "i recommend a strength of 0.7, text encoder strength 0.5, denoising strength 0.4",
        "推荐权重0.6-0.8，重绘幅度 0.4, стоит ставить вес 0.7 (обычно)",
        "lorastrength clipstrength, unstrength, weightless, bestest best",
    ],
)
def test_the_words_for_a_weight_stand_where_a_plain_search_sees_them(source, text):
    by_hand = [m.span() for i in range(len(text)) if (m := re.compile(source).match(text, i))]
    starts = {start for start, _ in by_hand}
    assert {start for start, _ in found(source, text)} <= starts
    assert (by_hand == []) == (found(source, text) == [])


@pytest.mark.parametrize("source", [r"\d+a", r"(?:a|b)+c", "[^a]b", "a*b", "a|", r"\b-a", "(?:a|b){2}c"])
def test_what_cannot_be_turned_is_refused(source):
    with pytest.raises(ValueError, match=r"begin|word"):
        quick(source)
