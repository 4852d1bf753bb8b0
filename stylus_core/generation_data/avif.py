"""AVIF and HEIC (ISO base media): the items "Exif" and "mime" (XMP) that the box `meta` lists."""

from __future__ import annotations

from collections.abc import Iterator

from stylus_core.generation_data import exif, xmp
from stylus_core.generation_data.source import MOST_TEXT, PictureFile, Texts
from stylus_core.generation_data.types import GenerationDataError

_MOST_META, _MOST_PIECES = 1 << 20, 64
_WRONG = "a length in it is wrong"


def read(file: PictureFile, texts: Texts) -> None:
    """Reads what an AVIF says.

    Args:
        file: the picture.
        texts: what is found is added.

    Raises:
        GenerationDataError: the file ends too early or a length is wrong; what came before is in `texts`.
    """
    at = 0
    while at + 8 <= file.size:
        size, kind, head = _box_head(file, at)
        if kind == b"meta":
            if size > _MOST_META:
                raise GenerationDataError("its metadata are too large")
            _meta(file, file.read(at + head, size - head), texts)
            return
        at += size
    raise GenerationDataError("it ends too early, or a length in it is wrong")


def _box_head(file: PictureFile, at: int) -> tuple[int, bytes, int]:
    head = file.read(at, 8)
    size, kind = int.from_bytes(head[:4], "big"), head[4:]
    if size == 1:
        size = int.from_bytes(file.read(at + 8, 8), "big")
        if size < 16:
            raise GenerationDataError(_WRONG)
        return size, kind, 16
    if size == 0:
        size = file.size - at
    if size < 8:
        raise GenerationDataError(_WRONG)
    return size, kind, 8


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8 or at + size > len(data):
            raise GenerationDataError(_WRONG)
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


class _Bytes:
    """Numbers out of a box, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        part = self._data[self._at : self._at + length]
        if len(part) < length:
            raise GenerationDataError(_WRONG)
        self._at += length
        return part

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")


def _meta(file: PictureFile, data: bytes, texts: Texts) -> None:
    boxes = dict(_boxes(data[4:]))
    wanted = _wanted(boxes.get(b"iinf", b""))
    if not wanted:
        return
    for number, parts, inside in _places(boxes.get(b"iloc", b"")):
        if number not in wanted:
            continue
        content = b""
        for at, length in parts:
            texts.spend(length)
            if len(content) + length > MOST_TEXT or len(parts) > _MOST_PIECES:
                raise GenerationDataError("a text in it is too large")
            content += boxes.get(b"idat", b"")[at : at + length] if inside else file.read(at, length)
        if wanted[number] == b"mime":
            xmp.read(content.decode("utf-8", "replace"), texts)
        else:
            start = 4 + int.from_bytes(content[:4], "big")
            body = content[start:]
            exif.read(body[6:] if body.startswith(b"Exif\0") else body, texts)


def _wanted(data: bytes) -> dict[int, bytes]:
    if not data:
        return {}
    wanted = {}
    for kind, entry in _boxes(data[6:] if data[:1] == b"\0" else data[8:]):
        if kind != b"infe" or entry[:1] not in (b"\2", b"\3"):
            continue
        take = _Bytes(entry[4:])
        number = take.number(2 if entry[:1] == b"\2" else 4)
        take.take(2)
        item = take.take(4)
        if item in (b"Exif", b"mime"):
            wanted[number] = item
    return wanted


def _places(data: bytes) -> Iterator[tuple[int, list[tuple[int, int]], bool]]:
    """Of each item its number, its pieces, and whether they lie in the box `idat`."""
    take = _Bytes(data)
    version = take.number(4) >> 24
    sizes = take.number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(take.number(2 if version < 2 else 4)):
        number = take.number(2 if version < 2 else 4)
        method = take.number(2) & 15 if version in (1, 2) else 0
        take.take(2)
        start = take.number(base)
        parts = []
        for _ in range(take.number(2)):
            if version in (1, 2):
                take.take(index)
            at = take.number(offset)
            parts.append((start + at, take.number(length)))
        if method in (0, 1):
            yield number, parts, method == 1
