"""PNG: the chunks tEXt, zTXt, iTXt and eXIf, before and behind the pixels, which are passed over."""

from __future__ import annotations

import struct
import zlib

from stylus_core.generation_data import exif, xmp
from stylus_core.generation_data.source import MOST_TEXT, PictureFile, Texts
from stylus_core.generation_data.types import GenerationDataError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_XMP = "xml:com.adobe.xmp"
#: "comf" is ComfyUI's own, in animated pictures, and made as tEXt is.
_READ = frozenset((b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"comf"))


def read(file: PictureFile, texts: Texts) -> None:
    """Reads what a PNG says.

    Args:
        file: the picture.
        texts: what is found is added.

    Raises:
        GenerationDataError: the file ends too early or a length is wrong; what came before is in `texts`.
    """
    at = len(SIGNATURE)
    while True:
        length, kind = struct.unpack(">I4s", file.read(at, 8))
        if kind == b"IEND":
            return
        if kind in _READ:
            if length > MOST_TEXT:
                texts.trouble = "a text in it is too large"
            else:
                data = file.read(at + 8, length)
                try:
                    _chunk(kind, data, texts)
                except GenerationDataError as error:
                    texts.trouble = str(error)
        at += 12 + length


def _chunk(kind: bytes, data: bytes, texts: Texts) -> None:
    if kind == b"eXIf":
        exif.read(data, texts)
        return
    key, _, rest = data.partition(b"\0")
    if kind in (b"tEXt", b"comf"):
        text = _latin_or_utf8(rest)
    elif kind == b"zTXt":
        text = _latin_or_utf8(_unpacked(rest[1:], texts))
    else:
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        text = (_unpacked(rest, texts) if packed else rest).decode("utf-8", "replace")
    name = key[:79].decode("latin-1")
    if name.lower() == _XMP:
        xmp.read(text, texts)
    else:
        texts.add(name, text)


def _latin_or_utf8(data: bytes) -> str:
    """The standard says Latin-1; several programs write UTF-8 all the same."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _unpacked(data: bytes, texts: Texts) -> bytes:
    texts.spend(0)  # what has unpacked too much already unpacks no more
    unpacker = zlib.decompressobj()
    try:
        out = unpacker.decompress(data, MOST_TEXT + 1)
    except zlib.error:
        raise GenerationDataError("a packed text in it is damaged") from None
    texts.spend(len(out))
    if len(out) > MOST_TEXT:
        raise GenerationDataError("a packed text in it is too large")
    if not unpacker.eof:
        raise GenerationDataError("a packed text in it is damaged")
    return out
