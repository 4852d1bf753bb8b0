"""`S.json`: the user metadata of AUTOMATIC1111, Forge and others, to which two Civitai extensions add."""

from __future__ import annotations

from typing import Any

from stylus_core.library.hostile_text import clean, clean_line, looks_html, plain
from stylus_core.library.sidecar_format import NUMBER, TEXT, JsonSidecar, Trust
from stylus_core.library.untrusted_values import (
    DESCRIPTION,
    NOTES,
    Claims,
    claims,
    identifier,
    sha256,
    strength,
    trigger_words,
)
from stylus_core.library.versions import VersionContext, civitai_record

#: A description longer than this in a file that an extension of the WebUI filled in is the site's.
_LONGEST = 300
#: What such extensions add to the keys of the WebUI's editor.
_FILLED_IN_BY = ("modelId", "modelVersionId", "sha256", "extensions")


def saved_by_editor(record: dict[str, Any]) -> bool:
    """Whether the WebUI's editor saved the description that stands among the keys of the site's record."""
    return "activation text" in record and not looks_html(record.get("description"))


def _read(record: dict[str, Any], context: VersionContext) -> Claims:
    """SD.Next puts Civitai's record of the model there; its description is the user's once the editor has saved it."""
    weight = strength(record.get("preferred weight"))
    version = clean_line(record.get("sd version"), 40)
    description = plain(record.get("description"), DESCRIPTION)
    if civitai_record(record) and not saved_by_editor(record):
        description = ""
    copied = looks_html(record.get("description")) or (
        len(description) > _LONGEST and any(key in record for key in _FILLED_IN_BY)
    )
    notes = plain(record.get("notes"), NOTES)
    return claims(
        description=description,
        own_description="" if copied else description,
        notes=notes,
        own_notes="" if looks_html(record.get("notes")) else notes,
        trigger_words=trigger_words(record.get("activation text")),
        negative_text=clean(record.get("negative text"), 2000),
        user_weight=weight or None,  # 0 means unset
        base_model="" if version.lower() in ("unknown", "other") else version,
        model_id=identifier(record.get("modelId")),
        version_id=identifier(record.get("modelVersionId")),
        sha256=sha256(record.get("sha256")),
        favourite=any(record.get(key) is True for key in ("favorite", "favourite")),
    )


FORMAT = JsonSidecar(
    suffix=".json",
    source=".json",
    written_by="the WebUI's editor (AUTOMATIC1111, Forge), Civitai-Helper, civitai-browser-plus",
    tells="description, notes, activation text, preferred weight, negative text, `sd version`, ids and hash",
    read=_read,
    expected={
        **dict.fromkeys(("description", "sd version", "activation text", "negative text", "notes", "sha256"), TEXT),
        **dict.fromkeys(("preferred weight", "modelId", "modelVersionId"), NUMBER),
    },
    trust=Trust.USER,
    # The editors preset `sd version` with a guess that calls everything SD1, and extensions put the site's hash there.
    trust_of={"base_model": Trust.PRESET, "sha256": Trust.COPIED},
    joins_trigger_words=True,
    version_id_keys=("modelVersionId",),
    hash_keys=("sha256",),
)
