"""Where a language model answers: address, model, key, and what a user adds to each request."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

#: Variables that may hold the key, best first; the second is sent to its owner's host alone.
KEY_VARIABLE = "STYLUS_API_KEY"
_OPENAI_VARIABLE, _OPENAI_HOST = "OPENAI_API_KEY", "api.openai.com"

BUDGET = 20.0  # seconds for a call, waits and retries included


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible server and one of its models.

    Args:
        base_url: up to and without `/chat/completions`, such as `http://127.0.0.1:11434/v1`.
        model: the name that the server knows.
        key: sent as a bearer token; empty for a server that asks for none. Never shown.
        timeout: seconds for one call with everything that belongs to it.
        extra: further fields of the request's body, such as `{"reasoning_effort": "low"}`; they win over ours.
    """

    base_url: str
    model: str
    key: str = field(default="", repr=False, compare=False)
    timeout: float = BUDGET
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def shown(self) -> str:
        """The address as it may be told: without user name, password and query, any of which may hold a key."""
        try:
            parts = urllib.parse.urlsplit(self.base_url)
        except ValueError:
            return "the endpoint"
        return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    @property
    def problem(self) -> str:
        """Why nothing can be asked here, in one sentence; empty if nothing speaks against it."""
        try:
            parts = urllib.parse.urlsplit(self.base_url)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            return "the base URL of the language model is no http address: give one such as http://127.0.0.1:11434/v1"
        if not self.model:
            return f"no model is named for {self.shown}: name one that the server knows"
        return ""


def find_key(base_url: str, given: str = "", variable: str = "") -> str:
    """The key for this server: from `variable` if one is named, else from the environment, else `given`."""
    if variable:
        return os.environ.get(variable, "").strip()
    if key := os.environ.get(KEY_VARIABLE, "").strip():
        return key
    try:
        host = urllib.parse.urlsplit(base_url).hostname
    except ValueError:
        host = None
    if host == _OPENAI_HOST and (key := os.environ.get(_OPENAI_VARIABLE, "").strip()):
        return key
    return given.strip()
