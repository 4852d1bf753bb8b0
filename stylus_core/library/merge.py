"""Merges what header and sidecars claim into one `Metadata`: field by field, in the order of trust."""

from __future__ import annotations

import dataclasses
import os
import re
from typing import Any

from stylus_core.base_models import UNKNOWN
from stylus_core.base_models.families import family_of
from stylus_core.base_models.recognise import adapter_base
from stylus_core.library.adapter_algorithm import algorithm_of
from stylus_core.library.header import Header
from stylus_core.library.header_metadata import header_claims
from stylus_core.library.hostile_text import clean_line, fold
from stylus_core.library.own_words import drop_copied_texts, put_own_words_first
from stylus_core.library.preview_picture import preview
from stylus_core.library.sidecar_reader import read_sidecars
from stylus_core.library.sidecars.registry import HEADER, JOINED, PRESETS, TRUST, TRUST_OF
from stylus_core.library.untrusted_values import Claims
from stylus_core.library.versions import VersionContext
from stylus_core.types import Example, Metadata

_MERGED = tuple(
    f.name
    for f in dataclasses.fields(Metadata)
    if f.name
    not in ("architecture", "base_size", "family", "algorithm", "preview", "provenance", "own_words", "site_title")
)


def read_metadata(header: Header, context: VersionContext) -> tuple[Metadata, list[tuple[str, str]]]:
    """What `header` and the sidecars named in `context` say, and (file name, problem) for damaged sidecars."""
    own, ignored = header_claims(header.metadata)
    if own.get("title") == context.stem:  # which is what kohya's trainer fills in
        del own["title"]
    raw = header.metadata
    context = context._replace(alias=own.get("alias", ""), base=lambda: _told_base(header, own))
    found, problems = read_sidecars(sorted(context.beside), context, own)
    found[HEADER] = own
    problems += [(HEADER, problem) for problem in ignored]
    drop_copied_texts(found)
    fields, provenance = merge(found)
    put_own_words_first(fields, provenance, found)
    _keep_structure(fields, provenance, found)
    _add_local_examples(fields, provenance, context)
    base = adapter_base(header.shapes, _statements(found, raw), [(HEADER, raw.get("ss_sd_model_name", ""))])
    fields["architecture"], fields["base_size"] = base.architecture, base.size
    if base.source:
        provenance["architecture"] = base.source
    fields["family"] = family_of(fields.get("base_model", ""), clean_line(raw.get("ss_sd_model_name"), 200))
    fields["algorithm"] = algorithm_of(
        header.shapes, raw.get("ss_network_module", "")[:200], raw.get("ss_network_args", "")[:4000]
    )
    fields["preview"] = preview(context)
    if not fields["preview"] and (
        raw.get("ssmd_cover_images", "[]").strip() not in ("", "[]") or raw.get("modelspec.thumbnail")
    ):
        provenance["preview"] = HEADER  # `embedded_preview` takes it out
    return Metadata(**fields, provenance=provenance), problems


def merge(found: dict[str, Claims]) -> tuple[dict[str, Any], dict[str, str]]:
    """For each field the claim of the most trusted source that makes one, and which source that was."""
    fields: dict[str, Any] = {}
    provenance: dict[str, str] = {}
    said = [source for source in TRUST if source in found]
    for name in _MERGED:
        for source in TRUST_OF.get(name, said):
            if name in found.get(source, ()):
                fields[name] = found[source][name]
                provenance[name] = source
                break
    return fields, provenance


def _told_base(header: Header, own: Claims) -> tuple[str, str]:
    """Architecture and family as far as the file itself tells them."""
    trained_on = header.metadata.get("ss_sd_model_name", "")
    base = adapter_base(header.shapes, _statements({HEADER: own}, header.metadata), [(HEADER, trained_on)])
    family = family_of(own.get("base_model", ""), clean_line(trained_on, 200))
    return "" if base.architecture == UNKNOWN else base.architecture, family


def _words(entries: tuple[str, ...]) -> frozenset[str]:
    return frozenset(fold(w.strip()) for entry in entries for w in entry.split(",")) - {""}


def _keep_structure(fields: dict[str, Any], provenance: dict[str, str], found: dict[str, Claims]) -> None:
    """The site's list of trigger words knows its entries, a tool's copy in `activation text` runs them together."""
    if provenance.get("trigger_words") not in JOINED:
        return
    for source in (s for s in TRUST if s not in JOINED):
        listed = found.get(source, {}).get("trigger_words", ())
        if len(listed) > 1 and _words(listed) == _words(fields["trigger_words"]):
            fields["trigger_words"], provenance["trigger_words"] = listed, source
            return


def _add_local_examples(fields: dict[str, Any], provenance: dict[str, str], context: VersionContext) -> None:
    """`S.example.N.EXT` that no record names: the picture of record N, else one without a prompt."""
    examples = list(fields.get("examples", ()))
    named = {e.image for e in examples}
    for name in sorted(context.beside, key=lambda n: (len(n), n)):
        match = re.fullmatch(r"\.example\.(\d{1,4})\.\w+", name[len(context.stem) :], re.I)
        path = os.path.join(context.folder, name)
        if not match or path in named or len(examples) >= 40:
            continue
        number = int(match[1])
        if number < len(examples) and not examples[number].image:
            examples[number] = dataclasses.replace(examples[number], image=path)
        else:
            examples.append(Example("", image=path))
            provenance.setdefault("examples", "pictures")
    if examples:
        fields["examples"] = tuple(examples)


def _statements(found: dict[str, Claims], raw: dict[str, str]) -> list[tuple[str, str]]:
    """What is said about the base model, the most trusted first, for the choice of the architecture."""
    said = [(s, found[s]["base_model"]) for s in TRUST_OF["base_model"] if "base_model" in found.get(s, ())]
    out = [(source, text) for source, text in said if source not in PRESETS]
    out += [(HEADER, raw.get(key, "")[:200]) for key in ("ss_base_model_version", "modelspec.architecture")]
    if raw.get("ss_v2") == "True":
        out.append((HEADER, "SD2"))
    out += [(source, text) for source, text in said if source in PRESETS]
    if "ss_base_model_version" not in raw and raw.get("ss_v2") == "False":
        out.append((HEADER, "SD1"))  # trainers of before SDXL wrote no version
    return [(source, text) for source, text in out if text]
