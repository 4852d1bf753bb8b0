"""Values that carry a checksum of themselves and of their key: SQLite does not see a bit that flipped in a value."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

_CHECKSUM = "checksum"
_MARK = b"\x01"
_HEX = 8


def seal(value: bytes, *key: str | bytes) -> bytes:
    """Puts a checksum of a value and of its key behind it.

    What is sealed has an odd length, which tells it from values that were stored without a seal.

    Args:
        value: of even length, as that of all arrays of numbers of 16 bits or more.
        key: what it is stored under; the value of another key does not pass for it.

    Returns:
        The value and five bytes.

    Raises:
        ValueError: its length is odd.
    """
    if len(value) % 2:
        raise ValueError("a value of odd length cannot be sealed")
    return value + _MARK + _sum(value, key).to_bytes(4, "little")


def unseal(value: object, *key: str | bytes) -> bytes | None:
    """Checks a value and takes its seal off.

    Args:
        value: what was stored, of any type.
        key: what it was sealed with.

    Returns:
        The bare value; None if it is not what was sealed under this key. One that never had a seal comes as it is.
    """
    if not isinstance(value, bytes) or len(value) % 2 == 0:
        return value if isinstance(value, bytes) else None
    bare = value[:-5]
    return bare if value[-5:] == _MARK + _sum(bare, key).to_bytes(4, "little") else None


def seal_text(value: str, *key: str | bytes) -> str:
    """Puts a checksum of a text and of its key into a second line.

    Args:
        value: a text of one line.
        key: what it is stored under.

    Returns:
        Both lines.
    """
    return f"{value}\n{_sum(value.encode('utf-8', 'surrogatepass'), key):0{_HEX}x}"


def unseal_text(value: object, *key: str | bytes) -> str | None:
    """Checks a text and takes its seal off.

    Args:
        value: what was stored, of any type.
        key: what it was sealed with.

    Returns:
        The bare text; None if it is not what was sealed under this key. One line, which had no seal, comes as it is.
    """
    if not isinstance(value, str):
        return None
    bare, line, check = value.rpartition("\n")
    if not line:
        return value
    return bare if check == f"{_sum(bare.encode('utf-8', 'surrogatepass'), key):0{_HEX}x}" else None


def sealed_json(value: Mapping[str, Any], indent: int | None = None) -> bytes:
    """Writes a JSON object with its checksum among its fields.

    Args:
        value: the fields; none is called "checksum".
        indent: as for `json.dumps`.

    Returns:
        The file's content, ASCII.
    """
    return json.dumps({**value, _CHECKSUM: _canonical_sum(value)}, indent=indent).encode("ascii")


def unsealed_json(data: bytes, *, must: bool = False) -> dict[str, Any]:
    """Checks a JSON file that carries its checksum.

    Args:
        data: the file's.
        must: whether a file without a checksum is damaged; else it is one that was written before there were any.

    Returns:
        Its fields without the checksum.

    Raises:
        ValueError: it is not what was written.
    """
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    check = value.pop(_CHECKSUM, None)
    if (must or check is not None) and check != _canonical_sum(value):
        raise ValueError("its checksum is another")
    return value


def _canonical_sum(value: Mapping[str, Any]) -> str:
    return f"{zlib.crc32(json.dumps(value, sort_keys=True).encode('ascii')):0{_HEX}x}"


def _sum(value: bytes, key: tuple[str | bytes, ...]) -> int:
    crc = 0
    for part in key:
        crc = zlib.crc32(part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part, crc)
    return zlib.crc32(value, crc)
