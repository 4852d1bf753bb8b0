"""The words that wake an adapter, as its author meant them."""

from __future__ import annotations

import re

from stylus_core.prompt.keywords import is_quality
from stylus_core.types import Metadata

_TAG = re.compile(r"<[^>]*(?:>|$)")
_EMPHASIS = re.compile(r"(?<!\\)[()\[\]{}]|:\s*-?\d*\.?\d+")
#: "foo (some game)": the brackets are part of the tag, and the host would read them as emphasis.
_NAMED = re.compile(r"(?<=\w)([ _]*)(?<!\\)\(([^()\[\]{}:,\\]{2,60})(?<!\\)\)")
_EMPTY = re.compile(
    r"(?i)^(?:none|no trigger(?: words?)?(?: needed)?|n/?a|null|trigger(?: words?)?|nothing|-+|\.+|1[23]+|\+)$"
)

_ENTRIES = 12
_CHARS = 300


def triggers(metadata: Metadata) -> tuple[tuple[str, ...], bool]:
    r"""(entries, whether they exclude each other).

    Tags, emphasis, quality words and repeats are out; brackets that belong to a name are escaped: `foo \(some game\)`.
    """
    raw = list(metadata.trigger_words)
    exclusive = any("||" in r for r in raw)
    if exclusive:
        raw = [e for r in raw for e in r.split("||")]
    out: dict[str, str] = {}
    for entry in raw:
        cleaned = ", ".join(_words(entry[: 4 * _CHARS]))
        if len(cleaned) > _CHARS:
            cleaned = cleaned[:_CHARS].rpartition(",")[0]
        if cleaned:
            out.setdefault(cleaned.lower(), cleaned)
    entries = tuple(out.values())[:_ENTRIES]
    return entries, exclusive and len(entries) > 1


def _words(entry: str) -> list[str]:
    text = _NAMED.sub(r"\1\\(\2\\)", _TAG.sub(" ", entry))
    text = _EMPHASIS.sub("", text)
    words = (" ".join(p.split()).strip(" :;") or p.strip() for p in re.split(r"[,，、\n]", text))
    return list(dict.fromkeys(w for w in words if w and not is_quality(w) and not _EMPTY.match(w)))
