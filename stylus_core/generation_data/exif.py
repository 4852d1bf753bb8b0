"""EXIF: the texts of a block, in both byte orders and in every encoding that programs really write.

| tag | keyword |
| --- | --- |
| 0x9286 UserComment | usercomment |
| 0x010E ImageDescription | imagedescription |
| 0x9C9C XPComment | xpcomment |
| 0x010F Make, 0x0110 Model, 0x0131 Software, 0x927C MakerNote | make, model, software, makernote |
| 0x0132 DateTime | datetime |
| any text tag "name:{...}", as ComfyUI's savers write prompt and workflow | that name |
"""

from __future__ import annotations

import re
import struct

from stylus_core.generation_data.source import Texts
from stylus_core.generation_data.types import GenerationDataError

_NAMES = {
    0x9286: "usercomment",
    0x010E: "imagedescription",
    0x010F: "make",
    0x0110: "model",
    0x0131: "software",
    0x0132: "datetime",
    0x927C: "makernote",
    0x9C9C: "xpcomment",
}
_EXIF_IFD = 0x8769
_SIZES = {1: 1, 2: 1, 7: 1, 129: 1}  # bytes, text, undefined, UTF-8: what can hold a text
_NAMED = re.compile(r"\s*([A-Za-z_]\w{0,40}):\s*(?=[{\[])")
_MOST_ENTRIES = 1000
_ENCODINGS = {b"UNICODE\0": "utf-16", b"ASCII\0\0\0": "utf-8", b"JIS\0\0\0\0\0": "jis", b"\0" * 8: "utf-8"}


def read(data: bytes, texts: Texts) -> None:
    """Reads the texts of a block.

    Args:
        data: from the mark of the byte order on.
        texts: what is found is added.

    Raises:
        GenerationDataError: it is no such block, or a length in it is wrong.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise GenerationDataError("its EXIF is damaged")
    try:
        inner = _directory(data, struct.unpack_from(order + "I", data, 4)[0], order, texts)
        if inner:
            _directory(data, inner, order, texts)
    except struct.error:
        raise GenerationDataError("its EXIF is damaged") from None


def _directory(data: bytes, at: int, order: str, texts: Texts) -> int:
    """Adds the texts, and gives the place of the directory inside."""
    inner = 0
    (count,) = struct.unpack_from(order + "H", data, at)
    for index in range(min(count, _MOST_ENTRIES)):
        tag, kind, length, where = struct.unpack_from(order + "HHII", data, at + 2 + 12 * index)
        if tag == _EXIF_IFD:
            inner = where
        elif kind in _SIZES and (tag in _NAMES or length > 8):
            start = at + 2 + 12 * index + 8 if length <= 4 else where
            if start + length > len(data):
                texts.trouble = "a length in its EXIF is wrong"
                continue
            texts.spend(length)
            _text(tag, data[start : start + length], order, texts)
    return inner


def _text(tag: int, value: bytes, order: str, texts: Texts) -> None:
    if tag == 0x9C9C:
        text = value.decode("utf-16-le", "replace")
    elif tag in _NAMES or _NAMED.match(value[:64].decode("latin-1")):
        text = decoded(value, "utf-16-le" if order == "<" else "utf-16-be")
    else:
        return
    named = _NAMED.match(text)
    if named:
        texts.add(named[1], text[named.end() :])
    elif tag in _NAMES:
        texts.add(_NAMES[tag], text)


def decoded(value: bytes, likely: str = "utf-16-le") -> str:
    """Reads a comment with or without the mark of its encoding, which is often wrong.

    Args:
        value: with its mark, if it has one.
        likely: which UTF-16 to take where the text itself does not tell.

    Returns:
        The text.
    """
    encoding = _ENCODINGS.get(value[:8].upper())
    body = value if encoding is None else value[8:]
    if encoding == "utf-16" or body[:2] in (b"\xff\xfe", b"\xfe\xff") or body[:200].count(0) * 3 > len(body[:200]):
        return _utf16(body, likely)
    for candidate in ("utf-8", "shift_jis" if encoding == "jis" else "cp1252"):
        try:
            return body.decode(candidate)
        except UnicodeDecodeError:
            continue
    return body.decode("latin-1")


def _utf16(body: bytes, likely: str) -> str:
    for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            return body[2:].decode(name, "replace")
    sample = body[:4000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)  # the upper halves of what is ASCII are zero
    if even + odd == 0 and b" " in sample:
        try:
            return body.decode("utf-8")  # marked as "UNICODE", and is not UTF-16
        except UnicodeDecodeError:
            pass
    name = likely if even == odd else "utf-16-be" if even > odd else "utf-16-le"
    return body[: len(body) & ~1].decode(name, "replace")
