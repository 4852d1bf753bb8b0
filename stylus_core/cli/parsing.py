"""Parses the command line of `stylus`, and loads no command but the one that is called."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, NoReturn

from stylus_core import __version__
from stylus_core.cli import registry
from stylus_core.cli.arguments import EPILOG
from stylus_core.cli.command import Command, escaped
from stylus_core.errors import StylusError


def parse(argv: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """The command that is called, and its arguments.

    Args:
        argv: the arguments without the program's name.

    Returns:
        The command, and what its parser made of the arguments.

    Raises:
        SystemExit: argparse answered: help, version, usage.
        StylusError: the command's part cannot be loaded.
    """
    top = _Parser(
        prog="stylus",
        allow_abbrev=False,
        description="Picks LoRA adapters for a Stable Diffusion prompt and writes them into it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"stylus {__version__}")
    top.commands = top.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=argparse.ArgumentParser
    )
    name = next((word for word in argv if not word.startswith("-")), None)
    command = registry.find(name) if name is not None else None
    if command is None:
        if name is None or argv[0] != name:
            top.parse_args(list(takewhile(lambda word: word != name, argv)))  # ends with help, or what is lacking
        _refuse(top, str(name))
    command.add_to(top.commands, str(name))
    return command, top.parse_args(argv)


class _Parser(argparse.ArgumentParser):
    """Lists the commands only where its help is asked for."""

    commands: Any = None

    def format_help(self) -> str:
        for name, reference in (registry.CORE | dict(registry.registered())).items():
            if name not in self.commands.choices:
                self.commands.add_parser(name, help=escaped(_help(name, reference)))
        return super().format_help()


def _help(name: str, reference: str) -> str:
    try:
        return registry.load(name, reference).help
    except StylusError:
        return "cannot be loaded: calling it says why"


def _refuse(top: argparse.ArgumentParser, name: str) -> NoReturn:
    known = ", ".join(registry.CORE | dict(registry.registered()))
    top.error(
        f"argument COMMAND: invalid choice: {name!r} (choose from {known}); the commands of a further part are there "
        "once it is installed"
    )
