"""Single values out of untrusted records: each function takes anything and gives a sane value or nothing."""

from __future__ import annotations

import math
import re
from typing import Any

from stylus_core.library.hostile_text import clean_line, unescaped

#: What one source says: `Metadata` field -> value. A field that is absent is one about which the source says nothing.
#: `own_description`, `own_notes` and `own_title` are what the user typed there, as far as the file tells.
Claims = dict[str, Any]

DESCRIPTION = 16_000  # characters
VERSION_DESCRIPTION = 6_000
NOTES = 4_000
PROMPT = 4_000
EXAMPLES = 20

_EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_HEX = re.compile(r"[0-9a-f]+")


def claims(**fields: Any) -> Claims:
    """Only those fields that say something: no empty text or list, no None, no False."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value not in ("", ())
    }


def mapping(value: Any) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any, count: int) -> list[Any]:
    """The first `count` items if it is a list, else none."""
    return value[:count] if isinstance(value, list) else []


def number(value: Any) -> float | None:
    """Reads a number.

    Args:
        value: anything.

    Returns:
        A finite number, also out of a text such as "0.8" or "0,8"; None for anything else.
    """
    if isinstance(value, str) and len(value) <= 40:
        try:
            value = float(value.strip().replace(",", "."))
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # an integer beyond the floats
        return None


def strength(value: Any) -> float | None:
    """Reads an adapter's weight.

    Args:
        value: anything.

    Returns:
        A number from -20 to 20, for sliders go to 10 or so; None for anything else.
    """
    found = number(value)
    return round(found, 4) if found is not None and abs(found) <= 20 else None


def identifier(value: Any) -> int | None:
    """Reads the id of a model or a version.

    Args:
        value: anything.

    Returns:
        A positive whole number, also out of a text; None for anything else.
    """
    found = number(value)
    return int(found) if found is not None and 0 < found < 2**53 and found == int(found) else None


def count(value: Any) -> int | None:
    """A whole number that is not negative."""
    found = number(value)
    return int(found) if found is not None and 0 <= found < 2**53 else None


def nsfw_level(value: Any) -> int | None:
    """Civitai's level (1 PG, 2 PG-13, 4 R, 8 X, 16 XXX, or a sum of them); a bare true is taken for X."""
    if isinstance(value, bool):
        return 8 if value else 1
    found = number(value)
    return int(found) if found is not None and 0 <= found <= 1024 else None


def sha256(value: Any, shortest: int = 64) -> str:
    """Reads a SHA-256.

    Args:
        value: anything.
        shortest: digits that one has at least which was cut off.

    Returns:
        Its digits in lower case; "" for anything else, and for the hash of nothing.
    """
    if not isinstance(value, str) or len(value) > 80:
        return ""
    digits = value.strip().lower().removeprefix("0x")
    if not shortest <= len(digits) <= 64 or not _HEX.fullmatch(digits) or _EMPTY_SHA256.startswith(digits):
        return ""
    return digits


def title_line(value: Any) -> str:
    """What an adapter is called, in one line."""
    return clean_line(unescaped(value, 300), 300)


def trigger_words(value: Any) -> tuple[str, ...]:
    """Entries as written; one text is one entry. A ` || ` stays: it parts alternatives that exclude each other."""
    entries = value if isinstance(value, list) else [value]
    out = dict.fromkeys(unescaped(entry, 2000).strip(" ,\n\t") for entry in entries[:200] if isinstance(entry, str))
    out.pop("", None)
    return tuple(out)[:100]
