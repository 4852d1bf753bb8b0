"""Where each command is: the core's are listed here, those of other parts are found by their entry points."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from stylus_core.cli.command import Command
from stylus_core.errors import StylusError

#: The group of entry points by which an installed part adds commands: name = "module:object", a `Command`.
GROUP = "stylus.commands"

_HERE = "stylus_core.cli"
#: In the order in which the help lists them.
CORE: dict[str, str] = {
    "index": f"{_HERE}.core_commands:INDEX",
    "select": f"{_HERE}.core_commands:SELECT",
    "show": f"{_HERE}.core_commands:SHOW",
    "doctor": f"{_HERE}.core_commands:DOCTOR",
    "set": f"{_HERE}.set_command:SET",
    "learn": f"{_HERE}.learn_command:LEARN",
    "feedback": f"{_HERE}.feedback_command:FEEDBACK",
    "refine": f"{_HERE}.refine_command:REFINE",
    "describe": f"{_HERE}.refine_command:DESCRIBE",
}
_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def find(name: str) -> Command | None:
    """The command of this name; None if there is none here.

    Raises:
        StylusError: its part is registered and cannot be loaded.
    """
    if name in CORE:  # without a search for other parts, which takes as long as all of the parsing
        return load(name, CORE[name])
    parts = registered()
    return load(name, parts[name]) if name in parts else None


def load(name: str, reference: str) -> Command:
    """Imports the command that `module:object` refers to.

    Raises:
        StylusError: what it refers to cannot be imported, or is no command.
    """
    module, _, attribute = reference.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # somebody else's module may raise whatever it likes
        raise StylusError(
            f"the command {name!r} cannot be loaded from {reference} ({str(error) or type(error).__name__}): install "
            "the part of Stylus that has it; README.md says how"
        ) from error
    if not isinstance(found, Command):
        raise StylusError(f"the command {name!r} cannot be loaded: {reference} is no command")
    return found


def registered() -> Mapping[str, str]:
    """The commands of other parts, name -> `module:object`, by name; a name of the core's stays the core's."""
    from importlib.metadata import entry_points

    found = {point.name: point.value for point in entry_points(group=GROUP)}
    found |= _beside(_PROJECT)
    return {name: found[name] for name in sorted(found.keys() - CORE.keys())}


def _beside(project: Path) -> dict[str, str]:
    """What a checkout registers, which need not be installed: `python -m stylus_core` has all that lies there.

    It is read without a TOML parser, which Python 3.10 lacks: a table with a name and a reference a line.
    """
    try:
        _, _, table = project.read_text(encoding="utf-8").partition(f'[project.entry-points."{GROUP}"]\n')
    except (OSError, UnicodeDecodeError):
        return {}
    found = {}
    for line in table.splitlines():
        name, equals, reference = line.partition("=")
        if not equals:
            break
        found[name.strip()] = reference.strip().strip('"')
    return found
