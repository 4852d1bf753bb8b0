"""`S.txt` and `S.description.txt`, where the hosts look for a description."""

from __future__ import annotations

from dataclasses import replace

from stylus_core.library.hostile_text import looks_html, plain
from stylus_core.library.sidecar_format import TextSidecar, Trust
from stylus_core.library.untrusted_values import DESCRIPTION, Claims, claims


def _read(text: str) -> Claims:
    description = plain(text, DESCRIPTION)
    return claims(description=description, own_description="" if looks_html(text) else description)


FORMAT = TextSidecar(
    suffix=".txt",
    source=".txt",
    written_by="the WebUI, SD.Next, by hand",
    tells="a description",
    read=_read,
    trust=Trust.TEXT,
)
DESCRIPTION_FORMAT = replace(FORMAT, suffix=".description.txt", source=".description.txt", tells="the same")
