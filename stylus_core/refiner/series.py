"""Names of games, shows, comics and groups that characters come from, as titles and tags write them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from stylus_core.word_lists import read_words

_LIST = Path(__file__).parent / "words" / "series.txt"
_BEHIND = re.compile(
    r"\s?\d{1,4}$|\s(?:[ivx]{1,4}|remake|royal|series|anime|game|movie|project|online|classic|reborn)$"
)
_NOT_NAME = re.compile(r"[^\w&]+|_+")


def normal(text: str) -> str:
    """A name as the list has it: lower case, punctuation and "the" in front out."""
    text = text.lower()
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = _NOT_NAME.sub(" ", text.replace("@", "a").replace("'", ""))
    return " ".join(text.split()).removeprefix("the ")


@lru_cache(maxsize=1)
def _words() -> dict[str, tuple[str, ...]]:
    return read_words(_LIST)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(filter(None, map(normal, _words()["names"])))


@lru_cache(maxsize=1)
def _longest() -> int:
    return max(len(n.split()) for n in _known())


@lru_cache(maxsize=20_000)
def is_series(text: str) -> bool:
    """Whether a text is the name of a game, a show, a comic or a group.

    Args:
        text: "Genshin Impact", "genshin_impact", "The King of Fighters XV", "Fate/Grand Order".

    Returns:
        True if `words/series.txt` has it, with a number or a subtitle behind it or without.
    """
    name = normal(text)
    if name in _known() or name.replace(" ", "") in _run_together():
        return True
    # a number or a subtitle behind: "Final Fantasy XIV", "Persona 5 Royal"
    head = _BEHIND.sub("", name)
    return head != name and head in _known()


def series_at_end(text: str) -> tuple[str, str]:
    """(what is before, the series) of "Yunjin Genshin Impact"; the series is empty where the text ends with none."""
    words = text.split()
    for count in range(min(_longest() + 1, len(words) - 1), 0, -1):
        tail = " ".join(words[-count:]).strip("()[]")
        if (len(tail) > 4 or count > 1) and is_series(tail):
            return " ".join(words[:-count]).strip(" -–:,("), tail
    return text, ""


def series_at_start(text: str) -> tuple[str, str]:
    """(the series, what is behind) of "Blue Archive Rio"; empty where the text starts with none."""
    words = text.split()
    for count in range(min(_longest() + 1, len(words) - 1), 0, -1):
        head = " ".join(words[:count]).strip("()[]")
        if is_series(head) if count > 1 else normal(head) in _words()["nobody"]:
            return head, " ".join(words[count:]).strip(" -–:,)")
    return "", text


@lru_cache(maxsize=1)
def _run_together() -> frozenset[str]:
    return frozenset(n.replace(" ", "") for n in _known() if " " in n)
