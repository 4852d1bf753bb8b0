"""WebP: the chunks EXIF and XMP, which stand behind the pixels."""

from __future__ import annotations

import struct

from stylus_core.generation_data import exif, xmp
from stylus_core.generation_data.source import MOST_TEXT, PictureFile, Texts
from stylus_core.generation_data.types import GenerationDataError


def read(file: PictureFile, texts: Texts) -> None:
    """Reads what a WebP says.

    Args:
        file: the picture.
        texts: what is found is added.

    Raises:
        GenerationDataError: the file ends too early or a length is wrong; what came before is in `texts`.
    """
    end = min(file.size, 8 + int.from_bytes(file.read(4, 4), "little"))
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack("<4sI", file.read(at, 8))
        if kind in (b"EXIF", b"XMP "):
            if length > MOST_TEXT:
                raise GenerationDataError("a text in it is too large")
            data = file.read(at + 8, length)
            if kind == b"XMP ":
                xmp.read(data.decode("utf-8", "replace"), texts)
            else:
                try:
                    exif.read(data[6:] if data.startswith(b"Exif\0") else data, texts)
                except GenerationDataError as error:
                    texts.trouble = str(error)
        at += 8 + length + length % 2
    if 8 + int.from_bytes(file.read(4, 4), "little") > file.size + 1:
        raise GenerationDataError("it ends too early, or a length in it is wrong")
