"""The grammar of `stylus batch`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stylus_core.cli.model_flags import add_composer_flags
from stylus_core.cli.number_types import number, whole

AUTH_ENV = "STYLUS_WEBUI_AUTH"
_Adder = Callable[[argparse.ArgumentParser], None]


def add_batch(commands: Any, library: _Adder, common: _Adder, options: _Adder) -> None:
    """Adds the command to argparse's `commands`; the adders add what other commands have too."""
    batch = commands.add_parser(
        "batch", allow_abbrev=False, help="make the pictures of many prompts with and without adapters, to compare"
    )
    batch.add_argument(
        "prompts", type=Path, metavar="FILE", help="CSV with a column prompt or caption, JSON lines, or a prompt a line"
    )
    batch.add_argument(
        "--webui", action="append", required=True, metavar="URL", help="a WebUI started with --api; may be repeated"
    )
    batch.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="results; a run that was ended goes on from them"
    )
    batch.add_argument("--seeds", type=whole(1, 1000), default=1, metavar="N", help="pictures a prompt and side (1)")
    batch.add_argument("--first-seed", type=whole(0, 2**32 - 1001), default=1, metavar="N", help="the first seed (1)")
    batch.add_argument("--steps", type=whole(1, 150), default=20, metavar="N", help="sampling steps (20)")
    for flag in ("--width", "--height"):
        batch.add_argument(flag, type=whole(64, 4096), default=512, metavar="N", help="in pixels (512)")
    batch.add_argument("--cfg", type=number(0, 100), default=7.0, metavar="X", help="guidance scale (7)")
    batch.add_argument("--negative", default="", metavar="TEXT", help="negative prompt of both sides")
    batch.add_argument("--limit", type=whole(1, 10**9), metavar="N", help="only the first N prompts")
    batch.add_argument(
        "--checkpoint", default="", metavar="NAME", help="checkpoint; the one that is loaded if not given"
    )
    add_reaching(batch)
    library(batch)
    common(batch)
    options(batch)
    add_composer_flags(batch)


def add_reaching(command: argparse.ArgumentParser) -> None:
    """Adds how a WebUI is reached, and for how long it is waited for."""
    command.add_argument(
        "--auth-env", default=AUTH_ENV, metavar="NAME", help=f"variable with user:password of --api-auth ({AUTH_ENV})"
    )
    command.add_argument(
        "--picture-timeout", type=number(1, 86400), default=600.0, metavar="S", help="seconds for one picture (600)"
    )
