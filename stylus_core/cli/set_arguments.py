"""The arguments of `stylus set`. Every field comes out of `stylus_core.library.fields.TABLE`."""

from __future__ import annotations

import argparse
from typing import Any

from stylus_core.cli.arguments import add_common, add_library
from stylus_core.errors import OptionError
from stylus_core.library.fields import BY_NAME, TABLE, Editable, takes

_METAVAR = {"text": "TEXT", "texts": "TEXT", "number": "X", "choice": "NAME", "switch": "true|false"}
_FIELD, _NONE = "field_", "none_"


def add_set(command: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    command.add_argument("name", metavar="NAME", help="the name in the tag, or the title")
    for field in TABLE:
        many = "; may be repeated" if field.type == "texts" else ""
        command.add_argument(
            flag(field),
            dest=_FIELD + field.name,
            action="append" if field.type == "texts" else "store",
            metavar=_METAVAR[field.type],
            help=f"{field.help} Takes {takes(field)}{many}.",
        )
        if field.type == "texts":
            none = f"--no-{flag(field)[2:]}"
            command.add_argument(none, dest=_NONE + field.name, action="store_true", help="it has none")
    command.add_argument(
        "--clear",
        action="append",
        default=[],
        metavar="FIELD",
        help="go back to what the files say; all: in everything",
    )
    command.add_argument("--undo", action="store_true", help="take the last change back; again: the one before it")
    add_library(command)
    add_common(command)


def flag(field: Editable) -> str:
    """How the command line calls a field."""
    return "--" + field.name.replace("_", "-")


def changes_of(args: argparse.Namespace) -> dict[str, Any]:
    """What the command line sets, by field; None for what it clears. Raises `OptionError` where it says both."""
    values: dict[str, Any] = {}
    for name in args.clear:
        field = name.lstrip("-").replace("-", "_")
        if field != "all" and field not in BY_NAME:
            known = ", ".join(f.name for f in TABLE)
            raise OptionError(f"--clear takes all or a field, not {name!r}: the fields are {known}")
        values.update(dict.fromkeys(BY_NAME if field == "all" else [field]))
    cleared = set(values)
    for field in TABLE:
        given = getattr(args, _FIELD + field.name)
        none = getattr(args, _NONE + field.name, False)
        if given is None and not none:
            continue
        if none and given is not None:
            raise OptionError(f"{flag(field)} and --no-{flag(field)[2:]} say two things: leave one of them out")
        if field.name in cleared and "all" not in args.clear:
            raise OptionError(f"{flag(field)} and --clear {field.name} say two things: leave one of them out")
        values[field.name] = [] if none else given
    return values
