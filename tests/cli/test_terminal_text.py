"""Tables and progress for a terminal."""

from __future__ import annotations

import io
import json
import logging
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.terminal_text import Console, clean, cut, harmless, json_line, table, width, wrap
from tests.cli.fake import Terminal

TEXT = st.text(alphabet=st.sampled_from("ab c,é\u0301狐の\u200bw-界\t\x1b"), max_size=60)


@given(TEXT, st.integers(3, 30))
def test_a_cut_text_fits_and_is_whole_where_it_fitted(text: str, columns: int) -> None:
    short = cut(clean(text), columns)
    assert width(short) <= columns
    assert (short == clean(text)) == (width(clean(text)) <= columns)


@given(TEXT, st.integers(2, 30))
def test_wrapped_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    lines = wrap(clean(text), columns)
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(clean(text).split())


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5))
def test_a_table_fits_into_eighty_columns(rows: list[tuple[str, str, str]]) -> None:
    assert all(width(line) <= 80 for line in table(["name", "for", "because"], rows, 80, (26, 18)))


def test_wide_characters_keep_the_columns_in_line() -> None:
    lines = table(["name", "why"], [["水彩画", "WHY"], ["fox", "WHY"]], 80, (20,))
    assert [width(line[: line.upper().index("WHY")]) for line in lines] == [8, 8, 8]


def test_colour_is_for_terminals_and_can_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Console(Terminal(), io.StringIO()).paint("x", "bold") == "\x1b[1mx\x1b[0m"
    assert Console(io.StringIO(), io.StringIO()).paint("x", "bold") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Console(Terminal(), io.StringIO()).paint("x", "bold") == "x"


def test_progress_draws_over_itself_on_a_terminal_and_cleans_up() -> None:
    err = Terminal()
    with ProgressBar(Console(io.StringIO(), err)) as progress:
        progress("embedding", 1, 2)
    assert "embedding [############............] 1/2" in err.getvalue()
    assert err.getvalue().endswith("\r\x1b[K")
    assert "\n" not in err.getvalue()


def test_progress_is_sparse_in_a_log() -> None:
    err, now = io.StringIO(), [0.0]
    with ProgressBar(Console(io.StringIO(), err), clock=lambda: now[0]) as progress:
        for second in range(25):
            now[0] = float(second)
            progress("embedding", second, 25)
    assert err.getvalue().splitlines() == ["embedding: 10 of 25", "embedding: 20 of 25"]


#: Every character that a terminal obeys, that hides or that reorders text, but for the ends of lines and tabs.
STEERING = "".join(
    c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
).translate({9: None, 10: None})
SEQUENCES = ("\x1b[31m", "\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "\u202egnp", "a\u200bb", "\x1b[1;31m", "\x1b[0m\r")


def test_nothing_that_steers_a_terminal_is_left_of_a_text() -> None:
    assert {"\x1b", "\x9b", "\u202e", "\u200b", "\ufeff", "\U000e0041", "\u2066", "\ud800", "\r"} <= set(STEERING)
    assert harmless(f"a\n\tb{STEERING}c 狐 e\u0301 🦊") == "a\n\tbc 狐 e\u0301 🦊"
    assert clean(f"a{STEERING}b") in ("ab", "a b")


@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_whatever_is_printed_is_looked_at_once_more(kind: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out, err = kind(), kind()
    console = Console(out, err)
    for text in (STEERING, *SEQUENCES):
        console.print(f"<{text}>")
        console.say(f"<{text}>")
        console.tell(text)
        console.draw(text)
        console.print(console.paint(f"<{text}>", "bold"))
    painted = out.getvalue().replace("\x1b[1m<", "<").replace(">\x1b[0m", ">") if kind is Terminal else out.getvalue()
    for known in ("\x1b[31m", "\x1b[1;31m", "\x1b[0m"):  # colours in raw lines change nothing but colours
        painted = painted.replace(known, "")
    assert not set(painted) & set(STEERING)
    assert not set(
        err.getvalue().replace("\r\x1b[K", "").replace("\x1b[31m", "").replace("\x1b[1;31m", "").replace("\x1b[0m", "")
    ) & set(STEERING)


def test_json_loses_nothing_and_steers_nothing() -> None:
    apart = " ".join(STEERING)  # two halves of a character side by side would be a whole one
    value = {apart: [f"狐 {apart}", "🦊"]}
    for ascii_only in (False, True):
        line = json_line(value, ascii_only=ascii_only)
        assert json.loads(line) == value
        assert not set(line) & {*STEERING, "\n", "\t"}
    assert json_line("狐 🦊") == '"狐 🦊"'


def test_what_is_logged_is_looked_at_too() -> None:
    from stylus_core.cli import formatter

    record = logging.LogRecord("stylus", logging.ERROR, "x", 1, "file %s", (f"a{STEERING}b",), None)
    assert formatter().format(record) == "stylus: file ab"
