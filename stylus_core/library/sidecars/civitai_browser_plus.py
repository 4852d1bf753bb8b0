"""`S.api_info.json` of civitai-browser-plus: Civitai's record of a model or of a version."""

from __future__ import annotations

from stylus_core.library.civitai import EXPECTED, record_claims, site_record
from stylus_core.library.sidecar_format import JsonSidecar, Trust

FORMAT = JsonSidecar(
    suffix=".api_info.json",
    source=".api_info.json",
    written_by="civitai-browser-plus",
    tells="the same",
    read=record_claims,
    expected=EXPECTED,
    record=site_record,
    trust=Trust.SITE,
)
