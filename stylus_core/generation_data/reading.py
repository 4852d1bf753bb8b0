"""Reads a picture: its container by the first bytes, then each program in its turn."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from stylus_core.generation_data import avif, comfyui, fooocus, invokeai, jpeg, png, swarmui, webp, webui
from stylus_core.generation_data.source import PictureFile, Texts, opened
from stylus_core.generation_data.types import GenerationData, GenerationDataError

#: Endings of files that may be such pictures, in lower case.
PICTURE_ENDINGS = frozenset((".png", ".apng", ".jpg", ".jpeg", ".jfif", ".webp", ".avif", ".heic", ".heif"))

#: One a program; those that cannot be taken for another stand first.
_PROGRAMS: tuple[Callable[[Texts, str], GenerationData | None], ...] = (
    swarmui.read,
    invokeai.read,
    comfyui.read,
    fooocus.read,
    webui.read,
)
_MOST_SIDECAR = 1 << 18


def read_generation_data(path: str | os.PathLike[str]) -> GenerationData | None:
    """Reads how a picture was made, from its metadata, else from the text file of its name beside it.

    Args:
        path: of the picture.

    Returns:
        What it says; None for a sound picture that says nothing.

    Raises:
        GenerationDataError: it is no picture, or its metadata are damaged or beyond every bound.
        OSError: it cannot be read.
    """
    path = Path(path)
    texts = Texts()
    with opened(path) as file:
        try:
            _container(file)(file, texts)
        except GenerationDataError as error:
            texts.trouble = str(error)
    found = _program(texts, path.stem)
    if found is None:
        found = _sidecar(path.with_suffix(".txt"))
    if found is None and texts.trouble:
        raise GenerationDataError(texts.trouble)
    return found


def _container(file: PictureFile) -> Callable[[PictureFile, Texts], None]:
    head = file.read(0, min(file.size, 16))
    if head.startswith(png.SIGNATURE):
        return png.read
    if head.startswith(jpeg.SIGNATURE):
        return jpeg.read
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return webp.read
    if head[4:8] == b"ftyp":
        return avif.read
    raise GenerationDataError("it is no PNG, JPEG, WebP or AVIF")


def _program(texts: Texts, stem: str) -> GenerationData | None:
    """What the first program says that knows the texts; one that stumbles leaves them to the next."""
    for read in _PROGRAMS:
        try:
            found = read(texts, stem)
        except GenerationDataError as error:
            texts.trouble = texts.trouble or str(error)
            continue
        if found is not None and (found.prompt or found.adapters):
            return found
    return None


def _sidecar(path: Path) -> GenerationData | None:
    try:
        with opened(path) as file:
            if file.size > _MOST_SIDECAR:
                return None
            text = file.read(0, file.size).decode("utf-8-sig", "replace")
        return webui.parse(text.strip())
    except (OSError, GenerationDataError):
        return None  # it was for another purpose
