"""Pictures of an adapter for a model to look at: found beside the file, or in its header."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from stylus_core.library.header import embedded_preview
from stylus_core.library.preview_picture import IMAGES
from stylus_core.llm import pictures
from stylus_core.llm.pictures import SIDE
from stylus_core.pictures import PREVIEW, read_file
from stylus_core.types import Metadata


class ExamplePicture(NamedTuple):
    """Where a picture lies and how large its file is."""

    path: str
    size: int
    embedded: bool = False  # in the header of the adapter at `path`


def pictures_of(path: str, metadata: Metadata, most: int) -> tuple[ExamplePicture, ...]:
    """Up to `most` pictures of the adapter at `path`: the preview, its own examples, then the one in its header."""
    if most <= 0:
        return ()
    named = dict.fromkeys(p for p in (metadata.preview, *(e.image for e in metadata.examples)) if p)
    found = [picture for name in named if (picture := _on_disk(name)) is not None][:most]
    if not found and metadata.provenance.get("preview") == "header" and not metadata.preview:
        inside = embedded_preview(path)
        if inside:
            found.append(ExamplePicture(path, len(inside), embedded=True))
    return tuple(found)


def _on_disk(name: str) -> ExamplePicture | None:
    if not name.lower().endswith(IMAGES):
        return None
    try:
        info = os.stat(name)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(info.st_mode) or not 0 < info.st_size <= PREVIEW.bytes:
        return None
    return ExamplePicture(name, info.st_size)


def data_url(picture: ExamplePicture, side: int = SIDE) -> str | None:
    """The picture as a small JPEG in a `data:` URL, or None if it cannot be shown: broken, too large, no picture."""
    try:
        raw = embedded_preview(picture.path) if picture.embedded else read_file(picture.path, PREVIEW.bytes)
        return pictures.data_url(raw, side) if raw else None
    except (OSError, ValueError):
        return None
