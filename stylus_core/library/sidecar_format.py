"""What is declared of a source of metadata: its file, its reader, and how far it is trusted.

A reader turns one record into claims: `Metadata` field -> clean value, for the fields about which it says something.
`merge.py` decides which claim is believed. A reader never trusts a type, a length or a path in a file; the helpers in
`untrusted_values.py` and `hostile_text.py` take anything and give a sane value or nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stylus_core.library.untrusted_values import Claims, mapping
from stylus_core.library.versions import VersionContext


class Trust(enum.IntEnum):
    """How far a source is believed, the most first. Among equals the order of the registry decides."""

    MEASURED = 1  # worked out from the file itself
    USER = 2  # typed by the user into an editor
    SITE = 3  # the model site's own record
    COPIED = 4  # what an extension copied out of it into the user's file
    TOOL = 5  # a tool's own record, which it made of the site's
    TEXT = 6  # a loose text, which may be anything: some tools put nothing but trigger words there
    TRAINER = 7  # a header, whose texts are mostly the trainer's defaults
    PAGE = 8  # the text of a whole page
    PRESET = 9  # what an editor fills in by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataSource:
    """Something that makes claims about an adapter.

    Attributes:
        source: what `Metadata.provenance` calls it.
        trust: how far all of its fields are believed, but for those in `trust_of`.
        trust_of: by field of the metadata, where its word counts more or less than the rest.
        written_by: the tools that write it, for `docs/sidecars.md`.
        tells: what is read of it, for the same table.
    """

    source: str
    trust: Trust
    trust_of: Mapping[str, Trust] = field(default_factory=dict)
    written_by: str
    tells: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSidecar(MetadataSource):
    """A record in a JSON file. A file may hold two: SD.Next and the WebUI's editor share `S.json`.

    Attributes:
        suffix: the file's name behind the adapter's stem.
        read: what a record claims.
        expected: by key the types that the reader understands; others are told to the user.
        record: takes the record out of the parsed file; {} where there is none.
        joins_trigger_words: whether its writer runs the entries of the site's list of trigger words together.
        version_id_keys: keys whose value is the id of the version at Civitai.
        hash_keys: keys whose value is a hash of the file, or an object of hashes by algorithm.
        site_record: the keys that lead to Civitai's record of the version as it came, if there is one.
    """

    suffix: str
    read: Callable[[dict[str, Any], VersionContext], Claims]
    expected: Mapping[str, tuple[type, ...]]
    record: Callable[[Any], dict[str, Any]] = mapping
    joins_trigger_words: bool = False
    version_id_keys: tuple[str, ...] = ()
    hash_keys: tuple[str, ...] = ()
    site_record: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSidecar(MetadataSource):
    """A file that is all text, and is never broken: `suffix` as above, `read` says what the text claims."""

    suffix: str
    read: Callable[[str], Claims]


#: For `JsonSidecar.expected`.
TEXT, LIST, NUMBER, OBJECT = (str,), (list,), (int, float, str), (dict,)
