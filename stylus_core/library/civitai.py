"""Civitai's records of a model and of one of its versions, as several tools save them beside the file."""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Iterable
from typing import Any

from stylus_core.library.text import clean, clean_line, clean_list, fold, plain
from stylus_core.library.values import (
    DESCRIPTION,
    EXAMPLES,
    PROMPT,
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
from stylus_core.library.versions import Context, is_model, own_file, stem_of, version_of
from stylus_core.types import Example


def record_claims(record: dict[str, Any], context: Context) -> Claims:
    """What a record says, be it a model's or a version's."""
    if is_model(record):
        return version_claims({**version_of(record, context), "modelId": record.get("id")}, record, context)
    return version_claims(record, mapping(record.get("model")), context)


def version_claims(record: dict[str, Any], model: dict[str, Any], context: Context) -> Claims:
    """What a version's record says, with the fields of its model where they lie apart."""
    files = [mapping(f) for f in sequence(record.get("files"), 50)]
    hashes = mapping(_own_file(record, files, context).get("hashes"))
    offline = record.get("skeleton_file") is True  # Civitai-Helper filled it in from the file alone
    # What the author says about the model, then about this version.
    about = plain(record.get("description"), DESCRIPTION, is_html=True)
    texts = dict.fromkeys((plain(model.get("description"), DESCRIPTION, is_html=True), about))
    level = nsfw_level(model.get("nsfwLevel")) or nsfw_level(record.get("nsfwLevel")) or nsfw_level(model.get("nsfw"))
    version_id = identifier(record.get("id"))
    names = [context.stem, context.alias, *(stem_of(f.get("name")) for f in files)]
    downloads = count(mapping(record.get("stats")).get("downloadCount"))
    if downloads is None:
        downloads = count(mapping(model.get("stats")).get("downloadCount"))
    base_model = clean_line(record.get("baseModel"), 80)
    return claims(
        title="" if offline else title_line(model.get("name")),
        version="" if offline else clean_line(record.get("name"), 200),
        description="\n\n".join(t for t in texts if t)[:DESCRIPTION],
        version_description=about,
        tags=clean_list([mapping(t).get("name", t) for t in sequence(model.get("tags"), 400)], 100, 100),
        trigger_words=() if offline else trigger_words(record.get("trainedWords")),
        examples=examples(record.get("images"), names, version_id, context),
        base_model="" if base_model.lower() == "unknown" else base_model,
        model_id=identifier(record.get("modelId")) or identifier(model.get("id")),
        version_id=version_id,
        sha256=sha256(hashes.get("SHA256")),
        autov3=sha256(hashes.get("AutoV3"), 10),
        downloads=downloads,
        nsfw=level,
    )


def _own_file(record: dict[str, Any], files: list[dict[str, Any]], context: Context) -> dict[str, Any]:
    if len(files) < 2:
        return files[0] if files else {}
    return own_file(record, context) or next((f for f in files if f.get("primary") is True), files[0])


def examples(images: Any, names: Iterable[str], version_id: int | None, context: Context) -> tuple[Example, ...]:
    """The example pictures that have a prompt or a local file, at most `EXAMPLES`."""
    known = frozenset(_core(n) for n in names if n) - {""}
    out: list[Example] = []
    for image in sequence(images, 200):
        meta = mapping(mapping(image).get("meta"))
        inner = mapping(meta.get("meta"))  # some records wrap the generation data once more
        meta = inner if "prompt" in inner else meta
        prompt = clean(meta.get("prompt"), PROMPT)
        picture = _local(mapping(image).get("local_file"), context)
        if prompt or picture:
            weight = own_weight(prompt, known)
            if weight is None:
                weight = _resource_weight(meta, version_id)
            out.append(Example(prompt, clean(meta.get("negativePrompt"), 1000), weight, picture))
        if len(out) == EXAMPLES:
            break
    return tuple(out)


def _local(name: Any, context: Context) -> str:
    """The path of a picture that a record names: only a name that lies beside the adapter and is its own."""
    if not isinstance(name, str):
        return ""
    base = re.split(r"[\\/]", name)[-1]
    return os.path.join(context.folder, base) if base in context.beside else ""


_TAG = re.compile(r"<(?:lora|lyco|locon|lycoris):([^:<>]{1,300})((?::[^:<>]{0,40}){1,6})>", re.I)
_END = re.compile(r"[-_ .]?(?:(?:v|ver|epoch|step|e)?[-_ .]?\d+(?:\.\d+)*|final|last)$")
_NOT_WORD = re.compile(r"[\W_]+")


def _core(name: str) -> str:
    """A name without what tells the versions of one adapter apart: `lux-000032` and `Lux_v2` are both `lux`."""
    folded = core = fold(name)[-200:]
    for _ in range(3):  # `lux_v2-000032`
        core = _END.sub("", core)
    return _NOT_WORD.sub("", core) or _NOT_WORD.sub("", folded)


def own_weight(prompt: str, cores: frozenset[str]) -> float | None:
    """The weight of the adapter's own tag in `prompt`: the median, if it is there more than once."""
    weights = []
    for name, values in _TAG.findall(prompt):
        if _core(name) in cores:
            first = next((v for v in values[1:].split(":") if v.strip()), "")
            weight = strength(first.rpartition("=")[2])
            if weight is not None:
                weights.append(weight)
    return round(statistics.median(weights), 4) if weights else None


def _resource_weight(meta: dict[str, Any], version_id: int | None) -> float | None:
    """The weight in the list of resources that Civitai's own generator writes."""
    for resource in sequence(meta.get("civitaiResources"), 50):
        if version_id is not None and identifier(mapping(resource).get("modelVersionId")) == version_id:
            return strength(mapping(resource).get("weight"))
    return None
