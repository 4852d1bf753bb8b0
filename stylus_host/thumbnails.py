"""Previews as small pictures inside the page: decoded, encoded anew, and bounded, each of them and all together."""

from __future__ import annotations

import base64
import logging
import os
from functools import lru_cache

logger = logging.getLogger("stylus")

#: Of the longer side, in pixels: a portrait of 2:3 has some 150 for the 112 that a chip is wide.
SIDE = 224
_QUALITY = 75
#: What the pictures of one answer may take, in characters: some hundred of them.
BUDGET = 1_500_000


class Thumbnails:
    """The pictures of one answer; when they take too much, the rest goes without."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._left = budget

    def of(self, path: str) -> str:
        """Makes a small JPEG of a picture.

        Args:
            path: of a picture's file; "" if there is none.

        Returns:
            A data URL; "" where the picture cannot be read, or the answer has enough of them.
        """
        made = thumbnail(path)
        if len(made) > self._left:
            return ""
        self._left -= len(made)
        return made


def thumbnail(path: str) -> str:
    """Makes a small JPEG of a picture, to be written into a page.

    Args:
        path: of a picture's file; "" if there is none.

    Returns:
        A data URL; "" where the picture cannot be read.
    """
    if not path:
        return ""
    small = small_jpeg(path)
    return "data:image/jpeg;base64," + base64.b64encode(small).decode("ascii") if small else ""


def small_jpeg(path: str) -> bytes:
    """Makes a small JPEG of a picture, once for as long as its file stays the same.

    Args:
        path: of a picture's file; "" if there is none.

    Returns:
        The JPEG; empty where the picture cannot be read.
    """
    try:
        found = os.stat(path)
        return _small_jpeg(path, found.st_mtime_ns, found.st_size)
    except (OSError, ValueError):
        return b""


@lru_cache(maxsize=512)
def _small_jpeg(path: str, _mtime: int, _size: int) -> bytes:
    from stylus_core.pictures import PREVIEW, PictureError, jpeg, read_file

    try:
        return jpeg(read_file(path, PREVIEW.bytes), SIDE, _QUALITY)
    except PictureError as error:
        logger.debug("no thumbnail of %s: %s", path, error)
        return b""
