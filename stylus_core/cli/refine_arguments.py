"""The arguments of the commands that describe adapters: `refine`, `describe`."""

from __future__ import annotations

import argparse

from stylus_core.cli.arguments import add_common, add_library
from stylus_core.cli.model_flags import add_batch_flags
from stylus_core.cli.number_types import whole


def add_refine(command: argparse.ArgumentParser) -> None:
    """Adds the arguments of `stylus refine`."""
    command.add_argument("names", nargs="*", metavar="NAME", help="only these adapters; all if none is named")
    command.add_argument(
        "--pictures", type=whole(0, 8), default=2, metavar="N", help="local pictures a model sees, at most (2)"
    )
    command.add_argument("--again", action="store_true", help="describe those too that are described already")
    add_batch_flags(command)
    add_library(command)
    add_common(command)


def add_describe(command: argparse.ArgumentParser) -> None:
    """Adds the arguments of `stylus describe`."""
    command.add_argument("action", choices=("export", "import"), help="what to do")
    command.add_argument(
        "file",
        metavar="FILE",
        help="JSON lines (- for stdout or stdin); import also takes sd_adapters.pkl of StylusDocs",
    )
    add_library(command)
    add_common(command)
