"""Sentences as they go to clients: without paths on the server's disk and without addresses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from stylus_host.service_state import sentence

_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s'\"<>]*[^\s'\"<>.,;:!?]", re.I)
#: A path in quotation marks may have spaces in it; one without ends at a space.
_QUOTED = re.compile(r"(['\"])((?:/|~[\\/]|[A-Za-z]:[\\/]|\\\\)[^'\"\n]*)\1")
_BARE = re.compile(r"(?<![\w.:/\\<~])(?:/|~[\\/]|[A-Za-z]:[\\/]|\\\\)[^\s'\",;:<>|]+")


def for_client(text: str, folders: Sequence[str] = ()) -> str:
    """Takes out of a sentence what says nothing to a client and tells of the server.

    Args:
        text: of a note, a reason or an error.
        folders: of adapters and of our own state, as `as_folders` gives them.

    Returns:
        The text; of a path in a folder of adapters what lies below the folder, of any other its last part, and of an
        address nothing.
    """
    text = _ADDRESS.sub("(an address)", text)
    if "/" not in text and "\\" not in text:
        return text
    for folder in folders:
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


def cleaned(value: Any, folders: Sequence[str] = ()) -> Any:
    """Does the same to every text of a JSON value.

    Args:
        value: of an answer.
        folders: as for `for_client`.

    Returns:
        A copy.
    """
    if isinstance(value, str):
        return for_client(value, folders)
    if isinstance(value, (list, tuple)):
        return [cleaned(one, folders) for one in value]
    if isinstance(value, dict):
        return {name: cleaned(one, folders) for name, one in value.items()}
    return value


def as_folders(paths: Iterable[str | os.PathLike[str] | None]) -> list[str]:
    """Makes of folders what a path in a sentence begins with.

    Args:
        paths: of folders; None and "" are none.

    Returns:
        Those that are deep enough to be told apart from other text, the longest first.
    """
    known = {str(path).rstrip("\\/") for path in paths if path}
    return sorted((path for path in known if len(re.split(r"[\\/]", path)) > 2), key=len, reverse=True)


def _last(path: str) -> str:
    return re.split(r"[\\/]+", path.rstrip("\\/"))[-1] or path
