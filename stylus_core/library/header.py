"""The header of a safetensors file, never its tensors: read within bounds, checked as the hosts' loader checks it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from typing import Any, NamedTuple

from stylus_core.library.hostile_text import Malformed, parse_json
from stylus_core.library.loader_json import BITS, METADATA, WORD, as_loaded, is_plain, shortened
from stylus_core.library.regular_file import open_regular
from stylus_core.pictures import kind

#: A LoRA's header is below 1 MiB as a rule; one with cover pictures in it has a few.
MAX_HEADER = 16 * 2**20
COMMON = "~"
MAX_PREVIEW = 4 * 2**20


class Header(NamedTuple):
    """What a header says: `metadata` as strings, `shapes` by tensor name, `digest` of the header's bytes.

    A trainer's metadata (names, times, hashes) makes a header one of its kind. Without it all adapters of one rank
    share theirs, and the digest begins with `COMMON`.
    """

    metadata: dict[str, str]
    shapes: dict[str, tuple[int, ...]]
    digest: str


def read_header(path: str) -> Header:
    """Reads the header of a safetensors file.

    Args:
        path: of the file, of which the header alone is read.

    Returns:
        Metadata, the shapes of the tensors, and a digest of the header.

    Raises:
        Malformed: with one clause that says why, for a file that the loader would refuse (truncated, lying lengths,
            broken JSON, wrong types, offsets outside the file) and for a header beyond what is read.
        OSError: where the file cannot be opened.
    """
    raw, data_size = _raw_header(path)
    parsed, valid = parse_json(raw)
    if not valid:
        raise Malformed("its header is not valid UTF-8")
    if not isinstance(parsed, dict):
        raise Malformed(f"its header is {_kind(parsed)} where an object is expected")
    if not is_plain(raw, parsed):
        parsed = as_loaded(raw)
    metadata = parsed.pop(METADATA, None)
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise Malformed(f"{METADATA} in its header is {_kind(metadata)} where an object is expected")
    for value in metadata.values():
        if not isinstance(value, str):
            raise Malformed(f"{METADATA} in its header holds {_kind(value)} where only strings are allowed")
    own = any(key.startswith(("ss_", "sshs_", "modelspec.")) for key in metadata)
    digest = hashlib.blake2b(raw, digest_size=12).hexdigest()
    return Header(metadata, _shapes(parsed, data_size), digest if own else COMMON + digest)


def _raw_header(path: str) -> tuple[bytes, int]:
    """The header's bytes, and how many bytes of tensors follow it."""
    with open_regular(path) as file:
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
    if not raw.lstrip(b" \t\n\r").startswith(b"{"):
        raise Malformed("it is no safetensors file: its header does not start with {")
    return raw, size - 8 - length


def _shapes(tensors: dict[str, Any], data_size: int) -> dict[str, tuple[int, ...]]:
    """Shapes by name. The hosts' loader refuses a file whose tensors do not fill the data exactly, and so do we."""
    shapes: dict[str, tuple[int, ...]] = {}
    spans: list[tuple[int, int]] = []
    sizes: dict[tuple[Any, ...], tuple[tuple[int, ...], int]] = {}  # thousands of tensors share a few shapes
    for name, info in tensors.items():
        try:
            shape, (begin, end) = info["shape"], info["data_offsets"]
            if not (type(begin) is type(end) is int and isinstance(shape, list)):
                raise TypeError
            key = (info["dtype"], *shape)
            if key not in sizes:
                sizes[key] = _size(*key)
            shapes[name], size = sizes[key]
        except Malformed:
            raise
        except (KeyError, TypeError, ValueError):
            raise Malformed(f"the header's entry of the tensor {shortened(name)} is not of the right form") from None
        if not 0 <= begin <= end:
            raise Malformed(f"the offsets of the tensor {shortened(name)} are impossible: {begin} to {end}")
        if end > data_size:
            raise Malformed(
                f"it is truncated or its offsets lie: the tensor {shortened(name)} ends at {end} of {data_size} bytes"
            )
        if size != (end - begin) * 8:
            raise Malformed(f"the tensor {shortened(name)} has {end - begin} bytes, which does not fit its shape")
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


def _size(dtype: object, *shape: object) -> tuple[tuple[int, ...], int]:
    """The shape, once it is known to be one, and its size in bits.

    The loader multiplies from the first length on, in 64 bits.
    """
    if not isinstance(dtype, str):
        raise TypeError
    if dtype not in BITS:
        raise Malformed(f"the type of a tensor, {shortened(dtype)}, is none that the loader knows")
    lengths: list[int] = []
    elements = 1
    for length in shape:
        if type(length) is not int or not 0 <= length < WORD:
            raise TypeError
        lengths.append(length)
        elements *= length
        if elements >= WORD:
            break
    bits = elements * BITS[dtype]
    if bits >= WORD:
        raise Malformed("a tensor of its header is larger than any file")
    return tuple(lengths), bits


def embedded_preview(path: str) -> bytes | None:
    """Takes the picture out of a header: `modelspec.thumbnail`, else the first of `ssmd_cover_images`.

    Args:
        path: of a safetensors file.

    Returns:
        The bytes of a PNG, JPEG or WebP file of at most `MAX_PREVIEW` bytes; None where there is none.
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
