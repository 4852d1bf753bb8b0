"""Sentences as they go to the API's clients and into pictures: without what they tell of the server.

The page and the log show the sentences as they are, for the user of this machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stylus_host import client_text
from stylus_webui import host, settings

#: Longest note in a picture, in characters.
_LONGEST = 500


def for_client(text: str) -> str:
    """Takes out of a sentence what says nothing to a client and tells of the server.

    Args:
        text: of a note, a reason or an error.

    Returns:
        The text, as `stylus_host.client_text.for_client` makes it with this host's folders.
    """
    return client_text.for_client(text, _folders())


def note(sentences: Iterable[str]) -> str:
    """Makes one short text of what a picture's parameters tell.

    Args:
        sentences: of a picture; parts of sentences become whole ones.

    Returns:
        A line without paths and addresses.
    """
    told = " ".join(client_text.told(s) for s in dict.fromkeys(sentences))
    text = " ".join(for_client(told).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def cleaned(value: Any) -> Any:
    """Does the same to every text of a JSON value.

    Args:
        value: of an answer.

    Returns:
        A copy.
    """
    return client_text.cleaned(value, _folders())


def _folders() -> list[str]:
    """Folders of adapters and of our own state."""
    given = [host.flag(name) for name in ("lora_dir", "lyco_dir", "lyco_dir_backcompat")]
    return client_text.as_folders([*given, *settings.folders(), settings.home()])
