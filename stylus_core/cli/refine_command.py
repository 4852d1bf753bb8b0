"""`stylus refine` and `describe`: descriptions by a model and by others."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import FAILED, OK
from stylus_core.cli.model_flags import agreed, batch_endpoint
from stylus_core.cli.open_library import dump, named, scanned
from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.refine_arguments import add_describe, add_refine
from stylus_core.cli.terminal_text import Console, indented
from stylus_core.errors import LibraryError
from stylus_core.types import Adapter

if TYPE_CHECKING:
    from stylus_core.refiner.model.exchange import Imported
    from stylus_core.refiner.model.refine_plan import RefinePlan
    from stylus_core.refiner.model.refine_run import RefineReport

_REASONS = 5  # reasons of failures that are told


def refine(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus refine`. Fails if the run ended early, not if single adapters failed."""
    from stylus_core.refiner.model.refine_plan import RefineSettings
    from stylus_core.refiner.model.refine_run import RefineReport, refine_library

    asked = batch_endpoint(args)
    settings = RefineSettings(
        workers=args.workers,
        budget=args.timeout,
        price_in=args.price_in,
        price_out=args.price_out,
        retry=args.retry,
        pictures=args.pictures,
        again=args.again,
    )
    made = RefineReport()
    with scanned(args, console, opener) as stylus:
        only = [_usable(stylus, name).id for name in args.names] if args.names else None

        def approve(plan: RefinePlan) -> bool:
            if not args.json:
                (console.print if args.dry_run else console.say)(*_plan(plan, console))
            return not args.dry_run and (args.yes or agreed(console))

        def step(so_far: RefineReport) -> None:
            nonlocal made
            made = so_far
            progress(_stage(so_far), so_far.done + so_far.failed, so_far.total)

        try:
            with ProgressBar(console) as progress:
                plan, made = refine_library(
                    stylus.library, stylus.home, asked, settings, only=only, approve=approve, progress=step
                )
        except KeyboardInterrupt:
            console.say(*_report(made, console))
            raise
    if not plan.jobs and not args.json:
        console.say(*_plan(plan, console))
    if args.json:
        dump(console, {**_plan_json(plan), **dataclasses.asdict(made)})
    elif made.done or made.failed or made.stopped:
        console.print(*_report(made, console))
    return FAILED if made.stopped else OK


def describe(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus describe export FILE` and `stylus describe import FILE`."""
    with scanned(args, console, opener) as stylus:
        return (_export if args.action == "export" else _import)(args, console, stylus)


def _usable(stylus: Any, name: str) -> Adapter:
    found = named(stylus, name)
    if found.status != "ok":
        raise LibraryError(f"{name!r} is never picked and so not described: {found.problem}")
    return found


def _export(args: argparse.Namespace, console: Console, stylus: Any) -> int:
    from stylus_core.refiner.model.exchange import export_lines

    lines = list(export_lines(stylus.library.adapters()))
    if args.file == "-":
        console.print(*lines)
    else:
        try:
            Path(args.file).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        except OSError as error:
            raise LibraryError(f"{args.file} cannot be written: {error.strerror or error}") from None
    if args.json and args.file != "-":
        dump(console, {"written": len(lines), "file": args.file})
    else:
        console.say(f"{len(lines)} descriptions written" + ("" if lines else ": stylus refine makes some"))
    return OK


def _import(args: argparse.Namespace, console: Console, stylus: Any) -> int:
    from stylus_core.refiner.model.exchange import import_lines
    from stylus_core.refiner.model.stylusdocs import import_stylusdocs

    if args.file == "-":
        made = import_lines(stylus.library, sys.stdin.buffer)
    else:
        try:
            with open(args.file, "rb") as file:
                if _is_pickle(file):
                    with ProgressBar(console) as progress:
                        path = Path(args.file)
                        made = import_stylusdocs(stylus.library, path, lambda d, t: progress("read bytes", d, t))
                else:
                    made = import_lines(stylus.library, file)
        except OSError as error:
            raise LibraryError(f"{args.file} cannot be read: {error.strerror or error}") from None
    if args.json:
        dump(console, dataclasses.asdict(made))
    else:
        console.print(*_imported(made, console))
    return OK


def _is_pickle(file: BinaryIO) -> bool:
    """JSON lines begin with a brace; a pickle of protocol 2 or later with this byte, an older one with its mark."""
    first = file.read(1)
    file.seek(0)
    return first in (b"\x80", b"(", b"]", b"c")


def _imported(made: Imported, console: Console) -> list[str]:
    lines = [f"{made.read} descriptions read, {made.matched} adapters of the library described by them"]
    if made.refused:
        lines.append(f"{made.refused} refused")
    for problem in made.problems:
        lines += indented("  ", problem, console.columns)
    return lines


def _plan(plan: RefinePlan, console: Console) -> list[str]:
    lines = [plan.scope]
    kept = (
        (plan.described, "described already"),
        (plan.resting, "failed and rest before they are tried again (--retry tries them now)"),
        (plan.unknown, "left as they are: nothing is known of them but their name"),
    )
    lines += [f"  {count} {what}" for count, what in kept if count]
    if plan.jobs:
        lines += indented("  ", plan.cost, console.columns)
    return lines


def _plan_json(plan: RefinePlan) -> dict[str, Any]:
    return {
        "to_describe": len(plan.jobs),
        "with_pictures": plan.with_pictures,
        "described": plan.described,
        "resting": plan.resting,
        "unknown": plan.unknown,
        "estimate": {
            "prompt_tokens": plan.prompt_tokens,
            "completion_tokens": plan.completion_tokens,
            "price": round(plan.price, 4),
            "seconds": plan.seconds,
        },
    }


def _stage(so_far: RefineReport) -> str:
    cost = f", {so_far.price:.3f}" if so_far.price else ""
    what = "finishing" if so_far.stopped else "described"
    return f"{what} ({so_far.prompt_tokens + so_far.completion_tokens:,} tokens{cost})"


def _report(made: RefineReport, console: Console) -> list[str]:
    first, *more = made.told
    lines = [first, *(f"  {line}" for line in more)]
    for reason, count in made.worst[:_REASONS]:
        lines += indented(f"    {count} x ", reason, console.columns)
    if made.stopped:
        lines += indented("  ", made.stopped, console.columns)
    return lines


REFINE = Command("let a language model describe the adapters, from their texts and pictures", add_refine, refine)
DESCRIBE = Command("share descriptions: write them to a file, or take them in from one", add_describe, describe)
