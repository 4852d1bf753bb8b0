"""Pictures as a model gets them: small JPEGs in the request, never an address to fetch."""

from __future__ import annotations

import base64

from stylus_core.pictures import PREVIEW, Limits, PictureError, jpeg

SIDE = 512  # pixels of the longer side that a model gets
#: Until a model's own average is known: a picture of 512 x 512 takes 85 (OpenAI, low detail) to some 350 tokens.
TOKENS = SIDE * SIDE // 750
_SMALLEST = 32  # a picture of fewer pixels a side shows nothing


def data_url(raw: bytes, side: int = SIDE, limits: Limits = PREVIEW) -> str | None:
    """The picture as a small JPEG in a `data:` URL.

    Args:
        raw: the content of the picture's file.
        side: pixels of the longer side.
        limits: what the picture may take.

    Returns:
        The URL, or None if the picture cannot be shown: broken, too large, too small, no picture.
    """
    try:
        made = jpeg(raw, side, limits=limits, smallest=_SMALLEST)
    except PictureError:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(made).decode()}"
