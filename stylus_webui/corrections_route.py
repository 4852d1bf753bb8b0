"""What the API takes and tells of corrections: what the user did to picks, while this WebUI learns from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stylus_core.errors import OptionError
from stylus_webui import runtime, settings

if TYPE_CHECKING:
    from stylus_core.history.records import Correction

#: Longest prompt that is taken, in characters: twice what 3,000 tokens take.
PROMPT = 32_768
_HEAVIEST = 10.0
_OFF = "this WebUI does not learn from corrections: switch on 'Learn from my own pictures' in Settings, Stylus"


def listed() -> dict[str, Any]:
    """Lists the corrections.

    Returns:
        Whether new ones are kept, and those that are, the newest first.
    """
    kept = runtime.get().service.history().corrections()
    return {"on": settings.learns(), "corrections": [_plain(one) for one in kept]}


def correct(body: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps a correction.

    Args:
        body: `prompt`, `name` of the adapter, `action`, and for "weighed" a `weight`.

    Returns:
        It.

    Raises:
        OptionError: the body is not so, or this WebUI keeps none.
    """
    from stylus_core.history.records import ACTIONS, WEIGHED

    unknown = sorted(set(body) - {"prompt", "name", "action", "weight"})
    if unknown:
        raise OptionError(f"unknown field {unknown[0]!r}: the body takes prompt, name, action and weight")
    prompt, name, action, weight = (body.get(key) for key in ("prompt", "name", "action", "weight"))
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > PROMPT:
        raise OptionError(f"prompt takes the prompt of the pick, a text of up to {PROMPT:,} characters")
    if action not in ACTIONS:
        raise OptionError(f"action takes one of {', '.join(ACTIONS)}, not {str(action)[:100]!r}")
    if (action == WEIGHED) != (weight is not None):
        raise OptionError(f"weight goes with the action {WEIGHED}, and with no other")
    if weight is not None and (isinstance(weight, bool) or not isinstance(weight, (int, float))):
        raise OptionError("weight takes a number")
    if weight is not None and abs(weight) > _HEAVIEST:
        raise OptionError(f"weight takes a number from {-_HEAVIEST:g} to {_HEAVIEST:g}")
    current = runtime.get()
    if not isinstance(name, str) or not name:
        raise OptionError("name takes the name of an adapter, as in its tag")
    if not settings.learns():
        raise OptionError(_OFF)
    history = current.service.history()
    adapter = current.service.find(name)
    if adapter is None:
        raise OptionError(f"there is no adapter of the name {name[:100]!r}; GET /stylus/v1/adapters lists them")
    if not history.on:
        history.keep_corrections(True)
    kept = history.correct(prompt, adapter.name, action, weight=None if weight is None else float(weight), by="api")
    if kept is None:
        raise OptionError(_OFF)
    return _plain(kept)


def undo(body: Mapping[str, Any]) -> dict[str, Any]:
    """Takes a correction back.

    Args:
        body: its `number`.

    Returns:
        It.

    Raises:
        OptionError: there is none of this number.
    """
    number = body.get("number")
    if set(body) != {"number"} or isinstance(number, bool) or not isinstance(number, int):
        raise OptionError('the body takes {"number": the number of a correction}; GET /stylus/v1/feedback lists them')
    history = runtime.get().service.history()
    if all(one.id != number for one in history.corrections()):
        raise OptionError(f"there is no correction of the number {number}: GET /stylus/v1/feedback lists them")
    return _plain(history.undo(number))


def _plain(one: Correction) -> dict[str, Any]:
    return {
        "number": one.id,
        "at": round(one.at, 3),
        "action": one.action,
        "name": one.adapter,
        "prompt": one.prompt,
        "weight": one.weight,
        "by": one.by,
    }
