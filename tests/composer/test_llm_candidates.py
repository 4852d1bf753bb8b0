"""What a stranger writes, as a language model reads it."""

from __future__ import annotations

import pytest

from stylus_core.composer.llm_candidates import plain


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a fox, mail fox@den.example please", "a fox, mail please"),
        ("see https://den.example/a?b=1 and (http://x) first", "see and ( first"),
        ("@@den@fox.example. hi", "hi"),
        ("@den.example hi", "@den.example hi"),  # a handle
        ("fox@den fox@.den fox@d. hi", "fox@den fox@.den fox@d. hi"),
        ("fox@a@.b@c.d hi", "hi"),
        ("seehttps://den.example hi", "see hi"),
        ("@" * 90, "@" * 90),
    ],
)
def test_addresses_are_left_out(text: str, read: str):
    assert plain(text, 200) == read
