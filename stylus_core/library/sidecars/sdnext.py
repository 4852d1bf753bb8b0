"""Civitai's record in `S.json`, where SD.Next puts it beside what its editor saves."""

from __future__ import annotations

from typing import Any

from stylus_core.library.civitai import EXPECTED, record_claims
from stylus_core.library.sidecar_format import JsonSidecar, Trust
from stylus_core.library.sidecars.automatic1111 import saved_by_editor
from stylus_core.library.versions import civitai_record


def _record(value: Any) -> dict[str, Any]:
    """The site's record, without what the editor put in the place of its description."""
    record = civitai_record(value)
    return {**record, "description": None} if saved_by_editor(record) else record


FORMAT = JsonSidecar(
    suffix=".json",
    source=".json (Civitai)",
    written_by="SD.Next, in `S.json`",
    tells="the same, beside what the editor adds",
    read=record_claims,
    expected=EXPECTED,
    record=_record,
    trust=Trust.SITE,
)
