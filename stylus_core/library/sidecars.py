"""The sidecar files beside an adapter: which there are, and what each claims.

A reader turns one file into claims: `Metadata` field -> clean value, for the fields about which the file says
something. `merge.py` decides which claim is believed. Nothing here trusts a type, a length or a path in a file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from stylus_core.library import civitai
from stylus_core.library.text import Malformed, clean, clean_line, clean_list, parse_json, plain
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
    sha256,
    strength,
    trigger_words,
)

MAX_SIDECAR = 8 * 2**20
#: In the order in which the hosts look for a preview.
IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif")


class Context(NamedTuple):
    """What a reader may need besides its file."""

    stem: str
    folder: str
    beside: frozenset[str]  # names of the files that belong to the adapter
    alias: str = ""


def user_json(record: dict[str, Any], context: Context) -> Claims:
    """`S.json`: the user metadata of AUTOMATIC1111, Forge and others, to which two Civitai extensions add."""
    weight = strength(record.get("preferred weight"))
    version = clean_line(record.get("sd version"), 40)
    return claims(
        description=plain(record.get("description"), DESCRIPTION),
        notes=plain(record.get("notes"), NOTES),
        trigger_words=trigger_words(record.get("activation text")),
        negative_text=clean(record.get("negative text"), 2000),
        user_weight=weight or None,  # 0 means unset
        base_model="" if version.lower() in ("unknown", "other") else version,
        model_id=identifier(record.get("modelId")),
        version_id=identifier(record.get("modelVersionId")),
        sha256=sha256(record.get("sha256")),
    )


def civitai_info(record: dict[str, Any], context: Context) -> Claims:
    """`S.civitai.info` of Civitai-Helper: Civitai's record of one version, with the model in it."""
    return civitai.version_claims(record, mapping(record.get("model")), context)


def api_info(record: dict[str, Any], context: Context) -> Claims:
    """`S.api_info.json` of civitai-browser-plus: Civitai's record of the model, with all its versions."""
    return civitai.model_claims(record, context)


def manager(record: dict[str, Any], context: Context) -> Claims:
    """`S.metadata.json` of ComfyUI LoRA Manager, which holds Civitai's record and its own fields before it."""
    inner = mapping(record.get("civitai"))
    level = record.get("preview_nsfw_level")
    own = claims(
        title=clean_line(record.get("model_name"), 300),
        base_model="" if record.get("base_model") == "Unknown" else clean_line(record.get("base_model"), 80),
        description=plain(record.get("modelDescription"), DESCRIPTION, is_html=True),
        notes=plain(record.get("notes"), NOTES),
        tags=clean_list(record.get("tags"), 100, 100),
        trigger_words=trigger_words(record.get("trainedWords")),
        **usage_tips(record.get("usage_tips")),
        sha256=sha256(record.get("sha256")),
        autov3=sha256(record.get("autov3"), 10),
        nsfw=nsfw_level(level) or None,
        excluded=record.get("exclude") is True,
    )
    return {**civitai.version_claims(inner, mapping(inner.get("model")), context), **own}


def matrix(record: dict[str, Any], context: Context) -> Claims:
    """`S.cm-info.json` of StabilityMatrix."""
    return claims(
        title=clean_line(record.get("ModelName"), 300),
        version=clean_line(record.get("VersionName"), 200),
        description=plain(record.get("ModelDescription"), DESCRIPTION, is_html=True),
        version_description=plain(record.get("VersionDescription"), VERSION_DESCRIPTION, is_html=True),
        tags=clean_list(record.get("Tags"), 100, 100),
        trigger_words=trigger_words(record.get("TrainedWords")),
        base_model=clean_line(record.get("BaseModel"), 80),
        model_id=identifier(record.get("ModelId")),
        version_id=identifier(record.get("VersionId")),
        sha256=sha256(mapping(record.get("Hashes")).get("SHA256")),
        autov3=sha256(mapping(record.get("Hashes")).get("AutoV3"), 10),
        nsfw=nsfw_level(record.get("Nsfw")),
    )


#: Suffix after the stem -> reader of the JSON object in the file.
JSON_READERS: dict[str, Callable[[dict[str, Any], Context], Claims]] = {
    ".civitai.info": civitai_info,
    ".api_info.json": api_info,
    ".metadata.json": manager,
    ".cm-info.json": matrix,
    ".json": user_json,
}
_TEXT, _LIST, _NUMBER, _OBJECT = (str,), (list,), (int, float, str), (dict,)
#: Top-level keys and the types that their readers understand; a key of another type is told to the user.
EXPECTED: dict[str, dict[str, tuple[type, ...]]] = {
    ".civitai.info": {
        **dict.fromkeys(("name", "baseModel", "description"), _TEXT),
        **dict.fromkeys(("trainedWords", "images", "files"), _LIST),
        **dict.fromkeys(("id", "modelId"), _NUMBER),
        "model": _OBJECT,
    },
    ".api_info.json": {"id": _NUMBER, "name": _TEXT, "description": _TEXT, "tags": _LIST, "modelVersions": _LIST},
    ".metadata.json": {
        **dict.fromkeys(("model_name", "base_model", "sha256", "modelDescription", "notes"), _TEXT),
        **{"tags": _LIST, "trainedWords": _LIST, "civitai": _OBJECT, "preview_nsfw_level": _NUMBER},
        "usage_tips": (str, dict),
    },
    ".cm-info.json": {
        **dict.fromkeys(("ModelName", "ModelDescription", "VersionName", "BaseModel"), _TEXT),
        **{"Tags": _LIST, "TrainedWords": _LIST, "Hashes": _OBJECT, "ModelId": _NUMBER, "VersionId": _NUMBER},
    },
    ".json": {
        **dict.fromkeys(("description", "sd version", "activation text", "negative text", "notes", "sha256"), _TEXT),
        **dict.fromkeys(("preferred weight", "modelId", "modelVersionId"), _NUMBER),
    },
}
TEXT_SUFFIXES = (".description.txt", ".txt", ".html")
SUFFIXES = (*JSON_READERS, *TEXT_SUFFIXES)


def read_sidecars(names: Iterable[str], context: Context) -> tuple[dict[str, Claims], list[tuple[str, str]]]:
    """Reads the sidecars `names` of one adapter.

    Returns the claims by suffix, and (file name, problem) for each file that is broken or was read with damage.
    """
    found: dict[str, Claims] = {}
    problems: list[tuple[str, str]] = []
    for name in names:
        suffix = name[len(context.stem) :].lower()
        if suffix not in SUFFIXES:
            continue
        try:
            raw = _read(os.path.join(context.folder, name))
            if suffix in JSON_READERS:
                record, valid = parse_json(raw) if raw.strip() else ({}, True)
                if not isinstance(record, dict):
                    raise Malformed("it holds no JSON object")
                found[suffix] = JSON_READERS[suffix](record, context)
                wrong = [
                    key
                    for key, kinds in EXPECTED[suffix].items()
                    if not isinstance(record.get(key), (*kinds, type(None)))
                ]
                if wrong:
                    problems.append((name, f"ignored for their wrong type: {', '.join(wrong)}"))
            else:
                text = raw.decode("utf-8-sig", "replace")
                valid = "\ufffd" not in text
                found[suffix] = claims(description=plain(text, DESCRIPTION, is_html=suffix == ".html"))
            if not valid:
                problems.append((name, "it is not valid UTF-8; the broken characters were replaced"))
        except Malformed as error:
            problems.append((name, f"ignored: {error}"))
        except OSError as error:
            problems.append((name, f"ignored: {error.strerror or error}"))
    return found, problems


def _read(path: str) -> bytes:
    info = os.stat(path)
    if not stat.S_ISREG(info.st_mode):
        raise Malformed("it is not a regular file")
    if info.st_size > MAX_SIDECAR:
        raise Malformed(f"it has {info.st_size} bytes, and {MAX_SIDECAR} are read at most")
    with open(path, "rb") as file:
        raw = file.read(MAX_SIDECAR + 1)
    if len(raw) > MAX_SIDECAR:
        raise Malformed("it grew beyond what is read while it was read")
    return raw


def preview(context: Context) -> str:
    """The preview picture's path or "": for each extension `S.EXT`, then `S.preview.EXT`, as the hosts look for it."""
    lower = {name.lower(): name for name in context.beside}
    stem = context.stem.lower()
    for extension in IMAGES:
        for name in (f"{stem}{extension}", f"{stem}.preview{extension}"):
            if name in lower:
                return os.path.join(context.folder, lower[name])
    return ""
