"""Adapters that a request, a pasted picture or the panel names one by one, each with its weight."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from stylus_core.errors import OptionError

#: Most adapters that a request may name one by one, and the largest weight of one, either way.
MOST_PICKS, MOST_WEIGHT = 100, 100.0

_PICK = re.compile(r"\s*([^:<>\s][^:<>]*):(-?\d+(?:\.\d+)?)(?::(-?\d+(?:\.\d+)?))?\s*(?:,|$)")


class Named(NamedTuple):
    """An adapter that a request or a pasted picture names, with its weight."""

    name: str
    weight: float  # of the picture's model
    clip_weight: float | None = None  # of the text encoder, where that is another one

    def __str__(self) -> str:
        """As in a tag: `name:weight`, or `name:te:unet`."""
        return ":".join([self.name, *(f"{w:g}" for w in (self.clip_weight, self.weight) if w is not None)])


def named(name: Any, weight: Any, clip_weight: Any = None) -> Named:
    """Reads an adapter with its weight, as somebody gave them.

    Args:
        name: of any type.
        weight: of the picture's model.
        clip_weight: of the text encoder; None: the same.

    Returns:
        It, checked.

    Raises:
        ValueError: a weight is none that a tag may carry.
    """
    return Named(str(name), checked_weight(weight), None if clip_weight is None else checked_weight(clip_weight))


def checked_weight(value: Any) -> float:
    """Reads a weight that a tag may carry.

    Args:
        value: of any type.

    Returns:
        The number.

    Raises:
        ValueError: it is none, or beyond `MOST_WEIGHT`.
    """
    number = float(value)
    if not abs(number) <= MOST_WEIGHT:  # NaN is none either
        raise ValueError(f"a weight is a number from {-MOST_WEIGHT:g} to {MOST_WEIGHT:g}")
    return number


def parse_picks(value: Any) -> tuple[Named, ...]:
    """Reads adapters with their weights.

    Args:
        value: `["name:0.8", "name:0.6:0.8", ...]`, or the same joined by ", ". Two weights are those of a tag, the text
            encoder's first. A stem may hold commas, but never a colon.

    Returns:
        The adapters in their order.

    Raises:
        OptionError: it is no such list, a name stands there twice, a weight is beyond `MOST_WEIGHT`, or there are more
            than `MOST_PICKS`.
    """
    text = value if isinstance(value, str) else ", ".join(value) if _is_names(value) else None
    picks: dict[str, Named] = {}
    at = 0
    while text is None or at < len(text):
        # From where the last one ended and nowhere else: to search for the next would try every place of a long text.
        found = _PICK.match(text, at) if text else None
        if found is None or not (name := found[1].strip()):
            raise OptionError(f"option 'picks' takes a list of name:weight, not {repr(value)[:60]}")
        if name in picks:
            raise OptionError(f"option 'picks' names {name[:60]!r} twice")
        if len(picks) == MOST_PICKS:
            raise OptionError(f"option 'picks' takes {MOST_PICKS} adapters at most")
        try:
            picks[name] = named(name, found[2]) if found[3] is None else named(name, found[3], found[2])
        except ValueError as error:
            raise OptionError(f"option 'picks' takes name:weight: {error}") from None
        at = found.end()
    return tuple(picks.values())


def format_picks(picks: Iterable[Named]) -> str:
    """Writes what `parse_picks` reads.

    Args:
        picks: with their weights.

    Returns:
        "name:0.8, name:0.6:0.8".
    """
    return ", ".join(map(str, picks))


def _is_names(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
