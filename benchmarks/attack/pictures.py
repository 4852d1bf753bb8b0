"""Pictures that are none, or too much; and the places that would show them."""

from __future__ import annotations

import io
import random
import struct
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from stylus_core.refiner.model.example_pictures import data_url, pictures_of
from stylus_core.types import Metadata
from stylus_host.thumbnails import thumbnail
from stylus_study.report import thumbnails
from stylus_study.study.types import GridCell, StudyPicture

_PATIENCE = 8.0  # seconds
_CELL = GridCell("local", "0", 7.0, 1, "")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, depth: int = 8, colour: int = 0, data: bytes | None = None, more: bytes = b""
) -> bytes:
    """A PNG of zeros, whose size may be a lie where `data` is given."""
    samples = {0: 1, 2: 3, 6: 4}[colour] * depth // 8
    if data is None:
        packer = zlib.compressobj(9)
        row = bytes(1 + width * samples)
        data = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + more + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def hostile_pictures() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each, all of which a user may have as `x.preview.png`."""
    yield "PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/etc/passwd) (r) file\n%%EOF\n"
    yield "6300 x 6300 grey", png(6300, 6300)
    yield "6300 x 6300 in 16 bits", png(6300, 6300, 16, 6)
    yield "60000 x 60000 claimed", png(60000, 60000, data=zlib.compress(bytes(1000)))
    yield "2**31 x 2**31 claimed", png(2**31 - 1, 2**31 - 1, data=zlib.compress(bytes(1000)))
    yield "0 x 0", png(0, 0, data=zlib.compress(b""))
    inner = png(13000, 13000, 8, 6)
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inner), 22)
    yield "an icon of 13000 x 13000", struct.pack("<HHH", 0, 1, 1) + entry + inner
    body = b"ic07" + struct.pack(">I", len(inner) + 8) + inner
    yield "an icns of 13000 x 13000", b"icns" + struct.pack(">I", len(body) + 8) + body
    for kind in (b"zTXt", b"iTXt", b"iCCP"):
        lead = b"a\0\1\0\0\0" if kind == b"iTXt" else b"a\0\0"
        yield f"300 MB in {kind.decode()}", png(64, 64, more=_chunk(kind, lead + zlib.compress(bytes(300_000_000), 9)))
    yield "100,000 chunks", png(64, 64, more=_chunk(b"tEXt", b"a\0b") * 100_000)
    yield "SVG", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    yield "PSD", b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 4, 30000, 30000, 8, 3)
    yield "HTML", b"<html><script>alert(1)</script></html>"
    yield "nothing", b""
    yield "one byte", b"\x89"
    for form, options in (
        ("GIF", {}),
        ("WEBP", {}),
        ("TIFF", {"compression": "tiff_deflate"}),
        ("BMP", {}),
        ("PPM", {}),
    ):
        yield from _of_pillow(form, options)
    sound = png(64, 64)
    rng = random.Random(1)
    for number in range(40):
        data = bytearray(sound)
        for _ in range(rng.choice((1, 3, 9))):
            data[rng.randrange(8, len(data))] = rng.randrange(256)
        yield f"a changed PNG, {number}", bytes(data[: rng.randrange(20, len(data) + 1)])
    for number in range(0, len(sound), max(1, len(sound) // 20)):
        yield f"a PNG cut at {number}", sound[:number]


def write_pictures(folder: Path) -> None:
    """Writes them all, named as what they are."""
    folder.mkdir()
    for number, (name, data) in enumerate(hostile_pictures()):
        (folder / f"{number:03d} {name.replace('/', ' ')}").write_bytes(data)


def _of_pillow(form: str, options: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB" if form != "GIF" else "P", (6300, 6300)).save(out, form, **options)
    yield f"{form} of 6300 x 6300", out.getvalue()
    if form in ("GIF", "WEBP"):
        out = io.BytesIO()
        frames = [Image.new("P" if form == "GIF" else "RGB", (1500, 1500), 5 * n) for n in range(30)]
        frames[0].save(out, form, save_all=True, append_images=frames[1:])
        yield f"{form} of 30 frames", out.getvalue()
    yield f"{form}, cut", out.getvalue()[: len(out.getvalue()) // 2]


def shown_everywhere(path: Path) -> list[str]:
    """What goes wrong where the panel, a model's refiner and a study's report open `path`."""
    problems: list[str] = []

    def show() -> None:
        for name, shown in _PLACES.items():
            try:
                made = shown(path)
            except Exception as e:
                problems.append(f"{name} raised {type(e).__name__}: {str(e)[:80]}")
                continue
            if made and not made.startswith("data:image/jpeg;base64,"):
                problems.append(f"{name} shows {made[:40]!r}")

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if thread.is_alive():
        problems.append(f"it is still opened after {_PATIENCE:g} s")
    return problems


def _in_panel(path: Path) -> str | None:
    return thumbnail(str(path))


def _to_model(path: Path) -> str | None:
    found = pictures_of(str(path.with_name("x.safetensors")), Metadata(preview=str(path)), 1)
    return data_url(found[0]) if found else None


def _in_report(path: Path) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        thumbnails.copy([StudyPicture(_CELL, path, "", "")], Path(folder), 256)
    return None


_PLACES: dict[str, Callable[[Path], str | None]] = {"panel": _in_panel, "refiner": _to_model, "report": _in_report}
