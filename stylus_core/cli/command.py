"""What a command of `stylus` is, whichever part of Stylus it comes from."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stylus_core.cli.terminal_text import Console

#: What opens a library, called as `stylus_core.Stylus` is; None is that class itself.
Opener = Callable[..., Any] | None


@dataclass(frozen=True, slots=True)
class Command:
    """One command; its name is the one under which it is listed or registered.

    A part of Stylus registers its commands as entry points of the group `stylus.commands`. The module that an entry
    point names is imported only when its command is called or listed, and should leave heavy imports to `run`.

    Attributes:
        help: one line for the list of commands, without a full stop.
        add_arguments: adds the arguments to the command's own parser.
        run: does the work with the parsed arguments, the console, and what opens a library; returns the exit code.
            What it raises of `StylusError` is told as one sentence.
        description: what the command's own help says before the arguments.
        epilog: what it says after them, line by line as it is written here.
    """

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Console, Opener], int]
    description: str | None = None
    epilog: str | None = None

    def add_to(self, commands: Any, name: str) -> None:
        """Adds the command with all its arguments.

        Args:
            commands: what argparse's `add_subparsers` gave.
            name: what the command is called.
        """
        parser = commands.add_parser(
            name,
            allow_abbrev=False,
            help=escaped(self.help),
            description=self.description,
            epilog=self.epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter if self.epilog else argparse.HelpFormatter,
        )
        self.add_arguments(parser)


def escaped(text: str) -> str:
    """Text for argparse, which takes a percent sign for the beginning of a placeholder."""
    return text.replace("%", "%%")
