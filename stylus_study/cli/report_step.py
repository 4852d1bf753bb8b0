"""`stylus study report`: one folder that opens in a browser."""

from __future__ import annotations

import argparse

from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import OK
from stylus_core.cli.number_types import whole
from stylus_core.cli.open_library import dump
from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.terminal_text import Console
from stylus_study.cli.step_flags import add_folder


def _add_arguments(step: argparse.ArgumentParser) -> None:
    add_folder(step)
    step.add_argument("--size", type=whole(64, 4096), metavar="N", help="pixels of a picture's longer side (512)")


def report_study(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus study report OUT`."""
    from stylus_study import report

    with ProgressBar(console) as progress:
        page = report.build(args.folder, size=args.size or report.SIZE, progress=progress)
    dump(console, {"report": str(page)}) if args.json else console.print(f"report  {page}")
    return OK


STEP = Command(
    "write the page with curves, tables and pictures; it opens without a server", _add_arguments, report_study
)
