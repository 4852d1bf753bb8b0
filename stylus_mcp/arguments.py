"""The arguments of a tool: what its schema says of them, and how they are read. Options are rows of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stylus_core.errors import OptionError
from stylus_core.option_table import TABLE
from stylus_core.option_values import Option, check

#: Most names in one option, as in the WebUI's API: thousands are a mistake that costs minutes.
NAMES = 1000
#: Longest prompt, name and text to look for, in characters.
PROMPT, NAME, QUERY = 32_768, 400, 400


@dataclass(frozen=True, slots=True)
class TextArgument:
    """An argument that is a text.

    Attributes:
        name: of the argument.
        help: a sentence.
        longest: how many characters it may have.
        default: where it is not given; None: it has to be.
    """

    name: str
    help: str
    longest: int
    default: str | None = None


Argument = TextArgument | Option

PICK: tuple[Argument, ...] = (
    TextArgument("prompt", "The picture's prompt, as for a Stable Diffusion WebUI; tags in it count.", PROMPT),
    # What is known of the user's own pictures reaches no language model: no tool goes by it, or could be told to.
    *(option for option in TABLE if option.name != "own_pictures"),
)
SEARCH: tuple[Argument, ...] = (
    TextArgument("query", "Words of a name or of what is shown; empty: all LoRAs by their names.", QUERY, ""),
    Option("limit", "int", 12, "", "How many LoRAs are given at most.", low=1, high=50),
    Option("offset", "int", 0, "", "How many LoRAs are left out in front, for the next page.", low=0, high=10_000_000),
)
SHOW: tuple[Argument, ...] = (
    TextArgument("name", "The LoRA's name as other tools give it, or its title, in any case.", NAME),
)
STATUS: tuple[Argument, ...] = ()


def input_schema(arguments: Sequence[Argument]) -> dict[str, Any]:
    """Makes the JSON schema of a tool's arguments.

    Args:
        arguments: of the tool.

    Returns:
        The schema of an object.
    """
    return {
        "type": "object",
        "properties": {a.name: _schema(a) for a in arguments},
        "required": [a.name for a in arguments if isinstance(a, TextArgument) and a.default is None],
        "additionalProperties": False,
    }


def _schema(argument: Argument) -> dict[str, Any]:
    if isinstance(argument, TextArgument):
        text = {"type": "string", "description": argument.help, "maxLength": argument.longest}
        return text if argument.default is None else {**text, "default": argument.default}
    default = list(argument.default) if isinstance(argument.default, tuple) else argument.default
    common = {"description": argument.help, "default": default}
    if argument.type == "choice":
        return {"type": "string", "enum": list(argument.choices), **common}
    if argument.type == "choices":
        return {"type": "array", "items": {"type": "string", "enum": list(argument.choices)}, **common}
    if argument.type == "names":
        return {"type": "array", "items": {"type": "string"}, "maxItems": NAMES, **common}
    if argument.type == "bool":
        return {"type": "boolean", **common}
    number = {"type": "integer" if argument.type == "int" else "number", **common}
    bounds = {"minimum": argument.low, "maximum": argument.high}
    return number | {key: bound for key, bound in bounds.items() if bound is not None}


def checked(arguments: Sequence[Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    """Reads what a client gave.

    Args:
        arguments: of the tool.
        given: by the argument's name, of any type.

    Returns:
        What was given, checked; of texts also the defaults.

    Raises:
        OptionError: it names the argument and what it takes.
    """
    by_name = {a.name: a for a in arguments}
    if unknown := [name for name in given if name not in by_name]:
        takes = f"takes {', '.join(by_name)}" if by_name else "takes no arguments"
        raise OptionError(f"unknown argument {str(unknown[0])[:60]!r}: this tool {takes}")
    out: dict[str, Any] = {}
    for name, argument in by_name.items():
        if isinstance(argument, TextArgument):
            out[name] = _text(argument, given.get(name, argument.default))
        elif name in given:
            out[name] = value = check(argument, given[name])
            if argument.type == "names" and len(value) > NAMES:
                raise OptionError(f"option {name!r} takes {NAMES:,} names at most here, not {len(value):,}")
    return out


def _text(argument: TextArgument, value: Any) -> str:
    takes = f"argument {argument.name!r} takes a text of up to {argument.longest:,} characters"
    if value is None:
        raise OptionError(f"{takes}, and it is missing")
    if not isinstance(value, str):
        raise OptionError(f"{takes}, not {repr(value)[:60]}")
    if len(value) > argument.longest:
        raise OptionError(f"{takes}, not {len(value):,} of them")
    return value
