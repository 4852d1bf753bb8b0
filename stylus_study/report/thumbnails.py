"""Copies of the pictures in the report's own folder, so that it can be moved alone."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stylus_core.pictures import MADE, PictureError, jpeg, need_pillow, read_file
from stylus_core.progress import Progress
from stylus_core.storage.files import write_whole
from stylus_study.study.types import StudyPicture

FOLDER = "pictures"
_QUALITY = 88
_NAME = re.compile(r"[0-9a-f]{20}-\d+\.jpg")


def copy(
    pictures: Sequence[StudyPicture], report: Path, size: int, progress: Progress | None = None
) -> dict[Path, str]:
    """Makes a JPEG of at most `size` pixels a side of every picture; returns picture -> address within the report.

    A picture that is gone or broken has no entry. Copies of an earlier report are kept where they still fit, and
    removed where they belong to nothing. Raises `OSError` if the report's folder cannot be written, `ModelError`
    without Pillow.
    """
    need_pillow()
    folder = report / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    names = {picture.path: _name(picture, size) for picture in pictures}
    existing = {path.name for path in folder.iterdir() if path.stat().st_size}
    addresses: dict[Path, str] = {}

    def copied(path: Path) -> bool:
        name = names[path]
        if name in existing and path.exists():
            return True
        data = _smaller(path, size)
        if data is not None:
            write_whole(folder / name, data)
        return data is not None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, (path, readable) in enumerate(zip(names, pool.map(copied, names), strict=True), 1):
            if readable:
                addresses[path] = f"{FOLDER}/{names[path]}"
            if progress:
                progress("copying pictures", done, len(names))
    for name in existing - set(names.values()):
        if _NAME.fullmatch(name):
            (folder / name).unlink()
    return addresses


def _name(picture: StudyPicture, size: int) -> str:
    """The same for the same picture in the same place. All of it is hashed: a record may say what it likes."""
    key = f"{picture.sha256} {picture.path.name}"
    return f"{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:20]}-{size}.jpg"


def _smaller(path: Path, size: int) -> bytes | None:
    with contextlib.suppress(OSError, PictureError):
        return jpeg(read_file(path, MADE.bytes), size, _QUALITY, MADE)
    return None
