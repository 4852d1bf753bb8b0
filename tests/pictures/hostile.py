"""Pictures that strangers could leave beside an adapter: bombs, lies about sizes, formats with readers of old."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def zeros(count: int) -> bytes:
    """That many zeros, compressed, without having them in memory."""
    pack = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [pack.compress(block[: min(len(block), count - at)]) for at in range(0, count, len(block))]
    return b"".join(parts) + pack.flush()


def png(
    width: int, height: int, depth: int = 8, colour: int = 0, more: bytes = b"", data: bytes | None = None
) -> bytes:
    """A black PNG with `more` chunks after its header."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    row = 1 + width * depth // 8 * {0: 1, 2: 3, 6: 4}[colour]
    pixels = zeros(row * height) if data is None else data
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def saved(form: str, size: tuple[int, int] = (64, 64), mode: str = "RGB", **named: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 90 if mode in ("L", "P") else None).save(out, form, **named)
    return out.getvalue()


def with_segments(jpeg: bytes, *segments: tuple[int, bytes]) -> bytes:
    """A JPEG with these segments after its first two bytes."""
    return jpeg[:2] + b"".join(struct.pack(">BBH", 0xFF, m, len(d) + 2) + d for m, d in segments) + jpeg[2:]


def exif(entries: int, size: int) -> bytes:
    """An IFD of entries that are all as large as everything: a reader that keeps each has a copy of each."""
    head = b"Exif\0\0II*\0" + struct.pack("<IH", 8, entries)
    rows = b"".join(struct.pack("<HHII", 0x9000 + n, 7, size - 16, 8) for n in range(entries))
    return (head + rows).ljust(size, b"\0")


def animated_png(frames: int) -> bytes:
    control = struct.pack(">IIIIIHHBB", 0, 2000, 2000, 0, 0, 1, 10, 0, 0)
    frame = zeros(2001 * 2000)
    more = b"".join(
        chunk(b"fcTL", control[:0] + struct.pack(">I", 2 * n) + control[4:])
        + chunk(b"fdAT", struct.pack(">I", n) + frame)
        for n in range(frames)
    )
    return png(2000, 2000, more=chunk(b"acTL", struct.pack(">II", frames, 0)) + more)


def gif(frames: int = 1, comment: int = 0, screen: tuple[int, int] = (64, 64)) -> bytes:
    one = saved("GIF", mode="P")
    head = one[:6] + struct.pack("<HH", *screen) + one[10 : 13 + 3 * 256]
    body = one[one.index(b",\0\0\0\0") : -1]
    said = b"!\xfe" + (b"\xff" + bytes(255)) * comment + b"\0"
    return head + said + (b"!\xf9\x04\x05\1\0\0\0" + body) * frames + b";"


def many_scans(scans: int) -> bytes:
    """A progressive JPEG whose last pass comes again and again."""
    whole = saved("JPEG", (3000, 3000), progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * scans + whole[-2:]


def ico(inner: bytes) -> bytes:
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inner), 22) + inner


def icns(inner: bytes) -> bytes:
    body = b"ic07" + struct.pack(">I", len(inner) + 8) + inner
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def wide_webp(side: int) -> bytes:
    """A WebP whose container claims a canvas, with a small frame in it."""
    frame = saved("WEBP")[12:]
    canvas = struct.pack("<4sII", b"VP8X", 10, 2) + (side - 1).to_bytes(3, "little") * 2
    body = (
        canvas
        + struct.pack("<4sIIH", b"ANIM", 6, 0, 0)
        + struct.pack("<4sI", b"ANMF", 16 + len(frame))
        + bytes(6)
        + (63).to_bytes(3, "little") * 2
        + bytes(4)
        + frame
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n(/etc/passwd) (r) file\n%%EOF\n"

#: Name -> what makes it. What the first list has can be shown all the same, or need not be: it costs nothing.
BOMBS: dict[str, Callable[[], bytes]] = {
    "a grey PNG of 9000 x 9000": lambda: png(9000, 9000),
    "a PNG of 4700 x 4700 with 16 bits": lambda: png(4700, 4700, 16, 6),
    "a PNG that claims 60000 x 60000": lambda: png(60000, 60000, data=zeros(1000)),
    "a PNG with 150 MB of text": lambda: png(64, 64, more=chunk(b"zTXt", b"a\0\0" + zeros(150_000_000))),
    "a PNG with 200 texts of 1 MB": lambda: png(
        64, 64, more=b"".join(chunk(b"iTXt", b"k%d\0\1\0\0\0" % n + wide()) for n in range(200))
    ),
    "a PNG with a profile of 150 MB": lambda: png(64, 64, more=chunk(b"iCCP", b"a\0\0" + zeros(150_000_000))),
    "a PNG with 16 MB of EXIF": lambda: png(64, 64, more=chunk(b"eXIf", exif(20_000, 16 << 20)[6:])),
    "a PNG of half a million parts": lambda: png(64, 64, more=chunk(b"IDAT", b"") * 500_000),
    "a PNG of two headers": lambda: png(
        64, 64, more=chunk(b"IHDR", struct.pack(">IIBBBBB", 9000, 9000, 16, 6, 0, 0, 0))
    ),
    "a PNG of 2,000 frames": lambda: animated_png(2_000),
    "a JPEG with EXIF that points to itself": lambda: with_segments(saved("JPEG"), (0xE1, exif(5000, 65_000))),
    "a JPEG with 20 MB of EXIF": lambda: with_segments(
        saved("JPEG"), *[(0xE1, b"Exif\0\0" + bytes(65_000)) for _ in range(300)]
    ),
    "a JPEG with 20 MB of profiles": lambda: with_segments(
        saved("JPEG"), *[(0xE2, b"ICC_PROFILE\0\1\1" + bytes(65_000)) for _ in range(300)]
    ),
    "a progressive JPEG of 4000 x 4000": lambda: saved("JPEG", (4000, 4000), progressive=True, subsampling=0),
    "a progressive JPEG of 6000 x 6000": lambda: saved("JPEG", (6000, 6000), progressive=True, subsampling=0),
    "a JPEG of 20,000 passes": lambda: many_scans(20_000),
    "a JPEG that fills": lambda: b"\xff\xd8" + b"\xff" * 20_000_000 + saved("JPEG")[2:],
    "a WebP of 3000 x 3000": lambda: saved("WEBP", (3000, 3000)),
    "a WebP of 2200 x 2200": lambda: saved("WEBP", (2200, 2200)),
    "a WebP of 10,000 frames": lambda: saved(
        "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 64), (n % 256, n // 256, 9)) for n in range(10_000)]
    ),
    "a WebP with a canvas of 16384 x 16384": lambda: wide_webp(16384),
    "a GIF of 6300 x 6300": lambda: saved("GIF", (6300, 6300), "P"),
    "a GIF of 9000 x 9000": lambda: saved("GIF", (9000, 9000), "P"),
    "a GIF with a screen of 60000 x 60000": lambda: gif(screen=(60000, 60000)),
    "a GIF of 10,000 frames": lambda: gif(frames=10_000),
    "a GIF with a comment of 25 MB": lambda: gif(comment=100_000),
    "an ICO with a PNG of 13000 x 13000": lambda: ico(png(13000, 13000, 8, 6)),
    "an ICNS with a PNG of 13000 x 13000": lambda: icns(png(13000, 13000, 8, 6)),
    "a TIFF of 6300 x 6300": lambda: saved("TIFF", (6300, 6300), compression="tiff_deflate"),
    "a PSD of 30000 x 30000": lambda: b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 4, 30000, 30000, 8, 3),
    "PostScript": lambda: EPS,
    "33 MB of a JPEG": lambda: saved("JPEG") + bytes(33 << 20),
}


def wide() -> bytes:
    """A million characters of which each takes four bytes in memory."""
    return zlib.compress("\U0001f600".encode() * 250_000, 9)


def broken() -> Iterator[tuple[str, bytes]]:
    """Pictures of each format, cut off at many places or with bytes changed."""
    for form in ("PNG", "JPEG", "WEBP", "GIF"):
        whole = saved(form, (80, 60), "P" if form == "GIF" else "RGB")
        for part in range(40):
            yield f"{form} cut {part}", whole[: len(whole) * part // 40]
            at = 4 + (len(whole) - 4) * part // 40
            yield f"{form} changed {part}", whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
