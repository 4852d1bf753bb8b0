"""Reads lists of words out of their data files: `#` begins a line that says what the list is, `[name]` a list."""

from __future__ import annotations

from pathlib import Path


def read_words(path: Path, name: str = "") -> tuple[str, ...]:
    """Reads one list.

    Args:
        path: of the file.
        name: of a list in it; empty: the words before any name.

    Returns:
        The words in the file's order.

    Raises:
        KeyError: the file has no list of this name.
    """
    first, *others = f"\n{path.read_text(encoding='utf-8')}".split("\n#")
    text = "\n".join([first, *(behind.partition("\n")[2] for behind in others)])
    unnamed, *named = f"\n{text}".split("\n[")
    return tuple({"": unnamed, **dict(part.split("]", 1) for part in named)}[name].split())
