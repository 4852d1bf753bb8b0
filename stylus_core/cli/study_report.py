"""`stylus study report`: one folder with what a study found."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stylus_core.cli import OK
from stylus_core.cli.opening import Opener, dump
from stylus_core.cli.progress import Progress
from stylus_core.cli.ranges import whole
from stylus_core.cli.text import Console


def add_report(commands: Any, common: Callable[[argparse.ArgumentParser], None]) -> None:
    """Adds the command to argparse's `commands`; `common` adds what every command has."""
    report = commands.add_parser(
        "report", allow_abbrev=False, help="write a page with plots, tables and pictures, from what is there so far"
    )
    report.add_argument("study", type=Path, metavar="DIR", help="the study's folder; the page goes to DIR/report")
    report.add_argument(
        "--size", type=whole(64, 4096), metavar="N", help="longer side of its pictures, in pixels (512)"
    )
    common(report)


def report(args: argparse.Namespace, console: Console, _: Opener) -> int:
    """`stylus study report DIR`."""
    from stylus_core.study.report import SIZE, build

    with Progress(console) as progress:
        page = build(args.study, size=args.size or SIZE, progress=progress)
    if args.json:
        dump(console, {"report": str(page)})
    else:
        console.print(f"report  {page}")
    return OK
