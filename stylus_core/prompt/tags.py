"""`<lora:name:weight>` and its relatives in a prompt."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_OPEN = re.compile(r"<(\w+):")

#: Characters that no name in a tag can have: they end the name or the tag, and a # makes the host drop the line's rest.
UNWRITABLE = frozenset(":>=#\n\r")
#: Those that people can see, to be named in a sentence.
UNWRITABLE_TOLD = " ".join(sorted(UNWRITABLE - {"\n", "\r"}))

#: Tags that load an adapter; the host treats the two alike.
ADAPTER_KINDS = frozenset(("lora", "lyco"))


@dataclass(frozen=True, slots=True)
class NetworkTag:
    """A tag that the host takes out of the prompt; `text[start:end] == raw`."""

    kind: str  # "lora", "lyco", "hypernet", ...
    name: str
    weight: float | None  # of the picture's model: the unet's multiplier, for which the text encoder's stands in
    start: int
    end: int
    raw: str
    te: float | None = None  # the text encoder's multiplier, for which the unet's stands in


def find_tags(text: str) -> tuple[NetworkTag, ...]:
    r"""Finds all tags as the host's `<(\w+):([^>]+)>` does, in linear time.

    Args:
        text: a prompt.

    Returns:
        In their order, of every kind.
    """
    return _scan(text)[0]


def unclosed(text: str) -> int:
    """Finds a tag that nothing closes, so that it would swallow whatever is added.

    Args:
        text: a prompt.

    Returns:
        Where it begins; -1 if there is none.
    """
    return _scan(text)[1]


def adapter_tags(text: str) -> tuple[NetworkTag, ...]:
    """Finds the tags that load adapters.

    Args:
        text: a prompt.

    Returns:
        Those of `ADAPTER_KINDS`, in their order.
    """
    return tuple(t for t in find_tags(text) if t.kind in ADAPTER_KINDS)


def _scan(text: str) -> tuple[tuple[NetworkTag, ...], int]:
    out: list[NetworkTag] = []
    at = 0
    while match := _OPEN.search(text, at):
        start, begin = match.span()
        close = text.find(">", begin)
        if close < 0:
            return tuple(out), start
        at = close + 1
        if close > begin:  # the host leaves "<lora:>" in the prompt, as text
            name, te, unet = _arguments(text[begin:close])
            out.append(NetworkTag(match[1], name, unet, start, at, text[start:at], te))
    return tuple(out), -1


def _arguments(text: str) -> tuple[str, float | None, float | None]:
    """Name and weights as the host reads them: an argument with one "=" is a named one, wherever it stands."""
    items = text.split(":")
    named = dict(i.split("=") for i in items if i.count("=") == 1)
    name, *plain = [i for i in items if i.count("=") != 1] or [""]
    te = _first(named.get("te"), *plain[:1])
    unet = _first(named.get("unet"), *plain[1:2])
    return name, unet if te is None else te, te if unet is None else unet


def _first(*texts: str | None) -> float | None:
    return next((w for w in map(_number, filter(None, texts)) if w is not None), None)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
