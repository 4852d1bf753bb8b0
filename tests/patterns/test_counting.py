"""The matcher that counts goes as `re` goes, and sees what grows."""

from __future__ import annotations

import re

import pytest

from tests.patterns.counting import CountedPattern
from tests.patterns.growth import growth

_SAME = (
    (r"(?i)\b(?:at|the) least\b|[^\W\d_]+(?=\d)", "At least 12 abc12 THE LEAST é9"),
    (r"(?<!\d)(?<!\d\.)\d+(?:\.\d+)*", "1.2.3 v4 .5 6..7"),
    (r"<([^<>]*)>|(a)(?:b|bc)(?=d)", "<a><b <c> abcd abd"),
    (r"(?s)x.*?y{2,3}?|x.+", "x\nyyyy x\ny x"),
    (r"(?m)^\s*(?:- )?(?P<n>\w{2,4})(?:, (?P=n))?$", "ab, ab\n - abcde\nabc"),
    (r"(?=(a+|b))\1c|(?:a?b?){2,}!", "aac bc ab! abab!"),
    (r"(?:(?:a|b*)c?)*d", "abbcd acd ccc"),
)

#: What stood in the packages, and textbook cases; and whether the work grows faster than the text.
_GROWS = (
    r"(a+)+$",
    r"(a|a)*b",
    r"(?:a|b|ab)*c",
    r"\s*,\s*$",
    r"\s+$",
    r"\d+x",
    r".*foo",
    r"[^\]]*\]x",
    r"(?s)begin.*?end",
    r"\w+\s*\w*\s*;",
    r"(?:x+y?)*z",
    r"https?://\S+|\S+@\S+\.\S+",
    r"(?s)\s*<think>.*?</think>",
    r"(?s)```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```",
    r"(?::\s*(?:[-+]?(?:\d+\.?\d*|\.\d+)\s*)?)+(?=\)|$)",
    r"^\s*(?:-+)?\s*(?P<name>[^,;:()\n]{2,40}?)\s*(?:$|[,;:(])",
)
_GROWS_NOT = (
    r"a+",
    r"\w+(?:-\w+)*",
    r"\([^()]*\)",
    r"(?<!\s)\s+$",
    r"(?:(?<!\s)\s+)?,\s*",
    r"<[^<>]{0,200}>",
    r"\b(?:very|quite) \w{1,12}\b",
    r"(?:a|b)*",
    r"(?=(\s*))\1x?",
    r"https?://\S+|(?<!\S)\S[^\s@]*@\S+\.\S+",
)


@pytest.mark.parametrize(("source", "text"), _SAME)
def test_it_finds_what_re_finds(source: str, text: str):
    pattern = re.compile(source)
    assert CountedPattern(pattern).spans(text) == [m.span() for m in pattern.finditer(text)] != []


@pytest.mark.parametrize("source", _GROWS)
def test_what_grows_faster_than_its_text_is_seen(source: str):
    assert not growth(re.compile(source)).linear


@pytest.mark.parametrize("source", _GROWS_NOT)
def test_what_grows_as_its_text_passes(source: str):
    assert growth(re.compile(source)).linear


def test_what_is_only_tried_at_the_beginning_is_counted_there():
    pattern = re.compile(r"\s*x")
    assert not growth(pattern).linear
    assert growth(pattern, everywhere=False).linear


def test_work_beyond_any_clock_is_counted():
    machine = CountedPattern(re.compile(r"(a+)+$"))
    assert machine.steps("a" * 200 + "!") > 2**200
    assert machine.steps("a" * 200) < 1_000
