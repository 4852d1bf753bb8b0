"""HTML becomes plain text, in linear time, and nothing that looks like text is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_core.library.hostile_text import clean, plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n\n- b"),
        ('<a href="https://x.test">the link</a>', "the link"),
        ("<p>a &amp; b &lt;lora:x:0.8&gt;</p>", "a & b <lora:x:0.8>"),
        ("<p>x</p><script>steal()</script><style>p{}</style>y", "x\ny"),
        ("<p>x</p><script>never closed", "x"),
        ("<p>x<!-- hidden -->y</p>", "xy"),
        ("<p>x<!-- never closed", "x"),
        ("<strong>bold</strong>ly", "boldly"),
        ('<img src=x onerror="alert(1)">x', "x"),
        ("<P CLASS=a>Upper</P>", "Upper"),
        ("<p>Type <code>fox glove</code> or <kbd>fox</kbd></p>", "Type `fox glove` or `fox`"),
    ],
)
def test_html(html: str, text: str) -> None:
    assert plain(html, 1000) == text


@pytest.mark.parametrize(
    "text", ["use <lora:fox:0.8> <3", "a < b and c > d", "weight: 0.7~0.9", "line\n\nline", "&amp; stays"]
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(text, 1000) == text


@pytest.mark.parametrize("value", [None, 5.5, True, [], {}, b"x"])
def test_only_text_is_text(value: object) -> None:
    assert plain(value, 10) in ("", "5.5")


@given(st.text(alphabet=st.sampled_from("<>/!-abp &;=\"'\n scriptlora:0.8"), max_size=300), st.integers(1, 200))
def test_any_markup_becomes_text_within_the_limit(text: str, limit: int) -> None:
    found = plain(text, limit, is_html=True)
    assert len(found) <= limit
    assert found == found.strip() and "\n\n\n" not in found and "  " not in found


@given(st.text(max_size=200))
def test_clean_is_idempotent_and_encodable(text: str) -> None:
    found = clean(text, 100)
    assert clean(found, 100) == found
    found.encode("utf-8")


@pytest.mark.parametrize("piece", ["<", "<p ", "<!--", "<script>", "</script", "&", "<a <b ", "< p>", "\n ", "<p>&lt;"])
def test_hostile_text_is_read_to_its_end(piece: str) -> None:
    """Nothing here is timed: what grows with the square of the text would not come to an end at this length."""
    assert len(plain(piece * (16 * 2**20 // len(piece)), 16_000, is_html=True)) <= 16_000
