"""Reads the files of words that stand beside the modules which use them."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def read_words(path: Path) -> dict[str, tuple[str, ...]]:
    """Reads lists of words and phrases.

    `[name]` on a line of its own begins a list. Entries are parted by commas or by the ends of lines; a line that
    begins with # is a comment. Each file is read once.

    Args:
        path: of a file that comes with the package.

    Returns:
        By the name of each list its entries, in the file's order.
    """
    lists: dict[str, list[str]] = {}
    entries: list[str] = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("["):
            entries = lists.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            entries += filter(None, map(str.strip, line.split(",")))
    return {name: tuple(words) for name, words in lists.items()}
