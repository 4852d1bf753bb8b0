"""Pictures as a model or a page gets them: checked, scaled down, made JPEGs that hold nothing but the picture.

A picture may come from a stranger. It is opened by Pillow's readers of five formats alone, and only once its size in
bytes and in pixels is known to be sane; nothing is ever fetched from the network.
"""

from __future__ import annotations

import base64
import importlib.util
import io

from stylus_core.errors import ModelError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
MAX_BYTES = 32 * 2**20
MAX_PIXELS = 40_000_000  # Pillow needs up to 4 bytes each while it decodes
SIDE = 512  # pixels of the longer side that a model gets
#: Until a model's own average is known: a picture of 512 x 512 takes 85 (OpenAI, low detail) to some 350 tokens.
TOKENS = SIDE * SIDE // 750
_SMALLEST = 32  # a picture of fewer pixels a side shows nothing
_QUALITY = 85


def need_pillow(otherwise: str = "") -> None:
    """Raises `ModelError` if pictures cannot be read here; `otherwise` is what to do without Pillow."""
    if importlib.util.find_spec("PIL") is None:
        raise ModelError(f"pictures need Pillow: pip install pillow{otherwise and f', or {otherwise}'}")


def data_url(raw: bytes, side: int = SIDE) -> str | None:
    """The picture as a small JPEG in a `data:` URL, or None if it cannot be shown: broken, too large, no picture."""
    made = jpeg(raw, side)
    return f"data:image/jpeg;base64,{base64.b64encode(made).decode()}" if made else None


def jpeg(raw: bytes, side: int = SIDE, quality: int = _QUALITY) -> bytes | None:
    """The first frame, at most `side` pixels a side, without metadata; None if it cannot be shown."""
    if len(raw) > MAX_BYTES:
        return None
    try:
        return _scaled(raw, side, quality)
    except Exception:  # Pillow's readers raise whatever they like on broken files; what is no picture is not shown
        return None


def _scaled(raw: bytes, side: int, quality: int) -> bytes:
    """Raises what Pillow raises, and `ValueError` for a size that is not sane."""
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
        shown.save(out, "JPEG", quality=quality, exif=b"", comment=b"")  # nothing of the old file's metadata goes along
        return out.getvalue()
