"""The header of a safetensors file, never its tensors: read within bounds, checked as the hosts' loader checks it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import os
import stat
from typing import Any, NamedTuple

from stylus_core.library.text import Malformed, parse_json
from stylus_core.pictures import kind

#: A LoRA's header is below 1 MiB as a rule; one with cover pictures in it has a few.
MAX_HEADER = 16 * 2**20
COMMON = "~"
MAX_PREVIEW = 4 * 2**20

# Bits per element. Of a type that is not listed only the offsets are checked.
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F4": 4,
}  # fmt: skip


class Header(NamedTuple):
    """What a header says: `metadata` as strings, `shapes` by tensor name, `digest` of the header's bytes.

    A trainer's metadata (names, times, hashes) makes a header one of its kind. Without it all adapters of one rank
    share theirs, and the digest begins with `COMMON`.
    """

    metadata: dict[str, str]
    shapes: dict[str, tuple[int, ...]]
    digest: str


def read_header(path: str) -> Header:
    """Reads the header of the safetensors file `path`.

    Raises `Malformed` (one clause that says why) for a file that the loader would refuse: truncated, lying lengths,
    broken JSON, wrong types, offsets outside the file; `OSError` where the file cannot be opened.
    """
    raw, data_size = _raw_header(path)
    parsed, valid = parse_json(raw)
    if not valid:
        raise Malformed("its header is not valid UTF-8")
    if not isinstance(parsed, dict):
        raise Malformed(f"its header is {_kind(parsed)} where an object is expected")
    metadata = parsed.pop("__metadata__", None)
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise Malformed(f"__metadata__ in its header is {_kind(metadata)} where an object is expected")
    for value in metadata.values():
        if not isinstance(value, str):
            raise Malformed(f"__metadata__ in its header holds {_kind(value)} where only strings are allowed")
    own = any(key.startswith(("ss_", "sshs_", "modelspec.")) for key in metadata)
    digest = hashlib.blake2b(raw, digest_size=12).hexdigest()
    return Header(metadata, _shapes(parsed, data_size), digest if own else COMMON + digest)


def _raw_header(path: str) -> tuple[bytes, int]:
    """The header's bytes, and how many bytes of tensors follow it."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # opening a pipe would wait for its writer
        raise Malformed("it is not a regular file")
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(8)
        if len(start) < 8:
            raise Malformed(
                "it is empty" if not start else f"it is truncated: {len(start)} bytes, too few for a header's length"
            )
        length = int.from_bytes(start, "little")
        if length > MAX_HEADER:
            if length > size:
                raise Malformed(
                    f"it is no safetensors file or truncated: its header claims {length} bytes and the file has {size}"
                )
            raise Malformed(f"its header is too long: {length} bytes, and {MAX_HEADER} are read at most")
        if length + 8 > size:
            raise Malformed(f"it is truncated: its header claims {length} bytes and {size - 8} are there")
        if length < 2:
            raise Malformed(f"its header is too short: {length} bytes")
        raw = file.read(length)
    if len(raw) < length:
        raise Malformed("it became shorter while it was read")
    if not raw.startswith(b"{"):
        raise Malformed("it is no safetensors file: its header does not start with {")
    return raw, size - 8 - length


def _shapes(tensors: dict[str, Any], data_size: int) -> dict[str, tuple[int, ...]]:
    """Shapes by name. The hosts' loader refuses a file whose tensors do not fill the data exactly, and so do we."""
    shapes: dict[str, tuple[int, ...]] = {}
    spans: list[tuple[int, int]] = []
    sizes: dict[tuple[Any, ...], tuple[tuple[int, ...], int | None]] = {}  # thousands of tensors share a few shapes
    for name, info in tensors.items():
        try:
            shape, (begin, end) = info["shape"], info["data_offsets"]
            if not (type(begin) is type(end) is int and isinstance(shape, list) and len(shape) <= 16):
                raise TypeError
            key = (info["dtype"], *shape)
            if key not in sizes:
                sizes[key] = _size(*key)
            shapes[name], size = sizes[key]
        except (KeyError, TypeError, ValueError):
            raise Malformed(f"the header's entry of the tensor {_short(name)} is not of the right form") from None
        if not 0 <= begin <= end:
            raise Malformed(f"the offsets of the tensor {_short(name)} are impossible: {begin} to {end}")
        if end > data_size:
            raise Malformed(
                f"it is truncated or its offsets lie: the tensor {_short(name)} ends at {end} of {data_size} bytes"
            )
        if size is not None and size != (end - begin) * 8:
            raise Malformed(f"the tensor {_short(name)} has {end - begin} bytes, which does not fit its shape")
        spans.append((begin, end))
    spans.sort()
    at = 0
    for begin, end in spans:
        if begin != at:
            raise Malformed(f"its tensors overlap or leave a gap at byte {at} of the data")
        at = end
    if at != data_size:
        raise Malformed(f"its tensors end at byte {at} of {data_size} bytes of data")
    return shapes


def _size(dtype: object, *shape: object) -> tuple[tuple[int, ...], int | None]:
    """The shape, once it is known to be one, and its size in bits, None for an unknown type."""
    lengths = tuple(n for n in shape if type(n) is int and n >= 0)
    if not isinstance(dtype, str) or len(lengths) < len(shape):
        raise TypeError
    return lengths, math.prod(lengths) * _BITS[dtype] if dtype in _BITS else None


def embedded_preview(path: str) -> bytes | None:
    """The picture in a header (`modelspec.thumbnail`, else the first of `ssmd_cover_images`), or None.

    Only PNG, JPEG and WebP of at most `MAX_PREVIEW` bytes are given back.
    """
    try:
        metadata = read_header(path).metadata
        covers, _ = parse_json(metadata.get("ssmd_cover_images", "[]").encode("utf-8", "replace"))
    except (Malformed, OSError):
        return None
    thumbnail = metadata.get("modelspec.thumbnail", "").partition(";base64,")[2]
    for text in (thumbnail, *(covers if isinstance(covers, list) else ())):
        if not isinstance(text, str) or not text or len(text) > MAX_PREVIEW * 4 // 3 + 4:
            continue
        try:
            picture = base64.b64decode(text)
        except (binascii.Error, ValueError):
            continue
        if kind(picture) in ("PNG", "JPEG", "WEBP"):
            return picture
    return None


def _kind(value: object) -> str:
    return {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}.get(
        type(value), "a number"
    )


def _short(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:77] + "...")
