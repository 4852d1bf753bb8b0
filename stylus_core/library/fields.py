"""What a user may set of an adapter: one table that the library, the command line and the docs read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stylus_core.errors import OptionError
from stylus_core.library.hostile_text import unwanted
from stylus_core.prompt import adapter_tags
from stylus_core.types import KINDS

_WEIGHT = 20.0  # sliders go to 10 or so
_ENTRIES = 12
_PARTED = "||"  # between trigger words that exclude each other
_WHITE = str.maketrans("\r\n\t", "   ")


def _worded(entries: tuple[str, ...]) -> dict[str, Any]:
    alternatives = tuple(part.strip() for entry in entries for part in entry.split(_PARTED))
    return {"trigger_words": alternatives, "trigger_alternatives": len(alternatives) > len(entries)}


@dataclass(frozen=True, slots=True)
class Editable:
    """One row of the table."""

    name: str
    type: str  # "text", "texts", "number", "choice" or "switch"
    help: str
    put: Callable[[Any], dict[str, Any]]  # the value as fields of a card
    most: int = 0  # characters of a text
    zero: bool = True  # whether the number may be 0


#: Order is the order in which they are shown.
TABLE: tuple[Editable, ...] = (
    Editable("title", "text", "What it is called.", lambda v: {"title": v}, most=300),
    Editable(
        "description",
        "text",
        "One to three sentences that say what it adds; a selection finds it by their words.",
        lambda v: {"description": v, "source": "user"},
        most=1000,
    ),
    Editable("trigger_words", "texts", "Words that the prompt needs for it to work.", _worded, most=300),
    Editable(
        "weight",
        "number",
        "The weight to write for it.",
        lambda v: {"weight": v, "weight_source": "user"},
        zero=False,
    ),
    Editable(
        "clip_weight", "number", "The text encoder's weight, where it is another one.", lambda v: {"clip_weight": v}
    ),
    Editable("kind", "choice", "What it is for.", lambda v: {"kind": v}),
    Editable("excluded", "switch", "Whether it is never picked.", lambda v: {}),
)

BY_NAME: dict[str, Editable] = {field.name: field for field in TABLE}


def takes(field: Editable) -> str:
    """Says what a field may be set to, in a few words.

    Args:
        field: a row of `TABLE`.

    Returns:
        A noun phrase for help and messages, such as "a number from -20 to 20, not 0".
    """
    return {
        "text": f"a text of at most {field.most} characters",
        "texts": f"at most {_ENTRIES} texts of at most {field.most} characters; alternatives are parted by ||",
        "number": f"a number from {-_WEIGHT:g} to {_WEIGHT:g}" + ("" if field.zero else ", not 0"),
        "choice": f"one of {', '.join(KINDS)}",
        "switch": "true or false",
    }[field.type]


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values to store, by field; None stays None. Raises `OptionError` that names the field and what it takes."""
    for name in values:
        if name not in BY_NAME:
            raise OptionError(f"there is no field {_show(name)}: what can be set is {', '.join(BY_NAME)}")
    return {name: None if value is None else _checked(BY_NAME[name], value) for name, value in values.items()}


def _checked(field: Editable, value: Any) -> Any:
    return _CHECKS[field.type](field, value)


def _text(field: Editable, value: Any) -> str:
    if not isinstance(value, str):
        raise _refused(field, value)
    if len(value) > 4 * field.most:
        raise _too_long(field, len(value))
    text = " ".join(value.translate(_WHITE).split())
    if hidden := unwanted(text):
        raise OptionError(f"{field.name!r} holds the character U+{ord(hidden):04X}, which cannot be seen: leave it out")
    if not text:
        raise OptionError(f"{field.name!r} is empty: {_instead(field)}")
    if len(text) > field.most:
        raise _too_long(field, len(text))
    return text


def _instead(field: Editable) -> str:
    name = field.name.replace("_", "-")
    if field.type == "texts":
        return f"--no-{name}, or an empty list, says that there are none"
    return f"--clear {name}, or None, goes back to what the files say"


def _texts(field: Editable, value: Any) -> list[str]:
    """None at all says that there are none."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or not all(isinstance(v, str) for v in given):
        raise _refused(field, value)
    if len(given) > _ENTRIES:
        raise OptionError(f"{field.name!r} takes at most {_ENTRIES} texts, not {len(given)}: join some with commas")
    entries: dict[str, str] = {}
    for whole in given:
        for part in whole.split(_PARTED):
            if part.strip() or _PARTED not in whole:
                entry = _text(field, part)
                _must_be_words(field, entry)
                entries.setdefault(entry.casefold(), entry)
    if given and not entries:
        raise OptionError(f"{field.name!r} has nothing between its {_PARTED}: leave them out")
    if len(entries) > _ENTRIES:
        raise OptionError(f"{field.name!r} takes at most {_ENTRIES} texts, not {len(entries)}: join some with commas")
    exclusive = any(_PARTED in whole for whole in given)
    return [f" {_PARTED} ".join(entries.values())] if exclusive else list(entries.values())


def _must_be_words(field: Editable, entry: str) -> None:
    if adapter_tags(entry):
        raise OptionError(f"{field.name!r} holds the tag of an adapter, {_show(entry)}: give words alone")
    if not any(c.isalnum() for c in entry):
        raise OptionError(f"{field.name!r} holds no word in {_show(entry)}: leave it out")


def _number(field: Editable, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else round(float(value), 4)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not abs(number) <= _WEIGHT or (number == 0 and not field.zero):
        raise _refused(field, value)
    return number


def _choice(field: Editable, value: Any) -> str:
    if not isinstance(value, str) or value not in KINDS:
        raise _refused(field, value)
    return value


def _switch(field: Editable, value: Any) -> bool:
    found = {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise _refused(field, value)
    return found


_CHECKS: dict[str, Callable[[Editable, Any], Any]] = {
    "text": _text,
    "texts": _texts,
    "number": _number,
    "choice": _choice,
    "switch": _switch,
}


def _refused(field: Editable, value: Any) -> OptionError:
    return OptionError(f"{field.name!r} takes {takes(field)}, not {_show(value)}")


def _too_long(field: Editable, length: int) -> OptionError:
    return OptionError(f"{field.name!r} takes at most {field.most} characters, not {length}: shorten it")


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
