"""`S.safetensors.rgthree-info.json` of rgthree's nodes for ComfyUI, with Civitai's record as it came."""

from __future__ import annotations

from typing import Any

from stylus_core.library.civitai import version_claims
from stylus_core.library.hostile_text import clean_line, clean_list, plain
from stylus_core.library.sidecar_format import LIST, NUMBER, OBJECT, TEXT, JsonSidecar, Trust
from stylus_core.library.untrusted_values import (
    NOTES,
    Claims,
    claims,
    mapping,
    sequence,
    sha256,
    strength,
    trigger_words,
)
from stylus_core.library.versions import VersionContext

_SUFFIX = ".safetensors.rgthree-info.json"


def _read(record: dict[str, Any], context: VersionContext) -> Claims:
    inner = mapping(mapping(record.get("raw")).get("civitai"))
    notes = plain(record.get("userNote"), NOTES)
    # The list holds every tag of the header as well.
    words = [mapping(w) for w in sequence(record.get("trainedWords"), 2000)]
    own = claims(
        base_model=clean_line(record.get("baseModel"), 80),
        notes=notes,
        own_notes=notes,
        tags=clean_list(record.get("userTags"), 100, 100),
        trigger_words=trigger_words([w.get("word") for w in words if w.get("user") is True]),
        weight_low=strength(record.get("strengthMin")),
        weight_high=strength(record.get("strengthMax")),
        sha256=sha256(record.get("sha256")),
    )
    return {**version_claims(inner, mapping(inner.get("model")), context), **own}


FORMAT = JsonSidecar(
    suffix=_SUFFIX,
    source=_SUFFIX,
    written_by="rgthree's nodes for ComfyUI",
    tells="Civitai's record, the user's note, tags, trigger words and strengths",
    read=_read,
    expected={
        **{"baseModel": TEXT, "userNote": TEXT, "trainedWords": LIST, "userTags": LIST, "raw": OBJECT},
        **{"strengthMin": NUMBER, "strengthMax": NUMBER},
    },
    trust=Trust.TOOL,
    trust_of={"sha256": Trust.MEASURED},  # others repeat what the site says of the file that it offers
    hash_keys=("sha256",),
    site_record=("raw", "civitai"),
)
