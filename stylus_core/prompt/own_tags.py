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
def versionless_name(name: str) -> str:
    """Takes off a name what tells the versions of one adapter apart.

    Args:
        name: a file's stem, or what stands in a tag.

    Returns:
        Letters and digits in small letters: `lux-000032` and `Lux_v2` are both `lux`.
    """
    folded = bare = unicodedata.normalize("NFC", name).casefold()[-200:]
    for _ in range(3):  # `lux_v2-000032`
        bare = _END.sub("", bare)
    return _NOT_WORD.sub("", bare) or _NOT_WORD.sub("", folded)


def own_tags(text: str, names: Collection[str]) -> list[NetworkTag]:
    """Finds the tags that mean one adapter, whatever version of it they name.

    Args:
        text: a prompt or a description.
        names: the adapter's, as `versionless_name` gives them.

    Returns:
        The tags in their order.
    """
    if "<" not in text:
        return []
    return [
        t
        for t in find_tags(text)
        if t.kind.lower() in _KINDS and len(t.name) <= 300 and versionless_name(t.name) in names
    ]
