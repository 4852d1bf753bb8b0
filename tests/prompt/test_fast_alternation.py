"""Patterns that are turned round find what they found before."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_core.prompt.fast_alternation import factor_prefixes
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
    assert found(factor_prefixes(source), text) == found(source, text)


@pytest.mark.parametrize("source", SOURCES)
def test_it_can_be_turned_again(source):
    assert found(factor_prefixes(factor_prefixes(source)), "ab cad da bc 重強度 b abc") == found(
        source, "ab cad da bc 重強度 b abc"
    )


@pytest.mark.parametrize(
    ("source", "text", "words"),
    [
        (weight_words.WEIGHT, "a strength of 0.7, unstrength, stärke 1", ["strength", "stärke"]),
        (weight_words.WEIGHT, "推荐权重0.6, вес 0.7, a visa", ["权重", "вес"]),
        (weight_words.WEIGHT, "'scale' 0.7 at full scale", ["'scale'"]),
        (weight_words.OTHER, "denoising strength 0.4, 重绘幅度 0.5", ["denoising strength", "重绘幅度"]),
        (weight_words.CLIP, "text encoder strength 0.5, eclipse 0.5", ["text encoder strength"]),
        (advice_words.ADVISED, "best at 0.7, bestest, обычно 0.8", ["best", "обычно"]),
        (advice_words.SAYS, "i ±0.7, in it", ["i", "±", "it"]),
    ],
)
def test_words_of_every_script_are_found_where_they_begin(source, text, words):
    assert re.findall(source, text) == words


@pytest.mark.parametrize("source", [r"\d+a", r"(?:a|b)+c", "[^a]b", "a*b", "a|", r"\b-a", "(?:a|b){2}c"])
def test_what_cannot_be_turned_is_refused(source):
    with pytest.raises(ValueError, match=r"begin|word"):
        factor_prefixes(source)
