"""What commands have in common that make many calls of a model: whom they ask, what it costs, and whether to."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from stylus_core.cli.number_types import number, whole
from stylus_core.cli.terminal_text import Console
from stylus_core.errors import LLMError

if TYPE_CHECKING:
    from stylus_core.llm.endpoint import Endpoint


def add_calls(command: argparse.ArgumentParser) -> None:
    """Adds the flags."""
    command.add_argument(
        "--base-url", default=os.environ.get("STYLUS_ENDPOINT"), metavar="URL", help="an OpenAI-compatible server"
    )
    command.add_argument(
        "--model", default=os.environ.get("STYLUS_MODEL"), metavar="NAME", help="the name that the server knows"
    )
    command.add_argument(
        "--key-variable", default="", metavar="NAME", help="environment variable with the key (STYLUS_API_KEY)"
    )
    command.add_argument("--workers", type=whole(1, 64), default=4, metavar="N", help="calls under way at once (4)")
    command.add_argument("--timeout", type=number(1, 3600), default=180.0, metavar="S", help="seconds a call (180)")
    for flag, what in (("--price-in", "prompt tokens"), ("--price-out", "tokens of answers")):
        command.add_argument(flag, type=number(0, 1e6), default=0.0, metavar="X", help=f"price of a million {what}")
    command.add_argument("--retry", action="store_true", help="try at once what failed, without waiting")
    command.add_argument(
        "--dry-run", action="store_true", help="say what would be sent and what it costs, send nothing"
    )
    command.add_argument("--yes", action="store_true", help="do not ask before sending")


def endpoint(args: argparse.Namespace) -> Endpoint:
    """Whom the command line or the environment names. Raises `LLMError`."""
    from stylus_core.llm.endpoint import Endpoint, find_key

    if not args.base_url or not args.model:
        raise LLMError(
            "name the server and its model: --base-url http://127.0.0.1:11434/v1 --model NAME, or set STYLUS_ENDPOINT "
            "and STYLUS_MODEL"
        )
    return Endpoint(args.base_url, args.model, find_key(args.base_url, variable=args.key_variable), args.timeout)


def agreed(console: Console) -> bool:
    """A question on a terminal; without one nobody can agree, and nothing is sent."""
    if not sys.stdin.isatty():
        console.say("nothing was sent: --yes agrees without being asked")
        return False
    console.err.write("send them? [y/N] ")
    console.err.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
