"""`stylus study`: its steps. Each has its arguments and its work in a module of its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stylus_study.cli import judge_step, metrics_step, report_step, run_step, vote_step

if TYPE_CHECKING:
    from stylus_core.cli.open_library import Opener
    from stylus_core.cli.terminal_text import Console

_Adder = Callable[[argparse.ArgumentParser], None]
#: In the order in which they are taken.
STEPS: dict[str, ModuleType] = {
    "run": run_step,
    "metrics": metrics_step,
    "judge": judge_step,
    "vote": vote_step,
    "report": report_step,
}


def add_study(commands: Any, library: _Adder, common: _Adder) -> None:
    """Adds the command to argparse's `commands`; the adders add what other commands have too."""
    study = commands.add_parser(
        "study", allow_abbrev=False, help="find out by many pictures whether adapters make them better, and by how much"
    )
    steps = study.add_subparsers(dest="step", metavar="STEP", required=True)
    for step in STEPS.values():
        step.add(steps, library, common)


def study(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus study STEP`."""
    code: int = STEPS[args.step].work(args, console, opener)
    return code
