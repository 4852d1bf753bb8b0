"""`S.civitai.info` of Civitai-Helper: Civitai's record of a version."""

from __future__ import annotations

from stylus_core.library.civitai import EXPECTED, record_claims, site_record
from stylus_core.library.sidecar_format import JsonSidecar, Trust

FORMAT = JsonSidecar(
    suffix=".civitai.info",
    source=".civitai.info",
    written_by="Civitai-Helper",
    tells="Civitai's record of a version; one that was filled in offline says nothing",
    read=record_claims,
    expected=EXPECTED,
    record=site_record,
    trust=Trust.SITE,
)
