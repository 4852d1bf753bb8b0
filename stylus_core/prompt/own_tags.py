"""Which tags of a prompt mean one adapter, whatever version of it they name."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection

from stylus_core.prompt.tags import NetworkTag, find_tags

_KINDS = frozenset(("lora", "lyco", "locon", "lycoris"))
_END = re.compile(r"[-_ .]?(?:(?:v|ver|epoch|step|e)?[-_ .]?(?<!\d)(?<!\d\.)\d+(?:\.\d+)*|final|last)$")
_NOT_WORD = re.compile(r"[\W_]+")


@functools.lru_cache(maxsize=8192)
def core(name: str) -> str:
    """A name without what tells the versions of one adapter apart: `lux-000032` and `Lux_v2` are both `lux`."""
    folded = bare = unicodedata.normalize("NFC", name).casefold()[-200:]
    for _ in range(3):  # `lux_v2-000032`
        bare = _END.sub("", bare)
    return _NOT_WORD.sub("", bare) or _NOT_WORD.sub("", folded)


def own_tags(text: str, cores: Collection[str]) -> list[NetworkTag]:
    """The tags of `text` that name an adapter with one of these cores."""
    if "<" not in text:
        return []
    return [t for t in find_tags(text) if t.kind.lower() in _KINDS and len(t.name) <= 300 and core(t.name) in cores]
