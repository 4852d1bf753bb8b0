"""Where state lives: one folder a library, outside the folders of adapters, which belong to the user."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

#: What a library's adapters are called by, see `library.naming`.
STEMS, PATHS = "stems", "paths"
NAMINGS = (STEMS, PATHS)


def home() -> Path:
    """`$STYLUS_HOME`, else the cache folder of the system's convention."""
    if chosen := os.environ.get("STYLUS_HOME"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stylus"


def library_home(roots: Sequence[Path], base: Path | None = None, names: str = STEMS) -> Path:
    """Names the folder of what is known about one library.

    Args:
        roots: the library's folders; their order counts, as it does for the host.
        base: where such folders lie; None: `home()`.
        names: what adapters are called by, one of `NAMINGS`: which files count depends on it.

    Returns:
        The folder, which may not be there yet.
    """
    key = "\n".join([*map(str, roots), *([] if names == STEMS else [f"by {names}"])])
    label = re.sub(r"[^\w.-]+", "_", roots[0].name if roots else "empty")[:40] or "library"
    return (base or home()) / f"{label}-{sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
