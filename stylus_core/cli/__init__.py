"""The command line `stylus`. Results go to stdout, everything else to stderr."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from stylus_core.cli.exit_codes import FAILED, INTERRUPTED, NO_READER, USAGE
from stylus_core.errors import OptionError, StylusError

if TYPE_CHECKING:
    from stylus_core.cli.terminal_text import Console

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None, *, opener: Callable[..., Any] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the arguments without the program's name; those of the process if None.
        opener: what opens a library, called as `stylus_core.Stylus` is; that class itself if None.

    Returns:
        The exit code; `stylus_core.cli.exit_codes` has them.

    Raises:
        SystemExit: argparse answered: usage, help, version.
    """
    from stylus_core.cli.terminal_text import Console, clean

    _forgive(sys.stdout, sys.stderr)
    console = Console(sys.stdout, sys.stderr)
    try:
        try:
            return _run(argv, console, opener)
        finally:
            console.flush()
    except OptionError as error:
        console.say(f"stylus: {clean(str(error))}")
        return USAGE
    except StylusError as error:
        console.say(f"stylus: {clean(str(error))}")
        return FAILED
    except KeyboardInterrupt:
        console.say("stylus: interrupted")
        return INTERRUPTED
    except BrokenPipeError as error:
        # Python flushes stdout once more at exit and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error.__context__, SystemExit):
            # Help and version end alike, whether stdout is buffered (the flush above finds the pipe broken)
            # or not (argparse finds it, and passes over it).
            raise error.__context__ from None
        return NO_READER
    except Exception as error:
        log.debug("where it happened", exc_info=True)
        told = clean(f"{type(error).__name__}: {error}")
        console.say(f"stylus: this should not have happened: {told}; -v shows where, please report it")
        return FAILED


def _run(argv: Sequence[str] | None, console: Console, opener: Callable[..., Any] | None) -> int:
    from stylus_core.cli.parsing import parse

    command, args = parse(sys.argv[1:] if argv is None else argv)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    logging.basicConfig(level=logging.ERROR, handlers=[handler])
    # What matters of it is told in notes and problems anyway.
    for name in {"stylus", "stylus_core", command.run.__module__.partition(".")[0]}:
        logging.getLogger(name).setLevel(logging.DEBUG if getattr(args, "verbose", False) else logging.CRITICAL)
    logging.getLogger("stylus.storage").setLevel(logging.WARNING)  # a cache that was damaged and healed is told
    return command.run(args, console, opener)


def formatter() -> logging.Formatter:
    """Messages and tracebacks name files and repeat what servers say."""
    from stylus_core.cli.terminal_text import harmless

    class Harmless(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return harmless(super().format(record))

    return Harmless("stylus: %(message)s")


def _forgive(*streams: TextIO) -> None:
    """A title that the terminal's encoding lacks must not end the program."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
