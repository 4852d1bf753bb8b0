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
    """The value with its checksum behind it. Its length is even, as that of all arrays of numbers of 16 bits or more.

    What is sealed has an odd length, which tells it from values that were stored without a seal.
    """
    if len(value) % 2:
        raise ValueError("a value of odd length cannot be sealed")
    return value + _MARK + _sum(value, key).to_bytes(4, "little")


def unseal(value: object, *key: str | bytes) -> bytes | None:
    """The value; None if it is not what was sealed under this key. One that never had a seal comes as it is."""
    if not isinstance(value, bytes) or len(value) % 2 == 0:
        return value if isinstance(value, bytes) else None
    bare = value[:-5]
    return bare if value[-5:] == _MARK + _sum(bare, key).to_bytes(4, "little") else None


def seal_text(value: str, *key: str | bytes) -> str:
    """A text of one line with its checksum in a second."""
    return f"{value}\n{_sum(value.encode('utf-8', 'surrogatepass'), key):0{_HEX}x}"


def unseal_text(value: object, *key: str | bytes) -> str | None:
    """The text; None if it is not what was sealed under this key. One line, which had no seal, comes as it is."""
    if not isinstance(value, str):
        return None
    bare, line, check = value.rpartition("\n")
    if not line:
        return value
    return bare if check == f"{_sum(bare.encode('utf-8', 'surrogatepass'), key):0{_HEX}x}" else None


def sealed_json(value: Mapping[str, Any], indent: int | None = None) -> bytes:
    """The bytes of a JSON file that carries its checksum among its fields."""
    return json.dumps({**value, _CHECKSUM: _canonical_sum(value)}, indent=indent).encode("ascii")


def unsealed_json(data: bytes, *, must: bool = False) -> dict[str, Any]:
    """The fields of a JSON file without the checksum. Raises ValueError if it is not what was written.

    Args:
        data: the file's.
        must: whether a file without a checksum is damaged; else it is one that was written before there were any.
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
