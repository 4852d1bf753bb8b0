"""What trainers and editors write into the header: base model, tags of the training pictures, names, hashes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from stylus_core.library.hostile_text import Malformed, clean, clean_line, clean_list, looks_html, parse_json, plain
from stylus_core.library.meaningless_names import is_filled_in
from stylus_core.library.sidecar_format import MetadataSource, Trust
from stylus_core.library.untrusted_values import (
    DESCRIPTION,
    Claims,
    claims,
    mapping,
    number,
    sequence,
    sha256,
    strength,
    title_line,
    trigger_words,
)

TAGS = 200
#: A mean length of this many characters or more means that the "tags" are sentences (the rule of the WebUI).
SENTENCE = 16
HEADER_SOURCE = MetadataSource(
    source="header",
    written_by="trainers: kohya's and musubi-tuner, ai-toolkit, fluxgym, OneTrainer, SimpleTuner; SwarmUI's editor",
    tells="base model, name, training folders, tags and captions, trigger words, ModelSpec's keys, hashes",
    trust=Trust.TRAINER,
    trust_of={"autov3": Trust.MEASURED},  # only the header has all 64 digits of it
)
#: A key that SwarmUI's editor leaves behind: what ModelSpec's keys say is then the user's own.
SPACER = "__spacer"
_FOLDER = re.compile(r"^\s*\d+_")
#: Keys whose values are JSON inside the header's JSON.
_NESTED = ("ss_datasets", "ss_tag_frequency", "ss_dataset_dirs", "ot_config")
#: Where trainers, SwarmUI and tools that fill in headers put trigger words, the most deliberate first.
_TRIGGERS = (
    "modelspec.trigger_phrase", "modelspec.trigger_phrases", "modelspec.trigger_words", "ss_trigger_words",
    "ss_trigger_word", "trigger_words", "trigger_word", "trigger_phrase", "trained_words", "instance_prompt",
    "activation text", "activation_text", "ss_activation_text",
)  # fmt: skip


def header_claims(metadata: Mapping[str, str]) -> tuple[Claims, list[str]]:
    """What `__metadata__` says (kohya's `ss_...` keys, ModelSpec's and others'), and what in it had to be ignored."""
    get = metadata.get
    nested: dict[str, Any] = {}
    problems: list[str] = []
    for key in _NESTED:
        try:
            nested[key] = _parsed(get(key, "")) if key in metadata else None
        except Malformed as error:
            problems.append(f"{key} was ignored: {error}")
    datasets = [mapping(d) for d in sequence(nested.get("ss_datasets"), 50)]
    config = mapping(nested.get("ot_config"))  # OneTrainer's
    frequency = mapping(nested.get("ss_tag_frequency"))
    if not frequency:
        frequency = {k: v for d in datasets for k, v in mapping(d.get("tag_frequency")).items()}
    tags, captions = _tags(frequency)
    folders: list[Any] = list(frequency) or list(mapping(nested.get("ss_dataset_dirs")))
    folders = folders or [mapping(c).get("name") for c in sequence(config.get("concepts"), 50)]
    concepts = dict.fromkeys(clean_line(_FOLDER.sub("", str(f or "")[:400]), 200) for f in folders[:400])
    concepts.pop("", None)
    tokens = [mapping(s).get("class_tokens") for d in datasets for s in sequence(d.get("subsets"), 50)]
    title = title_line(get("modelspec.title"))
    description = _description(metadata)
    found = claims(
        title="" if title and is_filled_in(title) else title,
        alias=_alias(metadata),
        description=description,
        own_description=description if SPACER in metadata and not looks_html(get("modelspec.description")) else "",
        tags=clean_list(_listed(get("modelspec.tags", "")), 100, 100),
        trigger_words=trigger_words(_trigger_words(metadata) or tokens),
        training_tags=tags,
        training_captions=captions,
        training_concepts=tuple(concepts)[:50],
        base_model=next(
            filter(None, (clean_line(get(k), 80) for k in ("ss_base_model_version", "modelspec.architecture"))),
            clean_line(config.get("model_type"), 80).replace("_", " "),
        ),
        autov3=sha256(get("sshs_model_hash")) or sha256(get("modelspec.hash_sha256")),
        user_weight=strength(get("modelspec.lora_default_weight")) or None,  # SwarmUI's
    )
    return found, problems


def _parsed(text: str) -> Any:
    return parse_json(text.encode("utf-8", "replace") or b"null")[0]


def _trigger_words(metadata: Mapping[str, str]) -> list[Any]:
    found = (_listed(metadata[key], parted=False) for key in _TRIGGERS if key in metadata)
    return next(filter(None, found), [])


def _listed(value: str, *, parted: bool = True) -> list[Any]:
    """The entries of a list that is written as JSON or, if `parted`, with commas; else the text as the one entry."""
    text = value[:10_000].strip()
    if text.startswith("["):
        try:
            return sequence(_parsed(text), 200)
        except Malformed:  # a text that begins with a bracket
            pass
    return text.split(",") if parted else [text] if text else []


def _description(metadata: Mapping[str, str]) -> str:
    """ModelSpec's description and hint; else the comment that kohya's interface asks for."""
    # SimpleTuner describes the base model there; only it counts the steps so.
    described = "" if "global_step" in metadata else plain(metadata.get("modelspec.description"), DESCRIPTION)
    texts = [described, plain(metadata.get("modelspec.usage_hint"), 2000)]
    if not any(texts):
        texts = [plain(metadata.get(key), 2000) for key in ("modelspec.comment", "ss_training_comment")]
    texts = [t for t in texts if t.lower() not in ("", "none", "null")]
    out = texts[:1] + [t for t in texts[1:] if t not in texts[0]]
    return "\n".join(out)[:DESCRIPTION]


def _alias(metadata: Mapping[str, str]) -> str:
    """What the trainer called the file; kohya's writes "None" where it was given no name."""
    called = metadata.get("ss_output_name") or (metadata.get("name") if "training_info" in metadata else "")
    return "" if str(called).strip().lower() in ("none", "null") else clean(called, 300)


def _tags(frequency: dict[str, Any]) -> tuple[tuple[tuple[str, int], ...], bool]:
    """The most frequent tags, summed over the training folders, and whether they are sentences."""
    counts: dict[str, int] = {}
    for folder in list(frequency.values())[:400]:
        for raw, times in mapping(folder).items():
            n = times if type(times) is int else number(times)
            tag = raw.strip() if len(raw) <= 1000 else raw[:1000]
            if tag and n is not None and 0 < n < 2**53:
                counts[tag] = counts.get(tag, 0) + int(n)
    if not counts:
        return (), False
    top = sorted(counts.items(), key=itemgetter(1), reverse=True)[:TAGS]  # stable: the first of equals stays first
    # Cleaned only now: a header may hold a hundred thousand tags.
    cleaned = tuple((text, n) for text, n in ((clean_line(t, 300), n) for t, n in top) if text)
    return cleaned, sum(map(len, counts)) / len(counts) >= SENTENCE
