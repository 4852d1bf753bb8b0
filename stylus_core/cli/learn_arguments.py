"""The arguments of `stylus learn`."""

from __future__ import annotations

import argparse
from pathlib import Path

from stylus_core.cli.arguments import add_common, add_library
from stylus_core.errors import OptionError

#: What `--forget` is without a folder.
EVERYTHING = ""


def add_learn(command: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    command.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="folder of your pictures; without: all that are learned and on"
    )
    command.add_argument("--status", action="store_true", help="say what is learned, and read nothing")
    command.add_argument(
        "--report",
        type=Path,
        metavar="FILE.html",
        help="write a private page of what you use: over time, most, together, at which weights; reads nothing",
    )
    command.add_argument(
        "--forget",
        nargs="?",
        const=EVERYTHING,
        metavar="FOLDER",
        help="forget what was learned of a folder; without one: everything, your corrections included",
    )
    command.add_argument("--off", action="append", default=[], metavar="FOLDER", help="let a folder not count any more")
    command.add_argument("--on", action="append", default=[], metavar="FOLDER", help="let it count again")
    add_library(command)
    add_common(command)


def check_learn(args: argparse.Namespace) -> None:
    """Raises `OptionError` where the command line says two things at once."""
    asked = {
        "FOLDER": bool(args.folders),
        "--status": args.status,
        "--report": args.report is not None,
        "--forget": args.forget is not None,
        "--off or --on": bool(args.off or args.on),
    }
    given = [name for name, is_given in asked.items() if is_given]
    if len(given) > 1:
        raise OptionError(f"{' and '.join(given)} are two things: give one of them at a time")
    if args.report is not None and args.report.suffix.lower() not in (".html", ".htm"):
        raise OptionError(f"--report replaces the file that it names: {args.report} has to end in .html")
