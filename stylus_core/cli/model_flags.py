"""Flags of the commands that ask a model: whom, for how long, and of those that ask often, what it costs.

What an endpoint is said by comes out of `stylus_core.llm.endpoint_settings.FIELDS`.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stylus_core.cli.number_types import number, whole
from stylus_core.cli.terminal_text import Console
from stylus_core.errors import LLMError
from stylus_core.llm.endpoint_settings import BY_NAME, FIELDS, KEY_VARIABLES, EndpointField, endpoint_of

if TYPE_CHECKING:
    from stylus_core.composer.settings import ComposerSettings
    from stylus_core.llm.endpoint import Endpoint

#: Seconds for one of many calls: nobody waits for a single one.
_BATCH_TIMEOUT = 180.0
#: Where a parsed command line has the settings of the composers; a command of its own may ask a model as well.
_COMPOSERS = "composers_"


def add_composer_flags(command: argparse.ArgumentParser) -> None:
    """Adds the flags of the composers that ask a model; those that are not given are absent from what is parsed.

    Args:
        command: takes them; `composer_settings` reads them.
    """
    group = command.add_argument_group("composers that ask a model (--composer llm, --composer reranker)")
    for field in FIELDS:
        _add(group, field, _COMPOSERS + field.name, argparse.SUPPRESS)


def composer_settings(args: argparse.Namespace) -> ComposerSettings | None:
    """Reads the flags of `add_composer_flags`.

    Args:
        args: of a command, with these flags or without.

    Returns:
        The settings; None where no flag was given: the environment decides.
    """
    values = {k.removeprefix(_COMPOSERS): v for k, v in vars(args).items() if k.startswith(_COMPOSERS)}
    if not values:
        return None
    from stylus_core.composer.settings import ComposerSettings

    return ComposerSettings(**values)


def add_server_flag(command: argparse.ArgumentParser) -> None:
    """Adds the flag for a server's address alone, which `endpoint_settings.resolved` completes.

    Args:
        command: takes it.
    """
    _add(command, BY_NAME["base_url"], "base_url", "")


def add_batch_flags(command: argparse.ArgumentParser) -> None:
    """Adds the flags of a command that makes many calls of a model.

    Args:
        command: takes them; `batch_endpoint` reads whom to ask.
    """
    for name in ("base_url", "model", "key_env"):
        _add(command, BY_NAME[name], name, "")
    _add(command, BY_NAME["timeout"], "timeout", _BATCH_TIMEOUT, number(1, 3600))
    command.add_argument("--workers", type=whole(1, 64), default=4, metavar="N", help="calls under way at once (4)")
    for flag, what in (("--price-in", "prompt tokens"), ("--price-out", "tokens of answers")):
        command.add_argument(flag, type=number(0, 1e6), default=0.0, metavar="X", help=f"price of a million {what}")
    command.add_argument("--retry", action="store_true", help="try at once what failed, without waiting")
    command.add_argument(
        "--dry-run", action="store_true", help="say what would be sent and what it costs, send nothing"
    )
    command.add_argument("--yes", action="store_true", help="do not ask before sending")


def batch_endpoint(args: argparse.Namespace) -> Endpoint:
    """Reads whom a command with `add_batch_flags` asks.

    Args:
        args: of the command.

    Returns:
        The endpoint, with what the environment says where a flag is missing.

    Raises:
        LLMError: neither the command line nor the environment names a server and its model.
    """
    found = endpoint_of({name: getattr(args, name) for name in ("base_url", "model", "key_env", "timeout")})
    if not found.base_url or not found.model:
        raise LLMError(
            "name the server and its model: --base-url http://127.0.0.1:11434/v1 --model NAME, or set STYLUS_ENDPOINT "
            "and STYLUS_MODEL"
        )
    return found


def agreed(console: Console) -> bool:
    """Asks whoever sits at the terminal whether to send.

    Args:
        console: where the question is written.

    Returns:
        Whether the answer was yes; False without a terminal, where nobody can agree.
    """
    if not sys.stdin.isatty():
        console.say("nothing was sent: --yes agrees without being asked")
        return False
    console.err.write("send them? [y/N] ")
    console.err.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _add(command: Any, field: EndpointField, dest: str, default: Any, kind: Callable[[str], Any] | None = None) -> None:
    if not field.flags:
        return
    known = KEY_VARIABLES if field.name == "key_env" else field.variables
    shown = default if isinstance(default, float) else field.default
    more = f" ({', '.join(known)})" if known else f" ({shown:g})" if shown is not None else ""
    kind = kind or (_seconds if field.seconds else str)
    command.add_argument(
        *field.flags, dest=dest, type=kind, metavar=field.metavar, default=default, help=field.help + more
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise argparse.ArgumentTypeError(f"seconds are needed, not {text!r}")
    return value
