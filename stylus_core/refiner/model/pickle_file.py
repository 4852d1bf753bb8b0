"""The bytes of a pickle, handed out within bounds."""

from __future__ import annotations

from typing import BinaryIO

MAX_TEXT = 4 * 2**20  # bytes of one string
_MAX_DIGITS = 40  # of one number that is written in digits; an older Python reads millions of them in minutes
#: The opcodes in front of such a number: INT, LONG, FLOAT, PUT and GET.
_DIGITS = frozenset((b"I", b"L", b"F", b"p", b"g"))


class BadPickle(ValueError):
    """The pickle holds something else than the expected data; the message is one clause."""


class Bounded:
    """A file that refuses to hand out more for an opcode than any sane string or number has."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.opcode = b""  # of which an argument is read

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_TEXT:
            raise BadPickle(f"it holds a string of more than {MAX_TEXT} bytes")
        return self._file.read(size)

    def readline(self) -> bytes:
        most = _MAX_DIGITS if self.opcode in _DIGITS else MAX_TEXT
        line = self._file.readline(most + 1)
        if len(line) > most:
            raise BadPickle(f"it holds a line of more than {most} bytes")
        return line
