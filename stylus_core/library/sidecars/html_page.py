"""`S.html`: the site's page of the adapter, which civitai-browser-plus saves."""

from __future__ import annotations

from stylus_core.library.hostile_text import plain
from stylus_core.library.sidecar_format import TextSidecar, Trust
from stylus_core.library.untrusted_values import DESCRIPTION, Claims, claims


def _read(text: str) -> Claims:
    return claims(description=plain(text, DESCRIPTION, is_html=True))


FORMAT = TextSidecar(
    suffix=".html",
    source=".html",
    written_by="civitai-browser-plus",
    tells="the text of the page",
    read=_read,
    trust=Trust.PAGE,
)
