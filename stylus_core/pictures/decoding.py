"""Decoding a picture in memory that is known before, and making small JPEGs that hold nothing but the picture."""

from __future__ import annotations

import importlib
import importlib.util
import io
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylus_core.errors import ModelError
from stylus_core.pictures.containers import Encoded, PictureError, encoded

if TYPE_CHECKING:
    from PIL.Image import Image

logger = logging.getLogger(__name__)

_PLUGINS = {"PNG": "Png", "JPEG": "Jpeg", "WEBP": "WebP", "GIF": "Gif"}
_PIXELS = 80_000_000  # of one picture; of little more Pillow warns
_STRIP = 1 << 18  # pixels that are converted at a time
#: EXIF's orientation -> what turns the picture upright.
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture may take: bytes of its file, and of memory, the file's content among them; and its formats."""

    bytes: int
    memory: int
    kinds: tuple[str, ...]


#: A stranger's picture, which is opened to be shown small.
PREVIEW = Limits(32 * 2**20, 88 * 2**20, ("PNG", "JPEG", "WEBP", "GIF"))
#: A picture that a WebUI made for the user: up to some 6,500 pixels a side, 4,096 of a WebP.
MADE = Limits(128 * 2**20, 280 * 2**20, ("PNG", "JPEG", "WEBP"))


class _MemoryBudget:
    """The memory that all pictures that are open at a time may take; one alone may always be opened."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + size <= self._size)
            self._taken += size
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()


_BUDGET = _MemoryBudget(PREVIEW.memory)


def need_pillow(otherwise: str = "") -> None:
    """Makes sure that pictures can be decoded here.

    Args:
        otherwise: what to do without Pillow, as the end of the sentence; empty: there is nothing.

    Raises:
        ModelError: Pillow is not installed.
    """
    if not _has_pillow():
        raise ModelError(f"pictures need Pillow: pip install pillow{otherwise and f', or {otherwise}'}")


@contextmanager
def decoded(data: bytes, limits: Limits = PREVIEW, side: int = 0) -> Iterator[Image]:
    """Decodes the first frame of a picture whole, as its file has it: neither turned upright nor converted.

    Args:
        data: the file's content.
        limits: what it may take.
        side: pixels a side that are enough; a JPEG is decoded at a fraction of its size then. 0 is all of it.

    Yields:
        The picture, open as long as the block runs; its memory counts against that of all pictures.

    Raises:
        ModelError: Pillow is not installed.
        PictureError: it is broken, cut off, too large, or of a format that is not opened.
    """
    need_pillow()
    with _open(encoded(data), len(data), limits, side) as image:
        yield image


def jpeg(data: bytes, side: int, quality: int = 85, limits: Limits = PREVIEW, smallest: int = 1) -> bytes:
    """Makes a small JPEG of the first frame, without metadata, upright, on white where it is transparent.

    Args:
        data: the file's content.
        side: pixels that the longer side has at most.
        quality: of the JPEG.
        limits: what the picture may take.
        smallest: pixels that the shorter side has at least.

    Returns:
        The JPEG's content.

    Raises:
        ModelError: Pillow is not installed.
        PictureError: it is broken, cut off, too large, too small, or of a format that is not opened.
    """
    need_pillow()
    found = encoded(data)
    if min(found.width, found.height) < smallest:
        raise PictureError(f"a picture of {found.width} x {found.height} pixels")
    from PIL import Image

    out = io.BytesIO()
    with _decoder_errors(found.kind):
        with _open(found, len(data), limits, side) as image:
            shown = _reduced(image, side)
        shown.thumbnail((side, side), Image.Resampling.LANCZOS)
        if found.orientation in _TURNS:
            shown = shown.transpose(Image.Transpose[_TURNS[found.orientation]])
        shown.save(out, "JPEG", quality=quality)
    return out.getvalue()


def check_whole(data: bytes) -> str:
    """Checks that a picture that was made for the user is all there.

    Without Pillow its container is looked at, which a picture that was cut off does not pass either.

    Args:
        data: the file's content.

    Returns:
        The format as Pillow names it.

    Raises:
        PictureError: it is broken, cut off, too large, or of a format that is not opened.
    """
    found = encoded(data)
    if not found.ended:
        raise PictureError(f"a {found.kind} that is cut off")
    _memory(found, len(data), MADE, 1)
    if _has_pillow():
        with _open(found, len(data), MADE, 0):
            pass
    return found.kind


def _has_pillow() -> bool:
    return importlib.util.find_spec("PIL") is not None


@contextmanager
def _open(found: Encoded, size: int, limits: Limits, side: int) -> Iterator[Image]:
    fraction = 1
    if found.kind == "JPEG" and side:
        fraction = next(n for n in (8, 4, 2, 1) if n == 1 or min(found.width, found.height) // side >= n)
    with _BUDGET.taken(_memory(found, size, limits, fraction)):
        from PIL import Image

        with _decoder_errors(found.kind):
            # Those of the other formats are not even loaded: there is one that starts Ghostscript.
            importlib.import_module(f"PIL.{_PLUGINS[found.kind]}ImagePlugin")
            image = Image.open(io.BytesIO(found.data), formats=(found.kind,))
        with image:
            with _decoder_errors(found.kind):
                if image.size != (found.width, found.height):
                    raise PictureError(f"a damaged {found.kind}")
                if fraction > 1:
                    image.draft("RGB", (side, side))
                image.load()
            yield image


def _memory(found: Encoded, size: int, limits: Limits, fraction: int) -> int:
    """What it takes to decode a picture from a file of `size` bytes. Raises `PictureError` if that is too much."""
    if found.kind not in limits.kinds:
        raise PictureError(f"a {found.kind}, and not one of {', '.join(limits.kinds)}")
    pixels = found.width * found.height
    memory = size + len(found.data) + int(pixels * (found.pixel / fraction**2 + found.held))
    if size > limits.bytes or memory > limits.memory or pixels > _PIXELS:
        raise PictureError(f"a {found.kind} of {found.width} x {found.height} pixels, which is too large")
    return memory


@contextmanager
def _decoder_errors(kind: str) -> Iterator[None]:
    """What decoders raise on broken files has many types; all mean the same."""
    try:
        yield
    except PictureError:
        raise
    except Exception as error:
        logger.debug("a %s cannot be decoded", kind, exc_info=True)
        raise PictureError(f"a {kind} that cannot be decoded ({type(error).__name__})") from None


def _reduced(image: Image, side: int) -> Image:
    """The picture in RGB, still at least twice as large as `side`; made in strips, so that no second one is needed."""
    from PIL import Image as pillow

    times = max(1, max(image.size) // (2 * side))
    width, height = image.size
    out = pillow.new("RGB", (-(-width // times), -(-height // times)))
    rows = max(1, _STRIP // (width * times)) * times
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(height, top + rows)))
        if strip.mode.startswith("I"):  # 16 bits of grey
            strip = strip.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        elif "A" in strip.mode or "transparency" in strip.info:
            strip = strip.convert("RGBA")
            strip = pillow.alpha_composite(pillow.new("RGBA", strip.size, "white"), strip)
        out.paste(strip.convert("RGB").reduce(times), (0, top // times))
    return out
