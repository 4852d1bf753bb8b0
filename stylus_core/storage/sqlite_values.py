"""What comes from outside, as SQLite can hold it: whole numbers of 64 bits, and text without lone surrogates.

File systems, files and servers say what they like; a value that cannot be stored would cost more than itself.
"""

from __future__ import annotations

from typing import Any

_LEAST, _MOST = -(2**63), 2**63 - 1


def storable(value: Any) -> Any:
    """Makes of a value one that SQLite takes.

    Args:
        value: of any type.

    Returns:
        A number as near to it as 64 bits allow, a text with escapes for what is no Unicode; else the value itself.
    """
    if type(value) is int:
        return min(max(value, _LEAST), _MOST)
    if isinstance(value, str) and not value.isascii():
        return storable_text(value)
    return value


def same_number(value: int) -> int:
    """Makes of a number one of 64 bits that is still another for nearly every other number.

    Args:
        value: a number that is compared and not counted, such as an inode.

    Returns:
        It modulo 2**64, signed.
    """
    return (value - _LEAST) % 2**64 + _LEAST


def storable_text(value: str) -> str:
    """Makes of a text one that SQLite takes.

    Args:
        value: any text, such as the name of a file that is no UTF-8.

    Returns:
        It with hexadecimal escapes for what is no Unicode in it.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        try:  # the bytes of a file name that is no UTF-8
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        except UnicodeEncodeError:
            return value.encode("utf-8", "backslashreplace").decode()
    return value
