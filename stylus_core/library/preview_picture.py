"""The preview picture beside an adapter."""

from __future__ import annotations

import os

from stylus_core.library.versions import VersionContext

#: Extensions of pictures, in the order in which the hosts look for a preview.
IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def preview(context: VersionContext) -> str:
    """The preview picture's path or "": for each extension `S.EXT`, then `S.preview.EXT`, as the hosts look for it."""
    lower = {name.lower(): name for name in context.beside}
    stem = context.stem.lower()
    for extension in IMAGES:
        for name in (f"{stem}{extension}", f"{stem}.preview{extension}"):
            if name in lower:
                return os.path.join(context.folder, lower[name])
    return ""
