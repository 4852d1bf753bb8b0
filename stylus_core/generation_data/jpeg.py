"""JPEG: the segments APP1 (EXIF and XMP) and COM, as far as the pixels."""

from __future__ import annotations

from stylus_core.generation_data import exif, xmp
from stylus_core.generation_data.source import PictureFile, Texts
from stylus_core.generation_data.types import GenerationDataError

SIGNATURE = b"\xff\xd8\xff"
_EXIF, _XMP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0"
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a length
_END = frozenset((0xD9, 0xDA))  # the end, and the pixels


def read(file: PictureFile, texts: Texts) -> None:
    """Reads what a JPEG says.

    Args:
        file: the picture.
        texts: what is found is added.

    Raises:
        GenerationDataError: the file ends too early or a length is wrong; what came before is in `texts`.
    """
    at = 2
    while True:
        mark, kind = file.read(at, 2)
        if mark != 0xFF:
            raise GenerationDataError("a length in it is wrong")
        if kind == 0xFF:
            at += 1
            continue
        if kind in _END:
            return
        if kind in _BARE:
            at += 2
            continue
        length = int.from_bytes(file.read(at + 2, 2), "big")
        if length < 2:
            raise GenerationDataError("a length in it is wrong")
        if kind in (0xE1, 0xFE):
            data = file.read(at + 4, length - 2)
            if kind == 0xFE:
                texts.add("comment", exif.decoded(data))
            elif data.startswith(_EXIF):
                _try_exif(data[6:], texts)
            elif data.startswith(_XMP):
                xmp.read(data[len(_XMP) :].decode("utf-8", "replace"), texts)
        at += 2 + length


def _try_exif(data: bytes, texts: Texts) -> None:
    try:
        exif.read(data, texts)
    except GenerationDataError as error:
        texts.trouble = str(error)
