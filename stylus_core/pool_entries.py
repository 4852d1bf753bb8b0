"""Entries of the options that say which adapters may be picked: folders of a library and patterns, checked and read."""

from __future__ import annotations

import fnmatch
import functools
import re
import sys
import unicodedata

_LONGEST = 200  # characters
_WILDCARDS = 20
#: Whether "Styles" and "styles" are one folder, as the file systems of these platforms have it.
FOLDS_CASE = sys.platform in ("win32", "darwin")


def folder(text: str) -> str:
    """Reads a folder under a library's root.

    Args:
        text: as the user wrote it.

    Returns:
        The folder with "/" between its parts; "." is the root.

    Raises:
        ValueError: it leads out of the library, or is no folder's name; the message is a clause.
    """
    _check(text)
    parts = [p for p in (text.replace("\\", "/") if sys.platform == "win32" else text).split("/") if p not in ("", ".")]
    if ".." in parts:
        raise ValueError("it leads out of the library")
    return "/".join(parts) or "."


def folder_key(path: str) -> str:
    """Folds a folder's path as this platform's file systems compare it.

    Args:
        path: with "/" between its parts.

    Returns:
        The same text for all spellings of one folder.
    """
    plain = unicodedata.normalize("NFC", path)
    return plain.casefold() if FOLDS_CASE else plain


def pattern(text: str) -> str:
    """Checks a pattern of names.

    Args:
        text: as the user wrote it.

    Returns:
        The same text.

    Raises:
        ValueError: it is no pattern; the message is a clause.
    """
    _check(text)
    compiled(text)
    return text


@functools.lru_cache(maxsize=1024)
def compiled(text: str) -> re.Pattern[str]:
    """Compiles a pattern, to be matched with a folded name.

    * stands for any text, ? for a character, [ab] for one of these, [!ab] for any other; the whole also for itself, as
    names have brackets in them.

    Args:
        text: as the user wrote it.

    Returns:
        The pattern, which matches a whole name.

    Raises:
        ValueError: it is no pattern; the message is a clause.
    """
    from stylus_core.library.hostile_text import fold

    folded = fold(text)
    if sum(folded.count(c) for c in "*?[") > _WILDCARDS:
        raise ValueError(f"it has more than {_WILDCARDS} of * ? [")
    at = folded.find("[")
    while at >= 0:
        first = at + 1 + (folded[at + 1 : at + 2] == "!")
        end = folded.find("]", first + 1)
        if end < 0:
            raise ValueError("a [ is not closed; [[] stands for the character")
        for low, high in re.findall(r"(?s)(.)-(.)", folded[first:end]):
            if low > high:
                raise ValueError(f"{low}-{high} runs backwards")
        at = folded.find("[", end + 1)
    try:
        return re.compile(f"{fnmatch.translate(folded)}|{re.escape(folded)}\\Z")
    except re.error as error:
        raise ValueError(f"it cannot be read ({error})") from None


def _check(text: str) -> None:
    if len(text) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST} characters")
    if any(c < " " for c in text):
        raise ValueError("it has a control character")
