"""What the bytes of a PNG, JPEG, WebP or GIF say of the picture, and the parts of them that show it.

Nothing is decoded here. Texts, profiles, EXIF and further frames do not come along: they hold what unpacks to
gigabytes, and readers unpack it. AVIF is not taken: the picture in it may be larger than the container says, so that
the memory that it needs is not known before it is decoded.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stylus_core.errors import StylusError

#: Pillow's name of a format -> ending of a file of it.
ENDINGS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif"}

_PNG = b"\x89PNG\r\n\x1a\n"
_PARTS = 200_000  # chunks, segments, blocks: a GIF of 32 MB has some 130,000
_ANIMATED = 17  # bytes a pixel: Pillow decodes every WebP as an animation, with two canvases
_SCANS = 400_000_000  # pixels that the passes over a JPEG touch


class PictureError(StylusError):
    """Something is no picture that can be shown; the message says why, without a name."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One picture in its container, `data` being as much of it as shows the first frame."""

    kind: str
    width: int
    height: int
    data: bytes
    pixel: int  # bytes that a decoded pixel takes
    held: float = 0.0  # bytes a pixel besides, however small the picture is decoded
    orientation: int = 1  # EXIF's
    ended: bool = True  # the container has its end


def kind(data: bytes) -> str | None:
    """Tells a picture's format by its first bytes, whatever its name.

    Args:
        data: the file's content, or at least 12 bytes of its beginning.

    Returns:
        The format as Pillow names it, one of `ENDINGS`; None for what is not opened.
    """
    if data[:8] == _PNG:
        return "PNG"
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return "GIF" if data[:6] in (b"GIF87a", b"GIF89a") else None


def encoded(data: bytes) -> Encoded:
    """Takes a picture's container apart.

    Args:
        data: the file's content.

    Returns:
        Size, format, and the bytes that show the first frame.

    Raises:
        PictureError: it is no whole PNG, JPEG, WebP or GIF.
    """
    known = kind(data)
    if known is None:
        raise PictureError("no PNG, JPEG, WebP or GIF")
    try:
        found = _READERS[known](data)
    except (struct.error, IndexError):
        raise PictureError(f"a {known} that is cut off") from None
    if not found.width or not found.height:
        raise PictureError(f"a {known} without pixels")
    return found


def _png(data: bytes) -> Encoded:
    view, kept, at, orientation = memoryview(data), [memoryview(_PNG)], 8, 1
    header = None
    for _ in range(_PARTS):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if name in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            if zlib.crc32(view[at + 4 : end - 4]) != checksum or (name == b"IHDR") != (at == 8):
                raise PictureError("a damaged PNG")
            kept.append(view[at:end])
        elif name == b"eXIf":
            orientation = _orientation(data[at + 8 : end - 4])
        if name == b"IHDR":
            header = struct.unpack_from(">IIBB", data, at + 8)
        elif name == b"IEND":
            break
        at = end
    else:
        raise PictureError("a PNG of too many parts")
    if header is None:
        raise PictureError("a damaged PNG")
    width, height, depth, colour = header
    small = depth <= 8 and colour in (0, 3)  # grey, or numbers of a palette
    return Encoded("PNG", width, height, b"".join(kept), 1 if small else 4, orientation=orientation)


def _jpeg(data: bytes) -> Encoded:
    view, kept, at, orientation = memoryview(data), [memoryview(data)[:2]], 2, 1
    frame: tuple[int, int, int, tuple[int, ...]] | None = None
    for _ in range(_PARTS):
        marker = data[at + 1]
        if data[at] != 0xFF or len(data) < at + 4:
            raise PictureError("a damaged JPEG")
        if marker == 0xFF:  # a byte that fills
            at += 1
            continue
        end = at + 2 + int(struct.unpack_from(">H", data, at + 2)[0])
        if marker == 0xDA:
            break
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if frame or marker > 0xC2:  # lossless and hierarchical ones need memory of their own
                raise PictureError("a JPEG of an unusual kind")
            height, width, count = struct.unpack_from(">HHB", data, at + 5)
            frame = marker, width, height, tuple(data[at + 11 + 3 * n] for n in range(count))
        elif marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _orientation(data[at + 10 : end])
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE) or marker in (0xE0, 0xEE):  # JFIF and Adobe tell the colours
            kept.append(view[at:end])
        at = end
    else:
        raise PictureError("a JPEG of too many parts")
    if frame is None or not frame[3]:
        raise PictureError("a damaged JPEG")
    marker, width, height, sampling = frame
    if data.count(b"\xff\xda", at) * width * height > _SCANS:
        raise PictureError("a JPEG of too many passes")
    kept.append(view[at:])
    several = marker == 0xC2 or data[at + 4] < len(sampling)
    held = _coefficients(sampling) if several else 0.0
    pixel = 1 if len(sampling) == 1 else 4
    ended = data.rfind(b"\xff\xd9") > at
    return Encoded("JPEG", width, height, b"".join(kept), pixel, held, orientation, ended)


def _coefficients(sampling: Sequence[int]) -> float:
    """Bytes a pixel of a JPEG of several passes: what they add to is in memory all the while."""
    sizes = [(component >> 4, component & 15) for component in sampling]
    whole = max(wide for wide, _ in sizes) * max(high for _, high in sizes)
    return 2 * sum(wide * high for wide, high in sizes) / whole if whole else 8.0


def _webp(data: bytes) -> Encoded:
    end = 8 + int(struct.unpack_from("<I", data, 4)[0])
    if end > len(data):
        raise PictureError("a WEBP that is cut off")
    first, orientation = data[12:16], 1
    if first == b"VP8X":
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
    elif first == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif first == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise PictureError("a damaged WEBP")
    at = 12
    for _ in range(_PARTS):
        if at + 8 > end:
            break
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"EXIF":
            orientation = _orientation(data[at + 8 : min(end, at + 8 + length)].removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
    else:
        raise PictureError("a WEBP of too many parts")
    return Encoded("WEBP", width, height, data[:end], _ANIMATED, orientation=orientation)


def _gif(data: bytes) -> Encoded:
    view = memoryview(data)
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _table(flags)
    kept, control = [view[:at]], view[:0]
    left = _PARTS
    while left > 0:
        block = data[at]
        if block == 0x21:
            end, left = _blocks(data, at + 2, left)
            if data[at + 1] == 0xF9:  # what is transparent in the frame after it
                control = view[at:end]
        elif block == 0x2C:
            x, y, wide, high, flags = struct.unpack_from("<HHHHB", data, at + 1)
            end, left = _blocks(data, at + 11 + _table(flags), left)
            kept += [control, view[at:end], memoryview(b";")]
            return Encoded("GIF", max(width, x + wide), max(height, y + high), b"".join(kept), 2)
        else:
            raise PictureError("a damaged GIF")
        at = end
    raise PictureError("a GIF of too many parts")


def _table(flags: int) -> int:
    """Bytes of the colours that follow."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks(data: bytes, at: int, left: int) -> tuple[int, int]:
    """Where the blocks that begin at `at` end, and how many more may come."""
    while left > 0:
        left -= 1
        length = data[at]
        at += 1 + length
        if not length:
            return at, left
    raise PictureError("a GIF of too many parts")


def _orientation(exif: bytes) -> int:
    """How the picture is turned, by the one tag of EXIF that matters here."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, form, number, value = struct.unpack_from(order + "HHIH", exif, entry)
            if tag == 0x0112 and form == 3 and number == 1:
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


_READERS: dict[str, Callable[[bytes], Encoded]] = {"PNG": _png, "JPEG": _jpeg, "WEBP": _webp, "GIF": _gif}
