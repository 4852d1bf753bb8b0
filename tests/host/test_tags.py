"""Writing a given set of picks into a prompt."""

from __future__ import annotations

import pytest

from stylus_core.types import Pick
from stylus_webui import tags


def pick(keyword: str, start: int = -1, end: int = -1) -> Pick:
    return Pick("ink", "/l/ink.safetensors", 0.8, keyword, "", start=start, end=end, trigger_words=("inkwash",))


@pytest.mark.parametrize(
    ("prompt", "keyword", "expected"),
    [
        ("sea, hill", "hill", "sea, hill, inkwash <lora:ink:0.8>"),
        ("sea AND hill AND rock", "hill", "sea AND hill, inkwash AND rock <lora:ink:0.8>"),
        ("sea BREAK hill BREAK hill", "hill", "sea BREAK hill BREAK hill <lora:ink:0.8>"),
        ("sea BREAK hill", "", "sea BREAK hill <lora:ink:0.8>"),
    ],
)
def test_words_go_where_their_keyword_stands(prompt: str, keyword: str, expected: str) -> None:
    written = tags.write(prompt, [pick(keyword)])
    assert written == expected
    assert tags.write(written, [pick(keyword)]) == written


def test_a_span_decides_where_the_keyword_stands_twice() -> None:
    assert tags.write("hill BREAK hill", [pick("hill", 11, 15)]) == "hill BREAK hill, inkwash <lora:ink:0.8>"
