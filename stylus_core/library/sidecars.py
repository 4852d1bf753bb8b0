"""The sidecar files beside an adapter: which there are, and what each claims.

A reader turns one record into claims: `Metadata` field -> clean value, for the fields about which it says something.
`merge.py` decides which claim is believed. Nothing here trusts a type, a length or a path in a file. `docs/sidecars.md`
says who writes which file, and how to add one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from stylus_core.library import civitai
from stylus_core.library.hostile_text import clean, clean_line, clean_list, looks_html, plain
from stylus_core.library.meaningless_names import is_filled_in
from stylus_core.library.training import SPACER, header_claims
from stylus_core.library.usage_tips import usage_tips
from stylus_core.library.values import (
    DESCRIPTION,
    NOTES,
    VERSION_DESCRIPTION,
    Claims,
    claims,
    identifier,
    mapping,
    nsfw_level,
    sequence,
    sha256,
    strength,
    title_line,
    trigger_words,
)
from stylus_core.library.versions import VersionContext, civitai_record

MAX_SIDECAR = 8 * 2**20
#: In the order in which the hosts look for a preview.
IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".gif")

#: The source of what the site says in an `S.json`, which is the user's own file otherwise.
SITE_JSON = ".json (Civitai)"
RGTHREE = ".safetensors.rgthree-info.json"

#: A description longer than this in a file that an extension of the WebUI filled in is the site's.
_LONGEST = 300
#: What such extensions add to the keys of the WebUI's editor.
_FILLED_IN_BY = ("modelId", "modelVersionId", "sha256", "extensions")


def _typed(record: dict[str, Any]) -> bool:
    """Whether the WebUI's editor saved the description that stands among the keys of the site's record."""
    return "activation text" in record and not looks_html(record.get("description"))


def user_json(record: dict[str, Any], context: VersionContext) -> Claims:
    """`S.json`: the user metadata of AUTOMATIC1111, Forge and others, to which two Civitai extensions add.

    SD.Next puts Civitai's record of the model there; its description is the user's once the editor has saved it.
    """
    weight = strength(record.get("preferred weight"))
    version = clean_line(record.get("sd version"), 40)
    description = plain(record.get("description"), DESCRIPTION)
    if civitai_record(record) and not _typed(record):
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


def manager(record: dict[str, Any], context: VersionContext) -> Claims:
    """`S.metadata.json` of ComfyUI LoRA Manager, which holds Civitai's record and its own fields before it."""
    if "model_name" not in record and "file_name" not in record and (site := civitai_record(record)):
        return civitai.record_claims(site, context)  # other tools call Civitai's record so
    inner = mapping(record.get("civitai"))
    site = civitai.version_claims(inner, mapping(inner.get("model")), context)
    title = _given(record.get("model_name"), record.get("file_name"), context)
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
        **usage_tips(record.get("usage_tips")),
        sha256=sha256(record.get("sha256")),
        autov3=sha256(record.get("autov3"), 10),
        nsfw=max(nsfw_level(record.get("preview_nsfw_level")) or 0, site.get("nsfw", 0)) or None,
        excluded=record.get("exclude") is True,
        favourite=record.get("favorite") is True,
    )
    return {**site, **own}


def _given(name: Any, file_name: Any, context: VersionContext) -> str:
    """A name that somebody gave, and not the file's or one that a tool fills in."""
    title = title_line(name)
    called = (context.stem, clean_line(file_name, 300))
    return "" if title.removesuffix(".safetensors") in called or is_filled_in(title) else title


def matrix(record: dict[str, Any], context: VersionContext) -> Claims:
    """`S.cm-info.json` of StabilityMatrix."""
    version = plain(record.get("VersionDescription"), DESCRIPTION, is_html=True)
    texts = dict.fromkeys((plain(record.get("ModelDescription"), DESCRIPTION, is_html=True), version))
    return claims(
        title=_given(record.get("ModelName"), "", context),
        own_title=title_line(record.get("UserTitle")),
        version=clean_line(record.get("VersionName"), 200),
        description="\n\n".join(t for t in texts if t)[:DESCRIPTION],
        version_description=version[:VERSION_DESCRIPTION],
        tags=clean_list([*sequence(record.get("UserTags"), 100), *sequence(record.get("Tags"), 400)], 100, 100),
        trigger_words=trigger_words(record.get("TrainedWords")),
        base_model=clean_line(record.get("BaseModel"), 80),
        model_id=identifier(record.get("ModelId")),
        version_id=identifier(record.get("VersionId")),
        sha256=sha256(mapping(record.get("Hashes")).get("SHA256")),
        autov3=sha256(mapping(record.get("Hashes")).get("AutoV3"), 10),
        nsfw=nsfw_level(record.get("Nsfw")),
    )


def rgthree(record: dict[str, Any], context: VersionContext) -> Claims:
    """`S.safetensors.rgthree-info.json` of rgthree's nodes for ComfyUI, with Civitai's record as it came."""
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
    return {**civitai.version_claims(inner, mapping(inner.get("model")), context), **own}


def swarm(record: dict[str, Any], context: VersionContext) -> Claims:
    """`S.swarm.json` of SwarmUI: what it would write into the header, where the user told it not to."""
    texts = {key: v if isinstance(v, str) else json.dumps(v) for key, v in record.items() if isinstance(v, (str, list))}
    found, _ = header_claims({**texts, SPACER: ""})
    return found


def loose_text(text: str, suffix: str) -> Claims:
    """`S.txt` and `S.description.txt`, where the hosts look for a description, and the page in `S.html`."""
    is_page = suffix == ".html"
    description = plain(text, DESCRIPTION, is_html=is_page)
    return claims(description=description, own_description="" if is_page or looks_html(text) else description)


class Format(NamedTuple):
    """One kind of record in one kind of file."""

    suffix: str  # of the file, behind the stem
    source: str  # what `merge.TRUST` and `Metadata.provenance` call it
    read: Callable[[dict[str, Any], VersionContext], Claims]
    expected: Mapping[str, tuple[type, ...]]  # key -> types that the reader understands; others are told to the user
    record: Callable[[Any], dict[str, Any]] = mapping  # takes the record out of the parsed file; {}: there is none


_TEXT, _LIST, _NUMBER, _OBJECT = (str,), (list,), (int, float, str), (dict,)
_CIVITAI: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "baseModel", "description"), _TEXT),
    **dict.fromkeys(("trainedWords", "images", "files", "tags", "modelVersions"), _LIST),
    **dict.fromkeys(("id", "modelId"), _NUMBER),
    "model": _OBJECT,
}
_MANAGER: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("model_name", "base_model", "sha256", "modelDescription", "notes"), _TEXT),
    **{"tags": _LIST, "trainedWords": _LIST, "civitai": _OBJECT, "preview_nsfw_level": _NUMBER},
    "usage_tips": (str, dict),
}
_MATRIX: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("ModelName", "ModelDescription", "VersionName", "VersionDescription", "UserTitle"), _TEXT),
    **{"BaseModel": _TEXT, "Tags": _LIST, "TrainedWords": _LIST, "Hashes": _OBJECT},
    **{"ModelId": _NUMBER, "VersionId": _NUMBER},
}
_USER: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("description", "sd version", "activation text", "negative text", "notes", "sha256"), _TEXT),
    **dict.fromkeys(("preferred weight", "modelId", "modelVersionId"), _NUMBER),
}
_RGTHREE: dict[str, tuple[type, ...]] = {
    **{"baseModel": _TEXT, "userNote": _TEXT, "trainedWords": _LIST, "userTags": _LIST, "raw": _OBJECT},
    **{"strengthMin": _NUMBER, "strengthMax": _NUMBER},
}
_SWARM: dict[str, tuple[type, ...]] = dict.fromkeys(("modelspec.title", "modelspec.description"), _TEXT)


def _site_record(value: Any) -> dict[str, Any]:
    return civitai_record(value) or mapping(value)


def _beside_the_users(value: Any) -> dict[str, Any]:
    """The site's record in an `S.json`, without what the WebUI's editor put in the place of its description."""
    record = civitai_record(value)
    return {**record, "description": None} if _typed(record) else record


#: Every kind of record. A file may hold two: SD.Next and the WebUI's editor share `S.json`.
FORMATS = (
    Format(".json", ".json", user_json, _USER),
    Format(".json", SITE_JSON, civitai.record_claims, _CIVITAI, _beside_the_users),
    Format(".civitai.info", ".civitai.info", civitai.record_claims, _CIVITAI, _site_record),
    Format(".civitai.json", ".civitai.json", civitai.record_claims, _CIVITAI, _site_record),
    Format(".api_info.json", ".api_info.json", civitai.record_claims, _CIVITAI, _site_record),
    Format(".metadata.json", ".metadata.json", manager, _MANAGER),
    Format(".cm-info.json", ".cm-info.json", matrix, _MATRIX),
    Format(RGTHREE, RGTHREE, rgthree, _RGTHREE),
    Format(".swarm.json", ".swarm.json", swarm, _SWARM),
)
TEXT_SUFFIXES = (".description.txt", ".txt", ".html")
SUFFIXES = (*dict.fromkeys(format_.suffix for format_ in FORMATS), *TEXT_SUFFIXES)
