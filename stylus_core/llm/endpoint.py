"""Where a language model answers: address, model, key, and what a user adds to each request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from stylus_core.net.address import address_problem, shown_address
from stylus_core.net.redaction import Redaction

#: Of the environment: where a key belongs.
KEY_VARIABLE = "STYLUS_API_KEY"

_EXAMPLE = "http://127.0.0.1:11434/v1"

_REAL = 16  # characters from which on a key is one

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

    base_url: str = field(repr=False)  # may hold a key until it was looked at
    model: str
    key: str = field(default="", repr=False, compare=False)
    timeout: float = BUDGET
    extra: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def shown(self) -> str:
        """The address as it may be told: without user name, password and query, any of which may hold a key."""
        return shown_address(self.base_url)

    @property
    def headers(self) -> dict[str, str]:
        """Of a request with JSON."""
        given = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return {"Content-Type": "application/json", "Accept": "application/json", **given}

    @property
    def problem(self) -> str:
        """Why nothing can be asked here, in one sentence; empty if nothing speaks against it."""
        if problem := self.address_problem("the base URL of the language model"):
            return problem
        return "" if self.model else f"no model is named for {self.shown}: name one that the server knows"

    def address_problem(self, what: str) -> str:
        """Looks for what keeps the address from being used.

        Args:
            what: what the sentence calls the address.

        Returns:
            One sentence; "" if the address can be used.
        """
        if not self.base_url:
            return f"{what} is not set: give one such as {_EXAMPLE}"
        why = address_problem(self.base_url, _EXAMPLE, f"put the key into {KEY_VARIABLE} or the setting for it")
        # "ollama" and the like, which servers without a key are given, may well be a name in an address
        if not why and len(self.key) >= _REAL and Redaction([self.key]).clean(self.base_url) != self.base_url:
            why = "holds the key itself, which ends up in logs: give the address without it"
        return f"{what} {why}" if why else ""
