"""Civitai's records in what tools save beside a file, and which of a model's versions the file is.

A model's record tells of all its versions. A file keeps its name seldom, so the version is found by what is told about
the file: the version's id, then a hash, then the file's name, then the base model that it was made for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from stylus_core.base_models.families import family_of
from stylus_core.base_models.recognise import stated_architecture
from stylus_core.library.hostile_text import clean_line, fold
from stylus_core.library.untrusted_values import identifier, mapping, sequence

_LEAST_DIGITS = 10  # of a hash: AutoV2 has as many

_PARTING = re.compile(r"[\s_-]+")
#: What browsers and file managers put behind the name of a second file.
_COPIED = re.compile(r" ?\(\d{1,3}\)$| copy(?: \(?\d{1,3}\)?)?$")


class Identity(NamedTuple):
    """Which file it is, as far as header and sidecars tell."""

    version_ids: tuple[int, ...] = ()  # the most trusted first
    hashes: frozenset[str] = frozenset()  # in lower case, whole or cut off


class VersionContext(NamedTuple):
    """What a reader may need besides its file."""

    stem: str
    folder: str
    beside: frozenset[str]  # names of the files that belong to the adapter
    alias: str = ""
    identity: Callable[[], Identity] = Identity
    base: Callable[[], tuple[str, str]] = lambda: ("", "")  # architecture and family, without the sidecars


def hash_digits(value: Any) -> str:
    """A hash in lower case, whole or cut off behind its tenth digit or later; "" for anything else."""
    text = value.strip().lower().removeprefix("0x") if isinstance(value, str) and len(value) <= 80 else ""
    return text if len(text) >= _LEAST_DIGITS and re.fullmatch(r"[0-9a-f]+", text) else ""


def civitai_record(value: Any) -> dict[str, Any]:
    """Civitai's record of a model or of a version in a parsed file, taken out of what tools wrap it in; {} if none.

    By its content, not by the file's name: a list with one record, the site's answer to a search, and `{"model": ...}`
    and `{"civitai": ...}` around it are seen through.
    """
    for _ in range(3):
        if isinstance(value, list):
            value = value[0] if value else None
        record = mapping(value)
        if is_model(record) or _is_version(record):
            return record
        value = next((record[key] for key in ("items", "civitai", "model", "modelVersion") if record.get(key)), None)
    return {}


def is_model(record: dict[str, Any]) -> bool:
    """Whether it is a model's record, with its versions."""
    return isinstance(record.get("modelVersions"), list)


def _is_version(record: dict[str, Any]) -> bool:
    told = sum(key in record for key in ("baseModel", "trainedWords", "modelId", "files", "images", "downloadUrl"))
    return told >= 3 and ("model" in record or "modelId" in record)


def version_of(model: dict[str, Any], context: VersionContext) -> dict[str, Any]:
    """The version in a model's record that the file of `context` is; the first where nothing tells."""
    versions = [v for v in map(mapping, sequence(model.get("modelVersions"), 500)) if v]
    for told in context.identity().version_ids:
        if found := next((v for v in versions if identifier(v.get("id")) == told), None):
            return found
    if found := next((v for v in versions if matching_file(v, context, by_name=False)), None):
        return found
    named = [v for v in versions if matching_file(v, context)] or versions
    return _fitting(named, context)[0] if named else {}


def matching_file(version: dict[str, Any], context: VersionContext, *, by_name: bool = True) -> dict[str, Any]:
    """The file of a version that is the one of `context`, by its hash, else by its name; {} if none is."""
    files = [mapping(f) for f in sequence(version.get("files"), 50)]
    same = (f for f in files if _same_hash(f, context.identity()))
    named = (f for f in files if by_name and _same_name(version, f, context))
    return next(same, None) or next(named, {})


def _same_hash(file: dict[str, Any], identity: Identity) -> bool:
    if not identity.hashes:
        return False
    found = map(hash_digits, list(mapping(file.get("hashes")).values())[:20])
    return any(digest and any(_agree(digest, known) for known in identity.hashes) for digest in found)


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _same_name(version: dict[str, Any], file: dict[str, Any], context: VersionContext) -> bool:
    """Whether it has the file's name, or what its trainer called it; tools put the file's id or hash behind a name."""
    name = _comparable(stem_of(file.get("name")))
    if not name:
        return False
    stem = _comparable(context.stem)
    if name in (stem, _comparable(context.alias)):
        return True
    tail = stem[len(name) + 1 :] if stem.startswith(f"{name} ") else ""
    if tail and tail in (str(file.get("id")), str(version.get("id"))):
        return True
    return len(tail) >= 4 and any(
        told.startswith(tail) for told in (str(file.get("id")), *map(hash_digits, mapping(file.get("hashes")).values()))
    )


def _comparable(name: str) -> str:
    """A file's name with one space for what parts its words, without what a copy puts behind it."""
    return _COPIED.sub("", _PARTING.sub(" ", fold(name)).strip())


def stem_of(name: Any) -> str:
    """A file's name without its extension, from a record."""
    return os.path.splitext(clean_line(name, 300))[0]


def _fitting(versions: list[dict[str, Any]], context: VersionContext) -> list[dict[str, Any]]:
    """Those made for the base model that the file itself tells, and of them those whose name stands in the file's."""
    if len(versions) < 2:
        return versions
    architecture, family = context.base()
    tests: tuple[Callable[[str, str], bool], ...] = (
        lambda base, name: bool(architecture) and stated_architecture(base) == architecture,
        lambda base, name: bool(family) and family_of(base) == family,
        lambda base, name: _in_stem(name, context.stem),
    )
    for fits in tests:
        found = [v for v in versions if fits(clean_line(v.get("baseModel"), 80), clean_line(v.get("name"), 60))]
        versions = found or versions
    stem = f" {_comparable(context.stem)} "
    held = [v for v in versions if any(f" {name} " in stem for name in _file_names(v) if name)]
    return held or versions


def _file_names(version: dict[str, Any]) -> list[str]:
    return [_comparable(stem_of(mapping(f).get("name"))) for f in sequence(version.get("files"), 50)]


def _in_stem(version: str, stem: str) -> bool:
    name = fold(version).removesuffix(".0")
    return len(name) > 1 and bool(re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_]|\.\d)", fold(stem)))
