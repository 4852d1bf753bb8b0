"""Puts trigger words and tags behind a prompt whose own text stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stylus_core.prompt.grammar import comments, ends_in_weight, without_comments
from stylus_core.prompt.tags import unclosed

_PARTED = re.compile(r"(?:[,;，、；.!?。]|\n|\bBREAK\b|\bAND\b)[^\S\n]*$")


def appended(text: str, words: Sequence[str], tags: Sequence[str]) -> str:
    """`text`, the words separated by ", ", the tags. Nothing of it stands in a comment, which the host drops."""
    if not words and not tags:
        return text
    spans = comments(text)
    if spans and spans[-1][1] == len(text):
        text += "\n"
    elif words and text.strip() and not _PARTED.search(text):
        text += ", "
    elif text and not text[-1].isspace():
        text += " "
    return text + " ".join([", ".join(words), *tags]).strip()


def obstacle(text: str) -> str:
    """Why no tag can be written behind `text`, in one sentence; empty if there is no reason."""
    bare = without_comments(text)
    at = unclosed(bare)
    if at < 0:
        return ""
    return f"nothing was added: the tag that begins with {text[at : at + 30]!r} would swallow it, close it with a >"


def takes_words(text: str) -> bool:
    """Whether words behind `text` leave its meaning: a number at the end (" :0.7") is the weight of what is before."""
    return not ends_in_weight(text)
