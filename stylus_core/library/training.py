"""What the trainers write into the header: base model, tags of the training pictures, names, hashes."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import Any

from stylus_core.library.text import Malformed, clean, clean_line, parse_json, plain
from stylus_core.library.values import DESCRIPTION, Claims, claims, mapping, number, sequence, sha256, trigger_words

TAGS = 200
#: A mean length of this many characters or more means that the "tags" are sentences (the rule of the WebUI).
SENTENCE = 16
_FOLDER = re.compile(r"^\s*\d+_")


#: Keys whose values are JSON inside the header's JSON.
_NESTED = ("ss_datasets", "ss_tag_frequency", "ss_dataset_dirs")


def header_claims(metadata: dict[str, str]) -> tuple[Claims, list[str]]:
    """What `__metadata__` says (kohya's `ss_...` keys and ModelSpec's), and what in it had to be ignored."""
    get = metadata.get
    nested: dict[str, Any] = {}
    problems: list[str] = []
    for key in _NESTED:
        try:
            nested[key] = parse_json(get(key, "").encode("utf-8", "replace") or b"null")[0]
        except Malformed as error:
            problems.append(f"{key} was ignored: {error}")
    datasets = [mapping(d) for d in sequence(nested.get("ss_datasets"), 50)]
    frequency = mapping(nested.get("ss_tag_frequency"))
    if not frequency:
        frequency = {k: v for d in datasets for k, v in mapping(d.get("tag_frequency")).items()}
    tags, captions = _tags(frequency)
    folders = list(frequency) or list(mapping(nested.get("ss_dataset_dirs")))
    concepts = dict.fromkeys(clean_line(_FOLDER.sub("", str(f)[:400]), 200) for f in folders[:400])
    concepts.pop("", None)
    tokens = [mapping(s).get("class_tokens") for d in datasets for s in sequence(d.get("subsets"), 50)]
    hint = plain(get("modelspec.usage_hint"), 2000)
    description = plain(get("modelspec.description"), DESCRIPTION)
    found = claims(
        title=clean_line(get("modelspec.title"), 300),
        alias=clean(get("ss_output_name"), 300),
        description="\n".join(t for t in (description, hint if hint not in description else "") if t)[:DESCRIPTION],
        tags=tuple(
            dict.fromkeys(t for t in (clean_line(t, 100) for t in get("modelspec.tags", "")[:10_000].split(",")) if t)
        )[:100],
        trigger_words=trigger_words(get("modelspec.trigger_phrase") or tokens),
        training_tags=tags,
        training_captions=captions,
        training_concepts=tuple(concepts)[:50],
        base_model=clean_line(get("ss_base_model_version"), 80) or clean_line(get("modelspec.architecture"), 80),
        autov3=sha256(get("sshs_model_hash")) or sha256(get("modelspec.hash_sha256")),
    )
    return found, problems


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
