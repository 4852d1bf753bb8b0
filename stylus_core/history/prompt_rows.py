"""Which pictures have the same prompt, and how prompts and corrections are written into rows and read back."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

from stylus_core.generation_data import AdapterUse, GenerationData
from stylus_core.history.history_file import digest, fields, sealed
from stylus_core.history.records import Correction, OwnPrompt
from stylus_core.storage.sqlite_values import storable, storable_text

# What a picture says is a stranger's: more than this of it is no prompt.
_TEXT, _NAME, _HASH, _ADAPTERS = 20_000, 500, 64, 100
_WEIGHT = 100.0

_TAG = re.compile(r"<[a-z]{1,20}:[^<>\n]{1,500}>", re.IGNORECASE)
_WORD = re.compile(r"\w*[^\W\d_]\w*")


def words_of(prompt: str) -> frozenset[str]:
    """The words of a prompt in their normal form, without tags, weights and numbers.

    Args:
        prompt: as typed.

    Returns:
        Two prompts with the same words are one prompt, typed twice.
    """
    return frozenset(_WORD.findall(unicodedata.normalize("NFKC", _TAG.sub(" ", prompt)).casefold()))


def cleaned(data: GenerationData) -> GenerationData:
    """What is kept of a picture: bounded, and such that SQLite takes it.

    Args:
        data: as it was read.

    Returns:
        It without the negative prompt.
    """
    adapters = (_cleaned(use) for use in data.adapters[:_ADAPTERS])
    return GenerationData(
        tool=_text(data.tool, _HASH),
        prompt=_text(data.prompt, _TEXT),
        adapters=tuple(use for use in adapters if use.name),
        checkpoint=_text(data.checkpoint, _NAME),
        made_at=data.made_at,
    )


def _cleaned(use: AdapterUse) -> AdapterUse:
    clip = None if use.clip_weight is None else _weight(use.clip_weight)
    version = storable(use.version_id) if type(use.version_id) is int else None
    name, found = _text(use.name, _NAME), _text(use.hash, _HASH).lower()
    return AdapterUse(name, _weight(use.weight), clip, found, version, bool(use.picked))


def _weight(value: float) -> float:
    return round(min(max(float(value), -_WEIGHT), _WEIGHT), 4) if math.isfinite(value) else 1.0


def _text(value: str, most: int) -> str:
    return storable_text(value[:most])[:most].replace("\0", " ").strip()


def prompt_id(data: GenerationData) -> int:
    """The number of a prompt: that of every picture with the same words and the same adapters at the same weights.

    Args:
        data: as `cleaned` gave it.
    """
    words = sorted(words_of(data.prompt)) or [data.prompt]
    return digest(words, sorted(([use.name.casefold(), *use[1:]] for use in data.adapters), key=repr))


def prompt_words(data: GenerationData, number: int) -> str:
    """The `words` of a prompt's row.

    Args:
        data: as `cleaned` gave it.
        number: the prompt's.
    """
    value: dict[str, Any] = {"prompt": data.prompt, "adapters": [list(use) for use in data.adapters]}
    if data.checkpoint:
        value["checkpoint"] = data.checkpoint
    return sealed(value, number)


def own_prompt(number: int, words: object, pictures: int, first_at: float, last_at: float) -> OwnPrompt | None:
    """A prompt out of its row; None if the row is not what was written."""
    value = fields(words, number)
    if value is None:
        return None
    adapters = tuple(AdapterUse(*use) for use in value["adapters"])
    return OwnPrompt(number, value["prompt"], adapters, value.get("checkpoint", ""), pictures, first_at, last_at)


def correction_words(number: int, value: Correction) -> str:
    """The `words` of a correction's row."""
    said: dict[str, Any] = {
        "at": value.at,
        "prompt": _text(value.prompt, _TEXT),
        "adapter": _text(value.adapter, _NAME),
        "hash": _text(value.hash, _HASH).lower(),
        "action": value.action,
        "weight": None if value.weight is None else _weight(value.weight),
        "by": _text(value.by, _HASH),
    }
    return sealed(said, number)


def correction(number: int, words: object) -> Correction | None:
    """A correction out of its row; None if the row is not what was written."""
    value = fields(words, number)
    return None if value is None else Correction(id=number, **value)
