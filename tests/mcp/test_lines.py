"""What a client sends is read line by line, whatever it is."""

from __future__ import annotations

import asyncio
import io

from stylus_mcp.threads import LONGEST, Lines


def lines_of(sent: bytes) -> list[str]:
    async def read() -> list[str]:
        return [line async for line in Lines(io.BytesIO(sent))]

    return asyncio.run(read())


def test_lines_come_whole_wherever_they_are_cut() -> None:
    long = "x" * 200_000
    assert lines_of(f"a\n\n  \n{long}\nb".encode()) == ["a", long, "b"]
    assert lines_of(b"") == [] and lines_of(b"a\n") == ["a"] and lines_of(b"\xff\n") == ["\ufffd"]


def test_a_line_that_is_too_long_is_left_out_and_the_next_one_comes() -> None:
    assert lines_of(b"a\n" + b"x" * (LONGEST + 1) + b"\nb\n") == ["a", "b"]
    assert lines_of(b"x" * (LONGEST + 1)) == []
    assert list(map(len, lines_of(b"x" * LONGEST + b"\nb"))) == [LONGEST, 1]
