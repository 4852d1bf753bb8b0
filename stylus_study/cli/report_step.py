"""`stylus study report`: one folder that opens in a browser."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stylus_core.cli import OK
from stylus_core.cli.number_types import whole
from stylus_core.cli.terminal_text import Console
from stylus_study.cli.step_flags import add_step

if TYPE_CHECKING:
    from stylus_core.cli.open_library import Opener

_Adder = Callable[[argparse.ArgumentParser], None]


def add(steps: Any, library: _Adder, common: _Adder) -> None:
    """Adds the step to argparse's `steps`."""
    report = add_step(steps, "report", "write the page with curves, tables and pictures; it opens without a server")
    report.add_argument("--size", type=whole(64, 4096), metavar="N", help="pixels of a picture's longer side (512)")


def work(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus study report OUT`."""
    from stylus_core.cli.open_library import dump
    from stylus_core.cli.progress import ProgressBar
    from stylus_study import report

    with ProgressBar(console) as progress:
        page = report.build(args.folder, size=args.size or report.SIZE, progress=progress)
    dump(console, {"report": str(page)}) if args.json else console.print(f"report  {page}")
    return OK
