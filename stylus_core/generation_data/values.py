"""Values out of a stranger's metadata: bounded, and of the right kind."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any

from stylus_core.generation_data.types import AdapterUse, GenerationDataError

MOST_ADAPTERS, MOST_NAME, MOST_WEIGHT, MOST_PROMPT = 100, 300, 10.0, 100_000
_MOST_JSON, _MOST_PARTS = 4 << 20, 250_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_HASH = re.compile(r"(?:0x)?([0-9a-f]{8,64})\Z")
_MODEL_FILE = re.compile(r"\.(?:safetensors|sft|ckpt|pt|pth|bin|gguf)\Z", re.IGNORECASE)


def parsed_json(text: str) -> Any:
    """Reads JSON that anybody may have written.

    Args:
        text: of any kind.

    Returns:
        The value; numbers that are none, and such as nobody needs, are None.

    Raises:
        GenerationDataError: it is no JSON, too large or too deep.
    """
    if len(text) > _MOST_JSON or sum(map(text.count, ",[{")) > _MOST_PARTS:
        raise GenerationDataError("a text in it is too large")
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise GenerationDataError("a text in it is nested too deep") from None
    except ValueError:
        raise GenerationDataError("a text in it is no JSON") from None


def parsed_part(text: str, at: int) -> tuple[Any, int] | None:
    """Reads JSON that stands within a text.

    Args:
        text: of any kind.
        at: where the value begins.

    Returns:
        The value and where it ends; None if there is none.
    """
    try:
        value: tuple[Any, int] = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    return value


def _integer(text: str) -> int | None:
    return int(text) if len(text) < 25 else None


_DECODER = json.JSONDecoder(parse_int=_integer, parse_constant=lambda _: None, strict=False)


def clean_text(value: Any, most: int = MOST_PROMPT) -> str:
    """Makes a text of what should be one.

    Args:
        value: of any type.
        most: characters that are kept.

    Returns:
        Without control characters; "" for what is no text.
    """
    return _CONTROL.sub("", value[: most * 2]).strip()[:most] if isinstance(value, str) else ""


def number(value: Any, default: float | None = None) -> float | None:
    """Makes a weight of what should be one.

    Args:
        value: of any type.
        default: what stands for none.

    Returns:
        A finite number within `MOST_WEIGHT`, or `default`.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return default
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return default
    return found if math.isfinite(found) and abs(found) <= MOST_WEIGHT else default


def model_name(value: Any) -> str:
    """Makes the name of a checkpoint.

    Args:
        value: a name or path.

    Returns:
        Without folder and extension.
    """
    name = clean_text(value, MOST_NAME).replace("\\", "/").rpartition("/")[2]
    return _MODEL_FILE.sub("", name)


def adapter_hash(value: Any) -> str:
    """Makes a hash of what should be one.

    Args:
        value: of any type.

    Returns:
        Hex digits in lower case, or "".
    """
    found = _HASH.match(clean_text(value, 80).lower())
    return found[1] if found else ""


def use(
    name: Any,
    weight: Any = 1.0,
    clip_weight: Any = None,
    hash_text: Any = "",
    version_id: Any = None,
    picked: bool = False,
) -> AdapterUse | None:
    """Makes a use of what a program wrote of an adapter.

    Args:
        name: or path.
        weight: of the picture's model.
        clip_weight: of the text encoder.
        hash_text: as written.
        version_id: Civitai's.
        picked: whether Stylus put it there.

    Returns:
        The use; None where there is no name, the weight is none that makes sense, or it had no effect.
    """
    text = clean_text(name, MOST_NAME + 1).replace("\n", " ")
    if not text or len(text) > MOST_NAME or text.lower() == "none":
        return None
    model = 1.0 if weight is None else number(weight)
    clip = number(clip_weight)
    if model is None or (model == 0 and not clip):
        return None
    version = version_id if isinstance(version_id, int) and 0 < version_id < 1 << 53 else None
    same = clip is None or clip == model
    return AdapterUse(text, model, None if same else clip, adapter_hash(hash_text), version, picked)


def stem(name: str) -> str:
    """What two names of one adapter have in common: no folder, no extension, any case.

    Args:
        name: or path.

    Returns:
        To be compared.
    """
    return model_name(name).casefold()


def once(uses: Iterable[AdapterUse | None]) -> tuple[AdapterUse, ...]:
    """Keeps each adapter once.

    Args:
        uses: in their order; what one says and the one before does not (hash, version, picked) is added to that.

    Returns:
        At most `MOST_ADAPTERS`.
    """
    kept: dict[str, AdapterUse] = {}
    for item in uses:
        if item is None:
            continue
        key = stem(item.name)
        before = kept.get(key)
        if before is None:
            if len(kept) < MOST_ADAPTERS:
                kept[key] = item
        else:
            kept[key] = before._replace(
                hash=before.hash or item.hash,
                version_id=before.version_id or item.version_id,
                picked=before.picked or item.picked,
            )
    return tuple(kept.values())
