"""Which adapter of a folder a sidecar or a picture belongs to, by its name."""

from __future__ import annotations

import os
import re

from stylus_core.library.preview_picture import IMAGES
from stylus_core.library.sidecars.registry import SUFFIXES

#: A file in a folder: its name without extension, extension in lower case, entry.
Entry = tuple[str, str, "os.DirEntry[str]"]

#: Extension -> what else may stand between it and the stem. The longest stem comes first: `S.metadata.json` belongs to
#: an adapter `S.metadata` if there is one.
SIDECARS: dict[str, tuple[str, ...]] = {extension: ("", ".preview") for extension in IMAGES}
for _suffix in sorted(SUFFIXES, key=len):
    _base, _extension = os.path.splitext(_suffix) if _suffix.count(".") > 1 else ("", _suffix)
    SIDECARS[_extension] = (*SIDECARS.get(_extension, ()), _base)
_EXAMPLE = re.compile(r"\.example\.\d{1,4}$", re.I)


def by_owner(stems: set[str], others: list[Entry]) -> dict[str, list[Entry]]:
    """Sidecars and pictures by the stem of their adapter; letter case decides only between several."""
    lower = {stem.lower(): stem for stem in stems}
    out: dict[str, list[Entry]] = {}
    for other in others:
        base, extension, _ = other
        if base in stems:  # most files
            out.setdefault(base, []).append(other)
            continue
        folded = base.lower()
        middles = SIDECARS[extension]
        if ".example." in folded and extension in IMAGES and (example := _EXAMPLE.search(base)):
            middles = (*middles, folded[example.start() :])
        bases = [base[: len(base) - len(m)] for m in middles if folded.endswith(m)]
        exact = (b for b in bases if b in stems)
        any_case = (lower[b.lower()] for b in bases if b.lower() in lower)
        owner = next(exact, None) or next(any_case, None)
        if owner:
            out.setdefault(owner, []).append(other)
    return out
