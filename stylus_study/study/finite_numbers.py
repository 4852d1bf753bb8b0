"""Numbers of a study's files, which may come from strangers: finite and of a size that can be reckoned with.

JSON knows numbers of a thousand digits, and Python's reader also NaN and Infinity. Such a number passes every check of
its type and fails, or turns a whole table into nothing, where it is first added to another.
"""

from __future__ import annotations

import json
from typing import Any

#: No count, time, weight or score of a study comes near it, and sums and squares of such numbers stay finite.
LARGEST = 1e15


def number(value: Any) -> float | None:
    """A number that can be reckoned with.

    Args:
        value: whatever a file says.

    Returns:
        The number; None for one beyond `LARGEST`, NaN, a truth value, and whatever else is no number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if -LARGEST <= value <= LARGEST else None


def parse(data: bytes | str, beyond: list[str] | None = None) -> Any:
    """What JSON says, with None in place of each number that cannot be reckoned with.

    Args:
        data: the JSON.
        beyond: takes the beginnings of those numbers, if given.

    Returns:
        The value.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """

    def read(text: str) -> float | None:
        # int() refuses texts of thousands of digits; float() makes infinity of them
        if abs(float(text)) <= LARGEST:
            return int(text) if text.lstrip("-").isdigit() else float(text)
        if beyond is not None:
            beyond.append(text[:20])
        return None

    return json.loads(data, parse_int=read, parse_float=read, parse_constant=read)
