"""XMP: the few texts in it that say how a picture was made. It is never parsed as XML, so that no entity unfolds."""

from __future__ import annotations

import html
import re

from stylus_core.generation_data.source import Texts

_NAMES = ("exif:UserComment", "dc:description", "tiff:ImageDescription", "parameters", "sd:parameters")
_ITEM = re.compile(r"<rdf:li\b[^<>]{0,200}>")
_MOST = 1 << 20


def read(text: str, texts: Texts) -> None:
    """Reads the texts of a packet.

    Args:
        text: the packet.
        texts: what is found is added, with the keyword that EXIF has for it.
    """
    text = text[:_MOST]
    for name in _NAMES:
        value = _element(text, name) or _attribute(text, name)
        key = name.rpartition(":")[2].lower().replace("description", "imagedescription")
        key = key.replace("imageimage", "image")
        if value and key not in texts:
            texts.add(key, html.unescape(value))


def _element(text: str, name: str) -> str:
    start = text.find(f"<{name}>")
    end = text.find(f"</{name}>", start + 1) if start >= 0 else -1
    if end < 0:
        return ""
    inner = text[start + len(name) + 2 : end]
    item = _ITEM.search(inner)
    if item is None:
        return inner
    close = inner.find("</rdf:li>", item.end())
    return inner[item.end() : close] if close >= 0 else ""


def _attribute(text: str, name: str) -> str:
    for quote in "\"'":
        start = text.find(f" {name}={quote}")
        if start >= 0:
            begin = start + len(name) + 3
            end = text.find(quote, begin)
            return text[begin:end] if end >= 0 else ""
    return ""
