"""What the commands share: opening the library, bringing it up to date, printing JSON."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stylus_core.cli.arguments import libraries
from stylus_core.cli.command import Opener
from stylus_core.cli.model_flags import composer_settings
from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.terminal_text import Console, json_line
from stylus_core.errors import LibraryError
from stylus_core.home import NAMINGS
from stylus_core.library.find_by_name import the_one
from stylus_core.types import Adapter


def opened(args: argparse.Namespace, opener: Opener, **more: Any) -> Any:
    """Opens the library that the command line or the environment names, for a block or until it is closed.

    Args:
        args: of the command.
        opener: what opens it, called as `stylus_core.Stylus` is; that class itself if None.
        more: further arguments of the opener.

    Returns:
        What the opener gives.

    Raises:
        LibraryError: no library is named.
    """
    roots = named_folders(args)
    if opener is None:
        from stylus_core.stylus import Stylus

        opener = Stylus
    library = roots if len(roots) > 1 else roots[0]
    if (settings := composer_settings(args)) is not None:
        more = {**more, "composers": settings}
    if args.index:
        more = {**more, "index": args.index}
    if args.naming != NAMINGS[0]:
        more = {**more, "names": args.naming}
    return opener(library, home=args.home, encoder=args.encoder, **more)


def named_folders(args: argparse.Namespace) -> list[Path]:
    """Reads which folders the command line or the environment names.

    Args:
        args: of the command.

    Returns:
        The folders of one library, at least one.

    Raises:
        LibraryError: no library is named.
    """
    roots = libraries(args)
    if not roots:
        raise LibraryError(
            "no library is named: give --library DIR, or set STYLUS_LIBRARY to the folder of your adapters"
        )
    return roots


@contextlib.contextmanager
def scanned(args: argparse.Namespace, console: Console, opener: Opener) -> Iterator[Any]:
    """The library open for the block, its files read and nothing indexed: for what a selection takes in by itself."""
    with opened(args, opener) as stylus:
        with ProgressBar(console) as progress:
            stylus.refresh(progress)
        yield stylus


def named(stylus: Any, name: str) -> Adapter:
    """The one adapter of this name. Raises `LibraryError` that says which there are."""
    return the_one(name, stylus.find(name), lambda: stems(stylus))


def stems(stylus: Any) -> list[str]:
    """The names of all adapters that can be picked."""
    return [adapter.name for adapter in stylus.adapters()]


def prepare(stylus: Any, console: Console) -> None:
    """Brings a library up to date, and says so where it was never indexed and that takes a while.

    Args:
        stylus: an open library.
        console: where progress is shown.
    """
    if not stylus.indexed:
        console.say("this library was never indexed: indexing it now")
    bring_up_to_date(stylus, console)


def bring_up_to_date(stylus: Any, console: Console) -> None:
    """Reads what is new and makes it ready for selection.

    Args:
        stylus: an open library.
        console: where progress is shown.
    """
    with ProgressBar(console) as progress:
        stylus.index(progress=progress)


def dump(console: Console, value: Any) -> None:
    """Prints one line of JSON.

    Args:
        console: where to.
        value: what `json.dumps` takes.
    """
    console.print(json_line(value, ascii_only=not console.unicode))
