"""The grammar of the commands that describe adapters: `refine`, `describe`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from stylus_core.cli.model_flags import add_batch_flags
from stylus_core.cli.number_types import whole

_Adder = Callable[[argparse.ArgumentParser], None]


def add_refining(commands: Any, library: _Adder, common: _Adder) -> None:
    """Adds the commands to argparse's `commands`; `library` and `common` add the options that all commands have."""
    refine = commands.add_parser(
        "refine", allow_abbrev=False, help="let a language model describe the adapters, from their texts and pictures"
    )
    refine.add_argument("names", nargs="*", metavar="NAME", help="only these adapters; all if none is named")
    refine.add_argument(
        "--pictures", type=whole(0, 8), default=2, metavar="N", help="local pictures a model sees, at most (2)"
    )
    refine.add_argument("--again", action="store_true", help="describe those too that are described already")
    add_batch_flags(refine)
    library(refine)
    common(refine)

    describe = commands.add_parser(
        "describe", allow_abbrev=False, help="share descriptions: write them to a file, or take them in from one"
    )
    describe.add_argument("action", choices=("export", "import"), help="what to do")
    describe.add_argument(
        "file",
        metavar="FILE",
        help="JSON lines (- for stdout or stdin); import also takes sd_adapters.pkl of StylusDocs",
    )
    library(describe)
    common(describe)
