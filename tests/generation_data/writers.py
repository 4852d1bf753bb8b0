"""Small writers of pictures with metadata: each container as programs write it, with next to no pixels."""

from __future__ import annotations

import struct
import zlib


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG's chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text_chunk(key: str, text: str, how: str = "tEXt") -> bytes:
    """A PNG's text, of one of the three kinds; "iTXt+" is a packed iTXt."""
    name, body = key.encode(), text.encode()
    if how == "tEXt":
        return chunk(b"tEXt", name + b"\0" + body)
    if how == "zTXt":
        return chunk(b"zTXt", name + b"\0\0" + zlib.compress(body))
    packed = how == "iTXt+"
    head = name + b"\0" + bytes((packed, 0)) + b"\0\0"
    return chunk(b"iTXt", head + (zlib.compress(body) if packed else body))


def png(*before: bytes, behind: tuple[bytes, ...] = (), pixels: int = 20, parts: int = 2) -> bytes:
    """A PNG with chunks before and behind its pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    data = b"".join(chunk(b"IDAT", b"\x55" * (pixels // parts)) for _ in range(parts))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before) + data + b"".join(behind) + chunk(b"IEND", b"")


def png_texts(texts: dict[str, str], how: str = "tEXt") -> bytes:
    """A PNG with these texts."""
    return png(*(text_chunk(k, t, how) for k, t in texts.items()))


def exif(entries: dict[int, bytes], order: str = "<", inner: dict[int, bytes] | None = None) -> bytes:
    """An EXIF block; UserComment and its like stand in the directory inside."""
    inner = inner or {}
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    count = len(entries) + bool(inner)
    inner_at = 8 + 2 + 12 * count + 4
    data_at = inner_at + (2 + 12 * len(inner) + 4 if inner else 0)
    tables, data = [], b""
    for number, group in enumerate((entries, inner)):
        rows = []
        for tag, value in sorted(group.items()):
            kind = 7 if tag in (0x9286, 0x927C) else 1 if tag == 0x9C9C else 2
            where = struct.pack(order + "I", data_at + len(data)) if len(value) > 4 else value.ljust(4, b"\0")
            rows.append(struct.pack(order + "HHI", tag, kind, len(value)) + where)
            data += value if len(value) > 4 else b""
        if number == 0 and inner:
            rows.append(struct.pack(order + "HHII", 0x8769, 4, 1, inner_at))
        if rows:
            tables.append(struct.pack(order + "H", len(rows)) + b"".join(rows) + b"\0" * 4)
        elif number == 0:
            tables.append(b"\0" * 6)
    return head + b"".join(tables) + data


def comment(body: bytes, order: str = "<") -> bytes:
    """An EXIF block with a UserComment."""
    return exif({}, order, {0x9286: body})


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG with segments, by marker."""
    parts = [bytes((0xFF, kind)) + struct.pack(">H", len(data) + 2) + data for kind, data in segments]
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xda\0\4\0\0pixels\xff\xd9"


def jpeg_exif(block: bytes) -> bytes:
    """A JPEG with an EXIF block."""
    return jpeg((0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), (0xE1, b"Exif\0\0" + block))


def jpeg_xmp(packet: str) -> bytes:
    """A JPEG with an XMP packet."""
    return jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet.encode()))


def webp(block: bytes = b"", packet: str = "") -> bytes:
    """A WebP with EXIF and XMP behind its pixels."""
    out = b""
    for kind, data in ((b"VP8X", b"\0" * 10), (b"VP8 ", b"\x55" * 21), (b"EXIF", block), (b"XMP ", packet.encode())):
        if data:
            out += kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(out) + 4) + b"WEBP" + out


def box(kind: bytes, data: bytes) -> bytes:
    """A box of ISO base media."""
    return struct.pack(">I", 8 + len(data)) + kind + data


def avif(block: bytes = b"", packet: str = "") -> bytes:
    """An AVIF whose EXIF and XMP lie in `mdat`, as Pillow's do."""
    items = [(b"Exif", b"\0\0\0\0" + block if block else b""), (b"mime", packet.encode())]
    items = [i for i in items if i[1]]
    entries = b"".join(
        box(
            b"infe",
            b"\2\0\0\0" + struct.pack(">HH", n, 0) + kind + b"\0" + (b"application/rdf+xml\0" if n > 1 else b""),
        )
        for n, (kind, _) in enumerate(items, 1)
    )
    head = box(b"ftyp", b"avif\0\0\0\0mif1")

    def meta(start: int) -> bytes:
        places, at = b"", start
        for n, (_, data) in enumerate(items, 1):
            places += struct.pack(">HHHII", n, 0, 1, at, len(data))
            at += len(data)
        located = box(b"iloc", b"\0\0\0\0\x44\0" + struct.pack(">H", len(items)) + places)
        listed = box(b"iinf", b"\0\0\0\0" + struct.pack(">H", len(items)) + entries)
        return box(b"meta", b"\0\0\0\0" + box(b"hdlr", b"\0" * 24) + listed + located)

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", b"".join(d for _, d in items))
