"""The formats of sidecar files, in one list, and the order in which sources are believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stylus_core.library.header_metadata import HEADER_SOURCE
from stylus_core.library.sidecar_format import JsonSidecar, MetadataSource, TextSidecar, Trust
from stylus_core.library.sidecars import (
    automatic1111,
    civitai_browser_plus,
    civitai_helper,
    civitai_json,
    html_page,
    lora_manager,
    rgthree,
    sdnext,
    stability_matrix,
    swarmui,
    text_file,
)

#: Every source. Of two that are trusted alike, the first in this list is believed.
SOURCES: tuple[MetadataSource, ...] = (
    automatic1111.FORMAT,
    civitai_helper.FORMAT,
    civitai_json.FORMAT,
    civitai_browser_plus.FORMAT,
    sdnext.FORMAT,
    lora_manager.FORMAT,
    stability_matrix.FORMAT,
    rgthree.FORMAT,
    swarmui.FORMAT,
    text_file.FORMAT,
    text_file.DESCRIPTION_FORMAT,
    HEADER_SOURCE,
    html_page.FORMAT,
)

HEADER = HEADER_SOURCE.source
JSON_SIDECARS = tuple(s for s in SOURCES if isinstance(s, JsonSidecar))
TEXT_SIDECARS: Mapping[str, TextSidecar] = {s.suffix: s for s in SOURCES if isinstance(s, TextSidecar)}
#: By the file's suffix the records that it may hold.
BY_SUFFIX: Mapping[str, Sequence[JsonSidecar]] = {
    sidecar.suffix: [s for s in JSON_SIDECARS if s.suffix == sidecar.suffix] for sidecar in JSON_SIDECARS
}
SUFFIXES = (*BY_SUFFIX, *TEXT_SIDECARS)


def trusted(field: str = "") -> tuple[str, ...]:
    """The names of the sources, the most trusted first.

    Args:
        field: of the metadata, for what is said of it; "" for all fields that have no order of their own.
    """
    return tuple(s.source for s in sorted(SOURCES, key=lambda s: s.trust_of.get(field, s.trust)))


#: The order for all fields but those of `TRUST_OF`.
TRUST = trusted()
TRUST_OF = {field: trusted(field) for source in SOURCES for field in source.trust_of}
#: Sources whose word on the base model is a program's guess.
PRESETS = frozenset(s.source for s in SOURCES if s.trust_of.get("base_model") is Trust.PRESET)
#: Sources that hold a whole page.
PAGES = frozenset(s.source for s in SOURCES if s.trust is Trust.PAGE)
#: Sources that run the entries of a list of trigger words together.
JOINED = frozenset(s.source for s in JSON_SIDECARS if s.joins_trigger_words)
