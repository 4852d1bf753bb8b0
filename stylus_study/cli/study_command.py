"""`stylus study`: its steps. Each has its arguments and its work in a module of its own."""

from __future__ import annotations

import argparse

from stylus_core.cli.command import Command, Opener
from stylus_core.cli.terminal_text import Console
from stylus_study.cli import judge_step, metrics_step, report_step, run_step, vote_step

#: In the order in which they are taken.
STEPS: dict[str, Command] = {
    "run": run_step.STEP,
    "metrics": metrics_step.STEP,
    "judge": judge_step.STEP,
    "vote": vote_step.STEP,
    "report": report_step.STEP,
}


def study(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus study STEP`."""
    return STEPS[args.step].run(args, console, opener)


def _add_arguments(command: argparse.ArgumentParser) -> None:
    steps = command.add_subparsers(dest="step", metavar="STEP", required=True)
    for name, step in STEPS.items():
        step.add_to(steps, name)


COMMAND = Command("find out by many pictures whether adapters make them better, and by how much", _add_arguments, study)
