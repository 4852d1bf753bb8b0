"""Text for a terminal: columns of wide characters, tables that fit, colour where it is wanted."""

from __future__ import annotations

import json
import os
import re
import shutil
import unicodedata
from collections.abc import Sequence
from typing import Any, TextIO

#: Wider lines are hard to read, however wide the window is.
MAX_COLUMNS = 110
_GAP = "  "
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


#: Categories of characters that a terminal obeys, or that hide or reorder what stands around them.
_SPACING, _STEERING = ("Cc", "Zl", "Zp"), ("Cf", "Cs")
_COLOUR = re.compile(r"(\x1b\[[0-9;]{1,9}m)")
_CLEARED = "\r\x1b[K"  # the line of a bar


def clean(text: str) -> str:
    """Takes out what steers a terminal, hides text or reorders it: titles come from the web.

    Args:
        text: of anybody.

    Returns:
        The text on one line.
    """
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in _SPACING else c for c in text)
    return " ".join(harmless(text).split())


def harmless(text: str) -> str:
    """`text` with its line ends and tabs, and without every other character of that kind."""
    if text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in (*_SPACING, *_STEERING))


def json_line(value: Any, *, ascii_only: bool = False) -> str:
    """One line of JSON with escapes for such characters: nothing is lost, and no reader ends a line at one of them."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    if text.isprintable():
        return text
    return "".join(json.dumps(c)[1:-1] if unicodedata.category(c) in (*_SPACING, *_STEERING) else c for c in text)


def width(text: str) -> int:
    """Columns that `text` takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def cut(text: str, columns: int) -> str:
    """`text` in at most `columns` columns, with an ellipsis where something is missing."""
    if width(text) <= columns:
        return text
    head, _ = _split(text, columns - 1)
    return head.rstrip() + "…"


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most `columns` columns, broken at spaces, and inside a word only where it is longer than a line."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and width(line) + 1 + width(word) <= columns:
            line += " " + word
            continue
        if line:
            lines.append(line)
        while width(word) > columns:
            head, word = _split(word, columns)
            lines.append(head)
        line = word
    return [*lines, line] if line or not lines else lines


def _split(text: str, columns: int) -> tuple[str, str]:
    used = 0
    for i, c in enumerate(text):
        used += width(c)
        if used > columns and i:
            return text[:i], text[i:]
    return text, ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], columns: int, most: Sequence[int] = ()) -> list[str]:
    """A table whose last column takes what is left and wraps, while others are cut.

    Args:
        head: titles of the columns.
        rows: one text a cell; control characters are taken out.
        columns: width of the whole table.
        most: the most that each column but the last may take.

    Returns:
        The lines, at most `columns` wide.
    """
    cells = [[clean(cell) for cell in row] for row in rows]
    sizes = [max(width(row[i]) for row in [list(head), *cells]) for i in range(len(head) - 1)]
    sizes = [min(size, limit) for size, limit in zip(sizes, [*most, *sizes[len(most) :]], strict=True)]
    rest = max(16, columns - sum(sizes) - len(_GAP) * len(sizes))
    lines = []
    for row in [list(head), *cells]:
        first, *more = wrap(row[-1], rest)
        left = [cut(cell, size) for cell, size in zip(row[:-1], sizes, strict=True)]
        padded = [cell + " " * (size - width(cell)) for cell, size in zip(left, sizes, strict=True)]
        lines.append(_GAP.join([*padded, first]).rstrip())
        indent = " " * (sum(sizes) + len(_GAP) * len(sizes))
        lines.extend(indent + line for line in more)
    return lines


def indented(label: str, text: str, columns: int) -> list[str]:
    """Wraps a text behind a label, the lines that follow under its first word.

    Args:
        label: what the first line begins with.
        text: of anybody.
        columns: width of the whole.

    Returns:
        The lines.
    """
    first, *more = wrap(clean(text), max(16, columns - width(label)))
    return [label + first, *(" " * width(label) + line for line in more)]


class Console:
    """Where results (`out`) and everything else (`err`) go, and what those two can show."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self.out = out
        self.err = err
        self.columns = min(MAX_COLUMNS, shutil.get_terminal_size((80, 24)).columns)
        self.unicode = (getattr(out, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")
        self._colour = _is_terminal(out) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def paint(self, text: str, *styles: str) -> str:
        """Text in colour if the output shows colour. Paint whole lines or padded cells: codes have no width.

        Args:
            text: what is painted.
            styles: names of colours, and `bold` and `dim`.

        Returns:
            The text with the codes around it, or as it is.
        """
        text = harmless(text)
        if not self._colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[s] for s in styles)}m{text}\x1b[0m"

    def print(self, *lines: str) -> None:
        """Writes lines of the result.

        Args:
            lines: without their ends.
        """
        for line in lines:
            self.out.write(self._harmless(line) + "\n")

    def flush(self) -> None:
        """Hands over what was written: a reader of a pipe sees each result as soon as it is there."""
        self.out.flush()

    def say(self, *lines: str) -> None:
        """Writes lines for the person who watches, not part of the result.

        Args:
            lines: without their ends.
        """
        for line in lines:
            self.err.write(self._harmless(line) + "\n")
        self.err.flush()

    def draw(self, line: str) -> None:
        """Writes a line that the next one takes the place of, on a terminal alone.

        Args:
            line: without its end; an empty one leaves nothing behind.
        """
        self.err.write(_CLEARED + harmless(line))
        self.err.flush()

    def tell(self, sentence: str) -> None:
        """Says a sentence of the program while a bar may be drawn, whose place it takes.

        Args:
            sentence: without `stylus:`, which is put before it.
        """
        if self.watched:
            self.draw("")
        self.say(f"stylus: {clean(sentence)}")

    def _harmless(self, line: str) -> str:
        """The last look at a line, for texts that nobody has looked at: of what steers a terminal only our colours."""
        if not self._colour:
            return harmless(line)
        return "".join(part if number % 2 else harmless(part) for number, part in enumerate(_COLOUR.split(line)))

    @property
    def watched(self) -> bool:
        """Whether `err` is a terminal, where a line may be drawn over."""
        return _is_terminal(self.err)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False
