"""What a trainer's records call an adapter, where nobody else says it: its folders, and the tags on most pictures."""

from __future__ import annotations

import re

from stylus_core.prompt.english import rarity
from stylus_core.prompt.keywords import is_quality
from stylus_core.refiner.describe import COMMON
from stylus_core.types import Metadata

_STEADY = 0.5  # of the most frequent tag's count: the tag belongs to what was trained, not to a single picture
_LOOKED_AT, _NAMES, _FOLDERS = 30, 4, 3
_WORD = re.compile(r"[^\W\d_]{2,}")
_NOT_LETTERS = re.compile(r"[\W\d_]+")


def own_names(metadata: Metadata, stem: str) -> tuple[str, ...]:
    """Training folders, and steady tags that share a word with the file's name or that no English word is in.

    Captions are no names: where the tags are sentences, only the folders count.
    """
    folders = [c.replace("_", " ") for c in metadata.training_concepts[:_FOLDERS]]
    out = dict.fromkeys(f for f in folders if _WORD.search(f))
    if metadata.training_captions or not metadata.training_tags:
        return tuple(out)
    called = _NOT_LETTERS.sub("", f"{stem} {metadata.alias} {' '.join(folders)}".lower())
    least = metadata.training_tags[0][1] * _STEADY
    found = 0
    for raw, count in metadata.training_tags[:_LOOKED_AT]:
        tag = raw.lower().replace("_", " ").replace("\\", "")
        words = _WORD.findall(tag)
        if count < least or found == _NAMES:
            break
        if not words or tag.replace(" ", "_") in COMMON or is_quality(tag):
            continue
        named = any(len(w) > 3 and w in called for w in words)
        if named or all(rarity(w) == 1.0 for w in words):
            out.setdefault(tag)
            found += 1
    return tuple(out)
