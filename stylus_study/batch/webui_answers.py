"""What a WebUI answers, checked like a file from the web: every type, every number, every length, the picture whole.

Each function takes the JSON of one answer and returns what is used of it, or raises `AnswerError`. Text that is kept
comes back with lone surrogates replaced. What is absent or null is as good as empty; what is of another type is
refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stylus_core.errors import StylusError
from stylus_core.pictures import MADE, PictureError, check_whole

#: In the parameters of every picture that the extension decided about, with "none" where it picked nothing.
PICKS, ERROR = "Stylus picks", "Stylus error"

_MAX_NAME, _MAX_SENTENCE, _MAX_TEXT = 4_096, 20_000, 1_000_000  # characters
_MAX_ENTRIES = 1_000_000  # of a list that a WebUI's folders decide about
_MAX_SELECTED = 1_000  # picks or notes of one prompt, samplers
_MAX_WEIGHT = 1e6


class AnswerError(StylusError):
    """An answer cannot be used; the message goes on from "it answered with"."""


@dataclass(frozen=True, slots=True)
class RenderedPicture:
    """What a WebUI says of a picture: the prompt as it was used, the infotext, what the extension put into it."""

    prompt: str = ""
    infotext: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexState:
    """How far the extension's index is."""

    status: str
    refreshing: bool
    sentence: str


def scripts(answer: Any) -> list[str]:
    """Titles of the scripts of txt2img."""
    return [_text(title, "a script's title", _MAX_NAME) for title in _list(_object(answer).get("txt2img"), "scripts")]


def loras(answer: Any) -> dict[str, str]:
    """Names that a tag may use, each with the path that the WebUI knows it by."""
    found = {}
    for entry in map(_object, _list(answer, "adapters")):
        # As they come: a name of a file need not be UTF-8.
        found[_named(entry)] = _string(entry.get("path"), "an adapter's path", _MAX_NAME)
    return found


def checkpoints(answer: Any) -> list[dict[str, str]]:
    """The checkpoints, with `title`, `model_name` and `filename`."""
    keys = ("title", "model_name", "filename")
    entries = map(_object, _list(answer, "checkpoints"))
    return [{key: _text(entry.get(key), f"a checkpoint's {key}", _MAX_NAME) for key in keys} for entry in entries]


def samplers(answer: Any) -> list[str]:
    """Names of the samplers."""
    return [_named(_object(entry)) for entry in _list(answer, "samplers", _MAX_SELECTED)]


def index_state(answer: Any) -> IndexState:
    """How far the extension's index is."""
    given = _object(answer)
    refreshing = given.get("refreshing", False)
    if not isinstance(refreshing, bool):
        raise AnswerError(f"{_type(refreshing)} for whether it reads its index")
    status = _text(given.get("status"), "a state of its index", _MAX_NAME)
    if not status:
        raise AnswerError("no state of its index")
    return IndexState(status, refreshing, _text(given.get("sentence"), "a sentence", _MAX_SENTENCE))


def selection(answer: Any) -> dict[str, Any]:
    """What the extension picks for a prompt, as a record says it: `picks`, `composer` and `notes`."""
    given = _object(answer)
    return {
        "picks": [_pick(_object(pick)) for pick in _list(given.get("picks"), "picks", _MAX_SELECTED)],
        "composer": _text(given.get("composer"), "a composer", _MAX_NAME),
        "notes": [_text(note, "a note", _MAX_SENTENCE) for note in _list(given.get("notes"), "notes", _MAX_SELECTED)],
    }


def picture(answer: Any) -> tuple[bytes, RenderedPicture]:
    """The first picture, which is all there, and what the WebUI says of it."""
    given = _object(answer)
    images = _list(given.get("images"), "pictures")
    if not images or not isinstance(images[0], str):
        raise AnswerError("no picture")
    text = images[0].rpartition(",")[2]  # without "data:image/png;base64,"
    if len(text) > MADE.bytes * 4 // 3 + 4:
        raise AnswerError(f"a picture of more than {MADE.bytes >> 20} MiB")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise AnswerError("a picture that is no base64") from None
    try:
        check_whole(data)
    except PictureError as error:
        raise AnswerError(f"no picture that can be used: {error}") from None
    return data, _rendered(given.get("info"))


def _rendered(info: Any) -> RenderedPicture:
    if info is None:
        return RenderedPicture()
    if not isinstance(info, str):
        raise AnswerError(f"{_type(info)} for what it says of the picture")
    try:
        given = json.loads(info)
    except (ValueError, RecursionError):
        raise AnswerError("no JSON for what it says of the picture") from None
    answer = _object({} if given is None else given)
    params = answer.get("extra_generation_params")
    extra = _object({} if params is None else params)
    return RenderedPicture(
        _first_text(answer.get("all_prompts"), "prompts") or _text(answer.get("prompt"), "a prompt", _MAX_TEXT),
        _first_text(answer.get("infotexts"), "infotexts"),
        {key: _text(extra[key], f"a parameter {key!r}", _MAX_SENTENCE) for key in (PICKS, ERROR) if key in extra},
    )


def _pick(given: Mapping[str, Any]) -> dict[str, Any]:
    name = _named(given)
    keys = ("keyword", "reason", "title", "kind")
    texts = {key: _text(given.get(key), f"a pick's {key}", _MAX_SENTENCE) for key in keys}
    weights = {key: _weight(given[key]) for key in ("weight", "clip_weight") if given.get(key) is not None}
    return {"name": _clean(name), **texts, **weights}


def _named(entry: Mapping[str, Any]) -> str:
    name = _string(entry.get("name"), "a name", _MAX_NAME)
    if not name:
        raise AnswerError("an entry without a name")
    return name


def _first_text(value: Any, what: str) -> str:
    """The first of a list of texts, or nothing."""
    texts = _list(value, what)
    return _text(texts[0], f"one of its {what}", _MAX_TEXT) if texts else ""


def _weight(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _MAX_WEIGHT:
        raise AnswerError(f"{_type(value)} for a weight")
    return float(value)


def _text(value: Any, what: str, most: int) -> str:
    return _clean(_string(value, what, most))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _string(value: Any, what: str, most: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise AnswerError(f"{_type(value)} for {what}")
    if len(value) > most:
        raise AnswerError(f"{what} of {len(value):,} characters")
    return value


def _list(value: Any, what: str, most: int = _MAX_ENTRIES) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise AnswerError(f"{_type(value)} for its {what}")
    if len(value) > most:
        raise AnswerError(f"{len(value):,} {what}")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise AnswerError(f"{_type(value)} where an object belongs")
    return value


def _type(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "a number out of bounds" if abs(value) > _MAX_WEIGHT else "a number"
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names[type(value)]
