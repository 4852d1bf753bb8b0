"""JSON as the hosts' loader takes it: the header of a safetensors file, which it refuses where Python would not.

The loader wants every field of an entry once, whole numbers of 64 bits without a sign, whole surrogate pairs, and no
more than a certain depth; an entry's fields may also stand in a list, in their order. Nearly every header is plain, and
that can be told without looking at each of its values.
"""

from __future__ import annotations

import json
from typing import Any

from stylus_core.library.hostile_text import Malformed

METADATA = "__metadata__"
FIELDS = ("dtype", "shape", "data_offsets")
#: Bits per element, of each type that the loader knows.
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64,
    "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
#: Numbers that the loader takes for a length or an offset are below this.
WORD = 2**64
_DEPTH = 127  # of objects and lists inside each other
_DIGITS = 310  # a longer number is beyond what a float holds
#: A zero with a sign is no whole number to the loader.
_SIGNED = tuple(before + b"-0" for before in (b"[", b",", b" ", b"\n", b"\t", b"\r"))


def is_plain(raw: bytes, parsed: dict[str, Any]) -> bool:
    """Whether the header `raw` holds what `json` made of it, `parsed`, and nothing that the loader sees otherwise.

    Each tensor has three fields and one text, so the quotes tell whether anything stands there twice or beside them.
    """
    metadata = parsed.get(METADATA)
    quotes = 0 if METADATA not in parsed else 2
    if isinstance(metadata, dict):
        quotes += 4 * len(metadata)
    tensors = len(parsed) - (METADATA in parsed)
    bare = raw.replace(b"\\\\", b"") if b"\\\\" in raw else raw  # what stands behind such a pair is not escaped
    if bare.count(b'"') - bare.count(b'\\"') != quotes + 10 * tensors:
        return False
    if b"\\ud" in bare or b"\\uD" in bare or any(zero in raw for zero in _SIGNED):
        return False
    return all(
        type(entry) is dict and len(entry) == 3 and type(entry.get("dtype")) is str
        for name, entry in parsed.items()
        if name != METADATA
    )


def as_loaded(raw: bytes) -> dict[str, Any]:
    """The header `raw` as the loader understands it, in the form that a plain one has.

    Raises:
        Malformed: where the loader would refuse it for its form.
    """
    try:
        found = json.loads(
            raw.decode(), object_pairs_hook=_Object, parse_int=_whole, parse_float=_float, parse_constant=_constant
        )
        _check_depth(found)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise Malformed("its JSON is nested too deeply") from None
    except UnicodeEncodeError:
        raise Malformed("its header holds half a character") from None
    if not isinstance(found, _Object):
        raise Malformed("its header is no object")
    out: dict[str, Any] = {}
    for name, value in found:
        if name != METADATA:
            out[name] = _entry(name, value)
        elif name in out:
            raise Malformed(f"its header has {METADATA} twice")
        else:
            out[name] = dict(value) if isinstance(value, _Object) else value
    return out


class _Object(list[tuple[str, Any]]):
    """The pairs of a JSON object, in their order."""


def _entry(tensor: str, value: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if isinstance(value, _Object):
        for name, given in value:
            if name in fields:
                raise Malformed(f"the header's entry of the tensor {shortened(tensor)} has {name!r} twice")
            if name in FIELDS:
                fields[name] = given
    elif isinstance(value, list) and len(value) == len(FIELDS):
        fields = dict(zip(FIELDS, value, strict=True))
    kind = fields.get("dtype")
    if isinstance(kind, _Object) and len(kind) == 1 and kind[0][1] is None:
        fields["dtype"] = kind[0][0]
    if len(fields) < len(FIELDS) or not _is_formed(*(fields[name] for name in FIELDS)):
        raise Malformed(f"the header's entry of the tensor {shortened(tensor)} is not of the right form")
    return fields


def _is_formed(dtype: Any, shape: Any, offsets: Any) -> bool:
    if not isinstance(dtype, str) or dtype not in BITS or type(shape) is not list or type(offsets) is not list:
        return False
    return len(offsets) == 2 and all(type(n) is int and 0 <= n < WORD for n in (*shape, *offsets))


def shortened(name: str) -> str:
    """A tensor's name, as a message can show it."""
    return repr(name if len(name) <= 80 else name[:77] + "...")


def _whole(digits: str) -> int | float:
    if digits == "-0" or len(digits) > _DIGITS:
        return _float(digits)
    number = int(digits)
    return number if -WORD // 2 <= number < WORD else _float(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Malformed("its header holds a number that is too large")
    return number


def _constant(name: str) -> Any:
    raise Malformed(f"its header holds {name}, which is no JSON")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, list)]
        if not level:
            return
    raise Malformed("its JSON is nested too deeply")


def _inside(value: list[Any]) -> list[Any]:
    return [pair[1] for pair in value] if isinstance(value, _Object) else value
