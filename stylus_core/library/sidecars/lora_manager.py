"""`S.metadata.json` of ComfyUI LoRA Manager, which holds Civitai's record and its own fields before it."""

from __future__ import annotations

import re
from typing import Any

from stylus_core.library import civitai
from stylus_core.library.hostile_text import Malformed, clean_line, clean_list, parse_json, plain
from stylus_core.library.meaningless_names import given_title
from stylus_core.library.sidecar_format import LIST, NUMBER, OBJECT, TEXT, JsonSidecar, Trust
from stylus_core.library.untrusted_values import (
    DESCRIPTION,
    NOTES,
    Claims,
    claims,
    mapping,
    nsfw_level,
    sequence,
    sha256,
    strength,
    trigger_words,
)
from stylus_core.library.versions import VersionContext, civitai_record

_RANGE = re.compile(r"\s*(-?[\d.,]{1,6})\s*(?:-|–|~|to|\.\.)\s*(-?[\d.,]{1,6})\s*")


def _read(record: dict[str, Any], context: VersionContext) -> Claims:
    if "model_name" not in record and "file_name" not in record and (site := civitai_record(record)):
        return civitai.record_claims(site, context)  # other tools call Civitai's record so
    inner = mapping(record.get("civitai"))
    site = civitai.version_claims(inner, mapping(inner.get("model")), context)
    title = given_title(record.get("model_name"), (context.stem, clean_line(record.get("file_name"), 300)))
    notes = plain(record.get("notes"), NOTES)
    own = claims(
        title=title,
        own_title=title if site.get("title", title) != title else "",  # it is the site's until the user edits it
        base_model="" if record.get("base_model") == "Unknown" else clean_line(record.get("base_model"), 80),
        description=plain(record.get("modelDescription"), DESCRIPTION, is_html=True),
        notes=notes,
        own_notes="" if record.get("llm_enriched_at") else notes,
        tags=clean_list(record.get("tags"), 100, 100),
        trigger_words=trigger_words(record.get("trainedWords")),
        **_usage_tips(record.get("usage_tips")),
        sha256=sha256(record.get("sha256")),
        autov3=sha256(record.get("autov3"), 10),
        nsfw=max(nsfw_level(record.get("preview_nsfw_level")) or 0, site.get("nsfw", 0)) or None,
        excluded=record.get("exclude") is True,
        favourite=record.get("favorite") is True,
    )
    return {**site, **own}


def _usage_tips(value: Any) -> Claims:
    """`usage_tips`, JSON inside the JSON: the strengths, some of which a user has set as a range."""
    tips = mapping(value)
    if isinstance(value, str):
        try:
            tips = mapping(parse_json(value[:10_000].encode("utf-8", "replace"))[0])
        except Malformed:
            return {}
    both = tips.get("strength_range")
    ends = _RANGE.fullmatch(both[:40]) if isinstance(both, str) else None
    low, high = ends.groups() if ends else [*sequence(both, 2), None, None][:2]
    found = [strength(tips.get(key)) for key in ("strength_min", "strength_max")]
    low, high = (strength(other) if own is None else own for own, other in zip(found, (low, high), strict=True))
    if low is not None and high is not None and low > high:
        low, high = high, low
    clip = strength(tips.get("clip_strength"))
    return claims(
        author_weight=strength(tips.get("strength")) or None,
        clip_strength=strength(tips.get("clipStrength")) if clip is None else clip,
        weight_low=low,
        weight_high=high,
    )


FORMAT = JsonSidecar(
    suffix=".metadata.json",
    source=".metadata.json",
    written_by="ComfyUI LoRA Manager",
    tells="Civitai's record, and its own fields before it: name, notes, tags, usage tips, `exclude`",
    read=_read,
    expected={
        **dict.fromkeys(("model_name", "base_model", "sha256", "modelDescription", "notes"), TEXT),
        **{"tags": LIST, "trainedWords": LIST, "civitai": OBJECT, "preview_nsfw_level": NUMBER},
        "usage_tips": (str, dict),
    },
    trust=Trust.TOOL,
    trust_of={"sha256": Trust.MEASURED},  # others repeat what the site says of the file that it offers
    hash_keys=("sha256", "autov3"),
    site_record=("civitai",),
)
