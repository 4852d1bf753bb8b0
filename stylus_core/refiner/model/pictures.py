"""Pictures of an adapter for a model to look at: found beside the file, checked, scaled down, made small JPEGs.

A picture comes from a stranger. It is opened by Pillow's readers of five formats alone, and only once its size in bytes
and in pixels is known to be sane; nothing is ever fetched from the network.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import os
import stat
from typing import NamedTuple

from stylus_core.errors import ModelError
from stylus_core.library.header import embedded_preview
from stylus_core.library.sidecars import IMAGES
from stylus_core.types import Metadata

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
MAX_BYTES = 32 * 2**20
MAX_PIXELS = 40_000_000  # Pillow needs up to 4 bytes each while it decodes
SIDE = 512  # pixels of the longer side that a model gets
_SMALLEST = 32  # a picture of fewer pixels a side shows nothing
_QUALITY = 85


class Picture(NamedTuple):
    """Where a picture lies and how large its file is."""

    path: str
    size: int
    embedded: bool = False  # in the header of the adapter at `path`


def need_pillow() -> None:
    """Raises `ModelError` if pictures cannot be read here."""
    if importlib.util.find_spec("PIL") is None:
        raise ModelError("pictures need Pillow: pip install pillow, or describe from text alone with --pictures 0")


def pictures_of(path: str, metadata: Metadata, most: int) -> tuple[Picture, ...]:
    """Up to `most` pictures of the adapter at `path`: the preview, its own examples, then the one in its header."""
    if most <= 0:
        return ()
    named = dict.fromkeys(p for p in (metadata.preview, *(e.image for e in metadata.examples)) if p)
    found = [picture for name in named if (picture := _on_disk(name)) is not None][:most]
    if not found and metadata.provenance.get("preview") == "header" and not metadata.preview:
        inside = embedded_preview(path)
        if inside:
            found.append(Picture(path, len(inside), embedded=True))
    return tuple(found)


def _on_disk(name: str) -> Picture | None:
    if not name.lower().endswith(IMAGES):
        return None
    try:
        info = os.stat(name)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(info.st_mode) or not 0 < info.st_size <= MAX_BYTES:
        return None
    return Picture(name, info.st_size)


def data_url(picture: Picture, side: int = SIDE) -> str | None:
    """The picture as a small JPEG in a `data:` URL, or None if it cannot be shown: broken, too large, no picture."""
    try:
        raw = _read(picture)
        return f"data:image/jpeg;base64,{base64.b64encode(_small(raw, side)).decode()}" if raw else None
    except Exception:  # Pillow's readers raise whatever they like on broken files; what is no picture is not shown
        return None


def _read(picture: Picture) -> bytes | None:
    if picture.embedded:
        return embedded_preview(picture.path)
    with open(picture.path, "rb") as file:
        raw = file.read(MAX_BYTES + 1)
    return raw if len(raw) <= MAX_BYTES else None


def _small(raw: bytes, side: int) -> bytes:
    """JPEG bytes of the first frame. Raises what Pillow raises, and `ValueError` for a size that is not sane."""
    from PIL import Image, ImageOps

    Image.init()
    formats = [name for name in FORMATS if name in Image.OPEN]  # older versions read no AVIF
    with Image.open(io.BytesIO(raw), formats=formats) as image:  # reads the head, decodes nothing
        width, height = image.size
        if width * height > MAX_PIXELS or min(width, height) < _SMALLEST:
            raise ValueError(f"{width} x {height} pixels")
        image.draft("RGB", (side, side))  # a JPEG is decoded at a fraction of its size
        image.load()  # a truncated file fails here
        shown = ImageOps.exif_transpose(image)
        if shown.mode in ("RGBA", "LA", "PA") or "transparency" in shown.info:
            shown = shown.convert("RGBA")
            shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
        shown = shown.convert("RGB")
        shown.thumbnail((side, side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        shown.save(out, "JPEG", quality=_QUALITY, exif=b"")  # nothing of the old file's metadata goes along
        return out.getvalue()
