"""Arguments that several commands have. Every option of a selection comes out of `stylus_core.option_table.TABLE`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stylus_core.errors import OptionError
from stylus_core.home import NAMINGS
from stylus_core.option_table import TABLE
from stylus_core.option_values import Option, check

#: What the help of `stylus` and of `stylus select` ends with.
EPILOG = """\
exit codes:
  0    done; choosing nothing is done as well
  1    something went wrong, one sentence on the error stream says what
  2    the command line itself is wrong
  130  interrupted with Ctrl-C; what was stored so far is whole
  141  the reader of a pipe went away

environment:
  STYLUS_LIBRARY   folders of adapters, where --library is not given
  STYLUS_HOME      where the state is kept (default: a folder "stylus" in the user's cache)
  STYLUS_ENCODER   folder of an embedding model, where --encoder is not given
  STYLUS_NAMES     what adapters are called by, where --names is not given
  STYLUS_INDEX     a search engine that holds the index, where --index is not given
  STYLUS_ENDPOINT  an OpenAI-compatible server, where --base-url is not given (or STYLUS_BASE_URL, which goes before)
  STYLUS_MODEL     the server's model, where --model is not given
  STYLUS_API_KEY   the server's key
  NO_COLOR         no colour
"""
#: `--candidates` says how many candidates to print, so the option of that name gets another flag.
FLAGS = {"candidates": "pool"}
_PREFIX = "option_"
METAVAR = {"choice": "NAME", "choices": "A,B,...", "int": "N", "float": "X", "names": "A,B,..."}


def option_values(args: argparse.Namespace) -> dict[str, Any]:
    """Reads the options of the table that the command line sets.

    Args:
        args: of a command with the options of a selection.

    Returns:
        By the option's name the value, checked; what is not given is absent.
    """
    return {key[len(_PREFIX) :]: value for key, value in vars(args).items() if key.startswith(_PREFIX)}


def libraries(args: argparse.Namespace) -> list[Path]:
    """Reads which folders the command line or, without it, `STYLUS_LIBRARY` names.

    Args:
        args: of a command with `--library`.

    Returns:
        The folders of one library, in order; may be empty.
    """
    named = args.library or [part for part in os.environ.get("STYLUS_LIBRARY", "").split(os.pathsep) if part]
    return [Path(part).expanduser() for part in named]


def add_library(command: argparse.ArgumentParser) -> None:
    """Adds the folders of adapters that a command works on.

    Args:
        command: the command's parser.
    """
    command.add_argument("--library", action="append", metavar="DIR", help="folder of adapters; may be repeated")


def add_common(command: argparse.ArgumentParser) -> None:
    """Adds what every command has that opens a library: its output, state, encoder and index.

    Args:
        command: the command's parser.
    """
    command.add_argument("--json", action="store_true", help="print JSON, one object a line")
    add_opening(command)


def add_opening(command: argparse.ArgumentParser) -> None:
    """Adds what a command opens a library with: its state, encoder, index and names.

    Args:
        command: the command's parser.
    """
    command.add_argument("--home", type=Path, metavar="DIR", help="where the state is kept")
    command.add_argument(
        "--encoder", default="auto", metavar="auto|none|PATH", help="embedding model: a folder, or none for BM25 alone"
    )
    command.add_argument(
        "--index",
        default=os.environ.get("STYLUS_INDEX"),
        metavar="ADDRESS",
        help="search engine that holds the index: milvus://host:port/collection",
    )
    command.add_argument(
        "--names",
        dest="naming",  # `stylus refine` takes names of adapters
        default=os.environ.get("STYLUS_NAMES") or NAMINGS[0],
        metavar="|".join(NAMINGS),
        help="what adapters are called by: their stems as in a WebUI, or their paths below the library as in ComfyUI",
    )
    command.add_argument("-v", "--verbose", action="store_true", help="log what is done, on the error stream")


def add_selection_options(command: argparse.ArgumentParser) -> None:
    """Adds a flag for each option of a selection.

    Args:
        command: the command's parser.
    """
    group = command.add_argument_group("options of the selection")
    for option in TABLE:
        settings: dict[str, Any] = {"dest": _PREFIX + option.name, "default": argparse.SUPPRESS, "help": _help(option)}
        if option.type == "bool":
            settings["action"] = argparse.BooleanOptionalAction
        else:
            settings |= {"type": _typed(option), "metavar": METAVAR[option.type]}
        group.add_argument("--" + FLAGS.get(option.name, option.name).replace("_", "-"), **settings)


def _help(option: Option) -> str:
    words = [option.help]
    if option.choices:
        words.append(f"{'One' if option.type == 'choice' else 'Any'} of {', '.join(option.choices)}.")
    if option.low is not None and option.high is not None:
        number = "d" if option.type == "int" else "g"
        words.append(f"From {option.low:{number}} to {option.high:{number}}.")
    shown = "none" if option.default == () else "all" if option.default == option.choices else option.default
    return " ".join([*words, f"Default: {shown}."]).replace("%", "%%")


def _typed(option: Option) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return check(option, text)
        except OptionError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert
