"""Which names say nothing of what an adapter adds: those that trainers, downloads and hashes give by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stylus_core.library.untrusted_values import title_line
from stylus_core.word_lists import read_words

#: Words of which such names are made. A name that has any other word says something.
_FILLED_IN = frozenset(read_words(Path(__file__).with_suffix(".txt"))["filled in"])
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LORA = re.compile(r"LoRA|LoCon|LoHa|LoKr|DoRA|LyCORIS")
_TOKEN = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SHORTEST = 3  # letters of a word; shorter ones are anybody's initials
_DIGEST = re.compile(r"(?=[0-9a-f]*\d[a-f])[0-9a-f]{8,64}", re.I)
#: What trainers put behind a name for each file that they save on the way: "-000010", "_000002500", "-step00000500".
_COUNTED = re.compile(r"(?:[-_.]0\d{3,}|[-_.](?:step|epoch|ep|e)s?[-_.]?\d{1,9})$", re.I)
_STAMPED = re.compile(r"@\d{9,11}(?:\.\d{1,9})?$")  # seconds since 1970


def says_nothing(name: str) -> bool:
    """Whether no word of a name tells what it is.

    Args:
        name: of a file, or a title.

    Returns:
        True for "LoRA@1761350400.1", "my_first_lora_v2", "xq_0417" and a hash.
    """
    return all(word in _FILLED_IN or (len(word) < _SHORTEST and word.isascii()) for word in _words(name))


def is_filled_in(title: str) -> bool:
    """Whether a tool put the title there by itself: it says nothing, or tells the time or the step of the file.

    Initials alone may be somebody's name.
    """
    if (" " not in title and _COUNTED.search(title[-40:])) or _STAMPED.search(title[-40:]):
        return True
    words = _words(title)
    initials = any(word not in _FILLED_IN for word in words)
    return says_nothing(title) and (not initials or any(len(word) >= _SHORTEST for word in words))


def given_title(title: Any, file_names: Sequence[str]) -> str:
    """A record's title, if somebody gave it; "" for the file's own name and for what a tool fills in."""
    line = title_line(title)
    return "" if line.removesuffix(".safetensors") in file_names or is_filled_in(line) else line


def _words(name: str) -> list[str]:
    text = _CAMEL.sub(" ", _LORA.sub(lambda match: f" {match[0].lower()} ", name[:200]))
    tokens = (token for token in _TOKEN.findall(text) if not _DIGEST.fullmatch(token))
    return [word for token in tokens for word in _LETTERS.findall(token.lower())]
