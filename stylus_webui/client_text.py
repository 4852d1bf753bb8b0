"""Sentences as they go to clients and into pictures: without paths on the server's disk and without addresses.

The page and the log show the sentences as they are, for the user of this machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from stylus_host.service_state import sentence
from stylus_webui import host, settings

#: Longest note in a picture, in characters.
_LONGEST = 500
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s'\"<>]*[^\s'\"<>.,;:!?]", re.I)
#: A path in quotation marks may have spaces in it; one without ends at a space.
_QUOTED = re.compile(r"(['\"])((?:/|~[\\/]|[A-Za-z]:[\\/]|\\\\)[^'\"\n]*)\1")
_BARE = re.compile(r"(?<![\w.:/\\<~])(?:/|~[\\/]|[A-Za-z]:[\\/]|\\\\)[^\s'\",;:<>|]+")


def for_client(text: str) -> str:
    """Takes out of a sentence what says nothing to a client and tells of the server.

    Args:
        text: of a note, a reason or an error.

    Returns:
        The text; of a path in a folder of adapters what lies below the folder, of any other its last part, and of an
        address nothing.
    """
    text = _ADDRESS.sub("(an address)", text)
    if "/" not in text and "\\" not in text:
        return text
    for folder in _folders():
        text = text.replace(f"{folder}/", "").replace(f"{folder}\\", "")
    text = _QUOTED.sub(lambda m: f"{m[1]}{_last(m[2])}{m[1]}", text)
    return _BARE.sub(lambda m: _last(m[0]), text)


def told(text: str) -> str:
    """Makes a sentence of what the core says as a part of one.

    Args:
        text: of a note or a reason; a name at its beginning stands in quotation marks.

    Returns:
        It with a capital and an end.
    """
    return sentence(text[:1].upper() + text[1:])


def note(sentences: Iterable[str]) -> str:
    """Makes one short text of what a picture's parameters tell.

    Args:
        sentences: of a picture; parts of sentences become whole ones.

    Returns:
        A line without paths and addresses.
    """
    text = " ".join(for_client(" ".join(told(s) for s in dict.fromkeys(sentences))).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def cleaned(value: Any) -> Any:
    """Does the same to every text of a JSON value.

    Args:
        value: of an answer.

    Returns:
        A copy.
    """
    if isinstance(value, str):
        return for_client(value)
    if isinstance(value, (list, tuple)):
        return [cleaned(one) for one in value]
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items()}
    return value


def _folders() -> list[str]:
    """Folders of adapters and of our own state, as paths in a sentence begin, the longest first."""
    given = [host.flag(name) for name in ("lora_dir", "lyco_dir", "lyco_dir_backcompat")]
    paths = [*given, *settings.folders(), settings.home()]
    known = {str(path).rstrip("\\/") for path in paths if path}
    return sorted((path for path in known if len(re.split(r"[\\/]", path)) > 2), key=len, reverse=True)


def _last(path: str) -> str:
    return re.split(r"[\\/]+", path.rstrip("\\/"))[-1] or path
