"""Civitai's records of a model and of one of its versions, as several tools save them beside the file."""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Mapping
from typing import Any, NamedTuple

from stylus_core.library.hostile_text import clean, clean_line, clean_list, plain
from stylus_core.library.sidecar_format import LIST, NUMBER, OBJECT, TEXT
from stylus_core.library.untrusted_values import (
    DESCRIPTION,
    EXAMPLES,
    PROMPT,
    VERSION_DESCRIPTION,
    Claims,
    claims,
    count,
    identifier,
    mapping,
    nsfw_level,
    sequence,
    sha256,
    strength,
    title_line,
    trigger_words,
)
from stylus_core.library.versions import VersionContext, civitai_record, is_model, matching_file, stem_of, version_of
from stylus_core.prompt.own_tags import own_tags, versionless_name
from stylus_core.types import Example, Metadata

#: By key the types that the readers understand, for `JsonSidecar.expected`.
EXPECTED: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "baseModel", "description"), TEXT),
    **dict.fromkeys(("trainedWords", "images", "files", "tags", "modelVersions"), LIST),
    **dict.fromkeys(("id", "modelId"), NUMBER),
    "model": OBJECT,
}


def site_record(value: Any) -> dict[str, Any]:
    """Civitai's record in a parsed file that holds nothing else; the file's object where it is none."""
    return civitai_record(value) or mapping(value)


def record_claims(record: dict[str, Any], context: VersionContext) -> Claims:
    """What a record says, be it a model's or a version's."""
    if is_model(record):
        return version_claims({**version_of(record, context), "modelId": record.get("id")}, record, context)
    return version_claims(record, mapping(record.get("model")), context)


def version_claims(record: dict[str, Any], model: dict[str, Any], context: VersionContext) -> Claims:
    """What a version's record says, with the fields of its model where they lie apart."""
    files = [mapping(f) for f in sequence(record.get("files"), 50)]
    hashes = mapping(_own_file(record, files, context).get("hashes"))
    offline = record.get("skeleton_file") is True  # Civitai-Helper filled it in from the file alone
    every = frozenset(_hash(h) for f in files for h in list(mapping(f.get("hashes")).values())[:10]) - {""}
    # What the author says about the model, then about this version.
    about = plain(record.get("description"), DESCRIPTION, is_html=True)
    texts = dict.fromkeys((plain(model.get("description"), DESCRIPTION, is_html=True), about))
    level = nsfw_level(model.get("nsfwLevel")) or nsfw_level(record.get("nsfwLevel")) or nsfw_level(model.get("nsfw"))
    version_id = identifier(record.get("id"))
    names = [context.stem, context.alias, *(stem_of(f.get("name")) for f in files)]
    own = AdapterIdentity(frozenset(versionless_name(n) for n in names if n) - {""}, every, version_id)
    downloads = count(mapping(record.get("stats")).get("downloadCount"))
    if downloads is None:
        downloads = count(mapping(model.get("stats")).get("downloadCount"))
    base_model = clean_line(record.get("baseModel"), 80)
    return claims(
        title="" if offline else title_line(model.get("name")),
        version="" if offline else clean_line(record.get("name"), 200),
        description="\n\n".join(t for t in texts if t)[:DESCRIPTION],
        version_description=about[:VERSION_DESCRIPTION],
        tags=clean_list([mapping(t).get("name", t) for t in sequence(model.get("tags"), 400)], 100, 100),
        trigger_words=() if offline else trigger_words(record.get("trainedWords")),
        examples=examples(record.get("images"), own, context),
        base_model="" if base_model.lower() == "unknown" else base_model,
        model_id=identifier(record.get("modelId")) or identifier(model.get("id")),
        version_id=version_id,
        sha256=sha256(hashes.get("SHA256")),
        autov3=sha256(hashes.get("AutoV3"), 10),
        downloads=downloads,
        nsfw=level,
    )


def model_page(metadata: Metadata) -> str:
    """Says where a model stands on the site.

    Args:
        metadata: of an adapter.

    Returns:
        The address of its page; "" where no sidecar says which model it is.
    """
    if metadata.model_id is None:
        return ""
    version = "" if metadata.version_id is None else f"?modelVersionId={metadata.version_id}"
    return f"https://civitai.com/models/{metadata.model_id}{version}"


def _own_file(record: dict[str, Any], files: list[dict[str, Any]], context: VersionContext) -> dict[str, Any]:
    if len(files) < 2:
        return files[0] if files else {}
    return matching_file(record, context) or next((f for f in files if f.get("primary") is True), files[0])


class AdapterIdentity(NamedTuple):
    """By what a prompt and a list of resources mean the adapter itself."""

    cores: frozenset[str]  # of its names, without what tells versions apart
    hashes: frozenset[str]  # of its files, the first ten digits
    version_id: int | None


def examples(images: Any, own: AdapterIdentity, context: VersionContext) -> tuple[Example, ...]:
    """The example pictures that have a prompt or a local file, at most `EXAMPLES`."""
    out: list[Example] = []
    for image in sequence(images, 200):
        meta = mapping(mapping(image).get("meta"))
        inner = mapping(meta.get("meta"))  # some records wrap the generation data once more
        meta = inner if "prompt" in inner else meta
        prompt = clean(meta.get("prompt"), PROMPT)
        picture = _local(mapping(image).get("local_file"), context)
        if prompt or picture:
            weight = _tag_weight(prompt, own)
            if weight is None:
                weight = _resource_weight(meta, own)
            out.append(Example(prompt, clean(meta.get("negativePrompt"), 1000), weight, picture))
        if len(out) == EXAMPLES:
            break
    return tuple(out)


def _local(name: Any, context: VersionContext) -> str:
    """The path of a picture that a record names: only a name that lies beside the adapter and is its own."""
    if not isinstance(name, str):
        return ""
    base = re.split(r"[\\/]", name)[-1]
    return os.path.join(context.folder, base) if base in context.beside else ""


def _tag_weight(prompt: str, own: AdapterIdentity) -> float | None:
    """The weight of the adapter's own tag in `prompt`: the median, if it is there more than once."""
    weights = [w for t in own_tags(prompt, own.cores) if (w := strength(t.weight)) is not None]
    return round(statistics.median(weights), 4) if weights else None


#: Lists of what a picture was made with, as the site's generator and its readers of other tools' pictures write them.
_RESOURCES = ("civitaiResources", "resources", "additionalResources")
_ADAPTERS = frozenset(("lora", "lycoris", "locon", "dora", "lyco"))
_AIR = re.compile(r"urn:air:.{1,80}@(\d{1,12})")


def _resource_weight(meta: dict[str, Any], own: AdapterIdentity) -> float | None:
    """The weight in one of the lists of resources: of ours by its version's number, its hash or its name."""
    for resource in (mapping(r) for key in _RESOURCES for r in sequence(meta.get(key), 50)):
        if not _is_own(resource, own):
            continue
        weight = strength(resource.get("weight"))
        weight = strength(resource.get("strength")) if weight is None else weight
        if weight is not None:
            return weight
    return None


def _is_own(resource: dict[str, Any], own: AdapterIdentity) -> bool:
    name = clean_line(resource.get("name"), 300)
    air = _AIR.match(name)
    version = identifier(resource.get("modelVersionId")) or identifier(air[1] if air else None)
    if version is not None:
        return version == own.version_id
    if clean_line(resource.get("type"), 20).lower() not in _ADAPTERS:
        return False
    return _hash(resource.get("hash")) in own.hashes or versionless_name(_without_ending(name)) in own.cores


def _hash(value: Any) -> str:
    return value.strip().lower()[:10] if isinstance(value, str) and len(value.strip()) >= 8 else ""


def _without_ending(name: str) -> str:
    base = re.split(r"[\\/]", name)[-1]
    return base.removesuffix(".safetensors")
