"""What an index of version 5 means by its numbers.

Until then an adapter's architecture and kind were stored as their places in two lists. These are the lists as they
were, for the indexes that people have: they never change again, whatever becomes of those in `types`.
"""

from __future__ import annotations

import numpy as np

from stylus_core.retriever.name_codes import Names

VERSION = 5

_ARCHITECTURES = ("sd1", "sd2", "sdxl", "sd3", "flux", "pixart", "hunyuan", "cascade", "other", "unknown")
_KINDS = (
    "character", "person", "style", "quality", "concept", "pose", "clothing", "object", "animal", "vehicle", "building",
    "background",
)  # fmt: skip

#: Field of a segment -> what the index did not store; a kind that was guessed stood behind all that were known.
NAMES: dict[str, Names] = {
    "architecture_names": np.array(_ARCHITECTURES, np.str_),
    "kind_names": np.array([*_KINDS, *(f"{k}?" for k in _KINDS)], np.str_),
}
