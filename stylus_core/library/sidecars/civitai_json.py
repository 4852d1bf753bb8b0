"""`S.civitai.json`: Civitai's record of a model or of a version, as several downloaders leave it."""

from __future__ import annotations

from stylus_core.library.civitai import EXPECTED, record_claims, site_record
from stylus_core.library.sidecar_format import JsonSidecar, Trust

FORMAT = JsonSidecar(
    suffix=".civitai.json",
    source=".civitai.json",
    written_by="downloaders",
    tells="Civitai's record of a model or of a version",
    read=record_claims,
    expected=EXPECTED,
    record=site_record,
    trust=Trust.SITE,
)
