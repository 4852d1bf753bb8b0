"""AUTOMATIC1111, Forge, reForge, Forge Neo, SD.Next, and whoever writes the same infotext (Civitai, ComfyUI's savers).

| part | what it gives |
| --- | --- |
| before "Negative prompt:" | prompt; its tags are the adapters |
| "Hires prompt" | adapters of its tags |
| "Lora hashes", "Hashes" (JSON) | hashes (AutoV3; AutoV2) by name |
| "Lora weights", "LoRA networks", "AddNet ..." | adapters that have no tag |
| "LoRA hashes" without names | hashes of "LoRA networks", in their order (SD.Next) |
| "Civitai resources" (JSON) | versions and weights |
| "Model" | checkpoint |
| "Stylus prompt", "Stylus picks" | the prompt before we rewrote it, and which adapters were ours |
| "Raw prompt" | the same of Fooocus |
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from stylus_core.generation_data import values
from stylus_core.generation_data.source import Texts
from stylus_core.generation_data.types import AdapterUse, GenerationData, GenerationDataError
from stylus_core.prompt.tags import adapter_tags

#: Where an infotext may stand, the surest first.
KEYS = ("parameters", "usercomment", "imagedescription", "description", "comment", "xpcomment")
_PARAMETERS = re.compile(r"^(?:Steps|Size|Seed|Sampler|CFG scale|Width|Height): ", re.MULTILINE)
_NEGATIVE = re.compile(r"^Negative prompt:", re.MULTILINE | re.IGNORECASE)
_KEY = re.compile(r"[\s,]*(\w[\w \-/]{0,80}):[ \t]*")
_DIGITS = re.compile(r"[0-9a-fA-F]{8,64}")
_WEIGHT = re.compile(r":-?\d[\d.]{0,20}(?::-?\d[\d.]{0,20})?(?:,|\Z)")  # of a pick, up to the next one
_MOST_TEXT, _MOST_FIELDS, _MOST_BAD = 1 << 20, 1000, 16


def read(texts: Texts, _stem: str = "") -> GenerationData | None:
    """Reads an infotext.

    Args:
        texts: of a picture.

    Returns:
        What it says; None if there is none.
    """
    for key in KEYS:
        found = parse(texts.get(key, ""), sure=key == "parameters")
        if found is not None:
            return found
    return None


def parse(text: str, *, sure: bool = False) -> GenerationData | None:
    """Reads an infotext.

    Args:
        text: of any kind.
        sure: it is one, even if no parameters follow.

    Returns:
        What it says; None if it is none.

    Raises:
        GenerationDataError: it is too large.
    """
    if not text:
        return None
    if len(text) > _MOST_TEXT:
        raise GenerationDataError("a text in it is too large")
    text = text.replace("\r\n", "\n")
    start = _parameters_at(text)
    negative_at = _negative_at(text, len(text) if start < 0 else start)
    if start < 0 and negative_at < 0 and (not sure or text[0] in "{["):  # the last is JSON of somebody else
        return None
    end = len(text) if start < 0 else start
    prompt = text[: end if negative_at < 0 else negative_at].strip()
    negative = "" if negative_at < 0 else text[negative_at:end].partition(":")[2].strip()
    fields = _fields(text[start:]) if start >= 0 else {}
    picks = _picks(fields.get("stylus picks"))
    own = values.clean_text(fields.get("stylus prompt"))
    adapters = _marked(values.once(_uses(prompt, fields)), picks, own)
    civitai = "civitai resources" in fields or "civitai metadata" in fields
    fooocus = str(fields.get("version", "")).startswith("Fooocus")
    return GenerationData(
        tool="civitai" if civitai else "fooocus" if fooocus else "webui",
        prompt=own or values.clean_text(fields.get("raw prompt")) or values.clean_text(prompt),
        negative_prompt=values.clean_text(fields.get("raw negative prompt")) or values.clean_text(negative),
        adapters=adapters,
        checkpoint=values.model_name(fields.get("model")) or _civitai_checkpoint(fields),
        made_at=time_of(fields.get("created date")),
    )


def time_of(value: Any) -> float | None:
    """Reads a time.

    Args:
        value: in the form of ISO 8601, or of EXIF.

    Returns:
        Seconds since 1970; None for what is no time.
    """
    text = values.clean_text(value, 40)
    text = re.sub(r"^(\d{4}):(\d\d):(\d\d)", r"\1-\2-\3", re.sub(r"\.\d+", "", text)).replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _parameters_at(text: str) -> int:
    """Where the parameters begin: the last line that begins as they do; some extensions write lines behind it."""
    start = -1
    for match in _PARAMETERS.finditer(text):
        start = match.start()
    return start


def _negative_at(text: str, end: int) -> int:
    match = _NEGATIVE.search(text, 0, end)
    return -1 if match is None else match.start()


def _fields(text: str) -> dict[str, Any]:
    """The parameters by key in lower case, in linear time; a value is quoted, JSON, or ends at a comma."""
    fields: dict[str, Any] = {}
    at = bad = 0
    while len(fields) < _MOST_FIELDS and (match := _KEY.match(text, at)):
        at = match.end()
        found = None
        if text[at : at + 1] in ('"', "{", "[") and bad < _MOST_BAD:
            found = values.parsed_part(text, at)
            bad += found is None
        if found is None:
            line, comma = text.find("\n", at), text.find(",", at)
            end = min((e for e in (line, comma) if e >= 0), default=len(text))
            found = text[at:end].strip(), end
        value, at = found
        fields[match[1].strip().lower()] = value
    return fields


def _uses(prompt: str, fields: Mapping[str, Any]) -> Iterator[AdapterUse | None]:
    tags: dict[str, AdapterUse | None] = {}
    for text in (prompt, values.clean_text(fields.get("hires prompt"))):
        found = {t.name.strip(): values.use(t.name, t.weight, t.te) for t in adapter_tags(text[: values.MOST_PROMPT])}
        tags.update((name, use) for name, use in found.items() if not tags.get(name))
    yield from tags.values()
    without_effect = {values.stem(name) for name, use in tags.items() if use is None}  # the hashes name these too
    yield from (use for use in _without_tag(fields) if use and values.stem(use.name) not in without_effect)


def _without_tag(fields: Mapping[str, Any]) -> Iterator[AdapterUse | None]:
    for name, text in _pairs(fields.get("lora weights")):
        yield values.use(name, text)
    names, digests = (_listed(fields.get(f"lora {what}")) for what in ("networks", "hashes"))
    paired = len(names) == len(digests)  # SD.Next leaves out what has no hash
    for index, entry in enumerate(names):
        name, _, weight = entry.partition(":")
        yield values.use(name, weight.partition(":")[0] or 1.0, None, digests[index] if paired else "")
    yield from _additional_networks(fields)
    without_weight = [*_hashes(fields.get("lora hashes")), *_json_hashes(fields.get("hashes"))]
    for name, digest in without_weight:
        yield values.use(name, 1.0, None, digest)
    resources = fields.get("civitai resources")
    for item in resources if isinstance(resources, list) else ():
        if isinstance(item, dict) and _is_adapter(item.get("type")):
            yield values.use(
                item.get("modelName"), item.get("weight", 1.0), None, item.get("hash"), item.get("modelVersionId")
            )


def _listed(value: Any) -> list[str]:
    return [part.strip() for part in value.split(",")[:_MOST_FIELDS]] if isinstance(value, str) and value else []


def _is_adapter(kind: Any) -> bool:
    return str(kind).lower() in ("lora", "locon", "lycoris", "dora")


def _civitai_checkpoint(fields: Mapping[str, Any]) -> str:
    resources = fields.get("civitai resources")
    for item in resources if isinstance(resources, list) else ():
        if isinstance(item, dict) and str(item.get("type")).lower() == "checkpoint":
            return values.model_name(item.get("modelName"))
    return ""


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    for entry in value.split(", ")[:_MOST_FIELDS] if isinstance(value, str) else ():
        name, colon, rest = entry.rpartition(": ")
        if colon:
            yield name.strip(), rest.strip()


def _hashes(value: Any) -> Iterator[tuple[str, str]]:
    """Of each "name: hash" the two; a name may hold commas."""
    entry: list[str] = []
    for part in value.split(",")[:_MOST_FIELDS] if isinstance(value, str) else ():
        entry = [*entry[-4:], part]
        name, _, digits = ",".join(entry).strip()[-400:].rpartition(":")
        name, digits = name.strip(), digits.strip().removeprefix("0x")
        if name and _DIGITS.fullmatch(digits):
            yield name.rpartition(": ")[0] or name, digits
            entry = []


def _json_hashes(value: Any) -> Iterator[tuple[str, Any]]:
    for key, digest in value.items() if isinstance(value, dict) else ():
        kind, _, name = key.partition(":")
        if _is_adapter(kind):
            yield name, digest


def _additional_networks(fields: Mapping[str, Any]) -> Iterator[AdapterUse | None]:
    for number in range(1, 11):
        name = fields.get(f"addnet model {number}")
        if isinstance(name, str) and str(fields.get(f"addnet module {number}", "LoRA")).lower() == "lora":
            weights = [fields.get(f"addnet weight {part} {number}") for part in "ab"]
            yield values.use(re.sub(r"\([0-9a-f]{6,}\)\Z", "", name.strip()), weights[0] or 1.0, weights[1])


def _picks(value: Any) -> frozenset[str]:
    """The stems in "name:0.8, name:0.6:0.8"; a name may hold commas but no colon."""
    if not isinstance(value, str):
        return frozenset()
    names, begin = [], 0
    text = value[:50_000].strip()
    for match in _WEIGHT.finditer(text):
        names.append(text[begin : match.start()].strip())
        begin = match.end()
    return frozenset(values.stem(n) for n in names if 0 < len(n) <= 300 and not {":", "<", ">"} & set(n))


def _marked(uses: Iterable[AdapterUse], picks: frozenset[str], own: str) -> tuple[AdapterUse, ...]:
    """Marks what we picked; what the user's own prompt had already is the user's."""
    typed = {values.stem(t.name) for t in adapter_tags(own)} if picks else set()
    return tuple(u._replace(picked=s in picks and s not in typed) for u in uses if (s := values.stem(u.name)))
