"""`<lora:name:weight>` and its relatives in a prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPEN = re.compile(r"<(\w{1,64}):")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")

#: Tags that load an adapter; the host treats the two alike.
ADAPTER_KINDS = frozenset(("lora", "lyco"))


@dataclass(frozen=True, slots=True)
class NetworkTag:
    """A tag that the host takes out of the prompt; `text[start:end] == raw`."""

    kind: str  # "lora", "lyco", "hypernet", ...
    name: str
    weight: float | None  # the text encoder's multiplier, which stands for the other where that is missing
    start: int
    end: int
    raw: str


def find_tags(text: str) -> tuple[NetworkTag, ...]:
    """All tags as the host's `<(\\w+):([^>]+)>` finds them, in linear time. Arguments other than weights are kept raw."""
    out: list[NetworkTag] = []
    at = 0
    while match := _OPEN.search(text, at):
        close = text.find(">", match.end() + 1)
        if close < 0:
            break
        name, *rest = text[match.end() : close].split(":")
        out.append(NetworkTag(match[1], name, _weight(rest), match.start(), close + 1, text[match.start() : close + 1]))
        at = close + 1
    return tuple(out)


def adapter_tags(text: str) -> tuple[NetworkTag, ...]:
    """The tags that load adapters."""
    return tuple(t for t in find_tags(text) if t.kind in ADAPTER_KINDS)


def _weight(arguments: list[str]) -> float | None:
    named = dict(a.split("=", 1) for a in arguments if "=" in a)
    plain = [a for a in arguments if "=" not in a]
    for value in (named.get("te"), plain[0] if plain else None, named.get("unet")):
        if value is not None and _NUMBER.fullmatch(value.strip()):
            return float(value)
    return None
