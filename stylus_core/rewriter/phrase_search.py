"""Whether a text says a phrase, whatever case, form and markup it is written in."""

from __future__ import annotations

import re
import unicodedata

_WORDS = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts that put no space between words


def folded(text: str) -> str:
    """Words in one case, parted and surrounded by single spaces; an underscore is a space, full width is half."""
    return f" {' '.join(_WORDS.findall(unicodedata.normalize('NFKC', text).casefold().replace('_', ' ')))} "


def has(text: str, phrase: str) -> bool:
    """Whether a folded text has the phrase's words one after the other."""
    words = folded(phrase)
    return words in text or (bool(_UNSPACED.search(words)) and words.strip() in text)


def says(text: str, phrase: str) -> bool:
    """Whether a text without markup has the phrase."""
    return has(folded(text), phrase)
