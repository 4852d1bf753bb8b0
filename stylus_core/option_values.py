"""A row of a table of options, and how an untrusted value is read by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stylus_core.errors import OptionError
from stylus_core.pool_entries import folder, pattern

#: As the WebUIs have it: another seed for every picture. They read nothing at all, an emptied field, as the same.
ANY_SEED = -1


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the table. `type` is one of "choice", "choices", "int", "float", "bool", "names".

    `form` says where the entries of "names" are more than names, each a "folder" or a "pattern", and where an "int" is
    a "seed", which `ANY_SEED` leaves open. `hint` is the help in one short line, for where there is little room; where
    it is empty the help is short itself.
    """

    name: str
    type: str
    default: Any
    label: str
    help: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None
    form: str = ""
    hint: str = ""


def check(option: Option, value: Any) -> Any:
    """Reads an untrusted value as an option's type.

    Args:
        option: a row of the table.
        value: of any type; texts are read as numbers and lists where the option takes these.

    Returns:
        The value: a tuple for "choices" and "names", each entry once.

    Raises:
        OptionError: it names the option and what it takes.
    """
    if option.type == "choice":
        if isinstance(value, str) and value in option.choices:
            return value
        raise OptionError(f"option {option.name!r} takes one of {', '.join(option.choices)}, not {_show(value)}")
    if option.type in ("choices", "names"):
        items = [v.strip() for v in value.split(",") if v.strip()] if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)) or not all(isinstance(v, str) for v in items):
            raise OptionError(f"option {option.name!r} takes a list of names, not {_show(value)}")
        wrong = [v for v in items if option.type == "choices" and v not in option.choices]
        if wrong:
            raise OptionError(f"option {option.name!r} takes any of {', '.join(option.choices)}, not {_show(wrong[0])}")
        if option.type == "choices":  # in the table's order, so that equal sets are equal options
            return tuple(c for c in option.choices if c in items)
        return tuple(dict.fromkeys(_entry(option, v) for v in items))
    if option.form == "seed" and (value is None or value == ""):
        return ANY_SEED
    if option.type in ("int", "float"):
        number = _number(value)
        if number is None or (option.type == "int" and number != int(number)):
            what = "a whole number" if option.type == "int" else "a number"
            raise OptionError(f"option {option.name!r} takes {what}, not {_show(value)}")
        if (option.low is not None and number < option.low) or (option.high is not None and number > option.high):
            raise OptionError(f"option {option.name!r} takes {option.low:g} to {option.high:g}, not {_show(value)}")
        return int(number) if option.type == "int" else float(number)
    if option.type == "bool":
        if isinstance(value, bool):
            return value
        raise OptionError(f"option {option.name!r} takes true or false, not {_show(value)}")
    raise OptionError(f"option {option.name!r} has the unknown type {option.type!r}")


def _entry(option: Option, text: str) -> str:
    try:
        return {"folder": folder, "pattern": pattern}.get(option.form, str)(text)
    except ValueError as error:
        raise OptionError(f"option {option.name!r} takes {option.form}s, not {_show(text)}: {error}") from None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if number == number and abs(number) != float("inf") else None


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
