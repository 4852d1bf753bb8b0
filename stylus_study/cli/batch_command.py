"""`stylus batch`: pictures of many prompts, with and without adapters."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stylus_core.cli.arguments import add_common, add_library, add_selection_options, libraries, option_values
from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import FAILED, OK
from stylus_core.cli.model_flags import add_composer_flags
from stylus_core.cli.number_types import number, whole
from stylus_core.cli.open_library import dump, opened, prepare
from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.terminal_text import Console, clean
from stylus_core.options import Options
from stylus_study.cli.webui_flags import add_webui_flags

_REASONS = 5  # failed pictures that are told


def batch(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus batch FILE --webui URL --out DIR`. Fails if a picture is missing in the end."""
    from stylus_study.batch.batch_run import BatchRun
    from stylus_study.batch.comparison_page import write_comparison
    from stylus_study.batch.pair_rendering import PairRenderer
    from stylus_study.batch.prompts import read_prompts
    from stylus_study.batch.render_jobs import WantedPicture, pairs
    from stylus_study.batch.run_folder import RESULTS, RunFolder
    from stylus_study.batch.webui import WebUI
    from stylus_study.templates import need_jinja2

    need_jinja2()  # rather now than after the last picture
    options = Options.of(option_values(args))
    picture = WantedPicture(args.steps, args.width, args.height, args.cfg, args.negative, args.checkpoint)
    auth = os.environ.get(args.auth_env, "")
    webuis = {w.url: w for w in (WebUI(url, auth, timeout=args.picture_timeout) for url in args.webui)}
    prompts = read_prompts(args.prompts, args.limit)
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    jobs = list(pairs(prompts, seeds, picture, options))
    with RunFolder(args.out) as store, _selector(args, console, opener) as selector:
        renderers = [PairRenderer(webui, [args.checkpoint], options, selector) for webui in webuis.values()]
        try:
            with ProgressBar(console) as progress:
                report = BatchRun(jobs, renderers, store, progress, console.tell).run()
        finally:
            order = {job.id: number for number, pair in enumerate(jobs) for job in pair}
            records = sorted(store.records, key=lambda r: order.get(r["id"], len(order)))
            page = write_comparison(args.out, records)
    if args.json:
        dump(console, {**dataclasses.asdict(report), "left": report.left, "gallery": str(page)})
    else:
        for why in list(report.failed.values())[:_REASONS]:
            console.say(f"stylus: {clean(why)}")
        missing = f", {report.left} missing: run the same command again to make them" if report.left else ""
        console.print(
            f"{report.made} pictures made, {report.already} were there{missing}",
            f"results  {args.out / RESULTS}",
            f"gallery  {page}",
        )
    return FAILED if report.left else OK


@contextlib.contextmanager
def _selector(args: argparse.Namespace, console: Console, opener: Opener) -> Iterator[Any]:
    """The library for WebUIs without the extension, or None where none is named."""
    if not libraries(args):
        yield None
        return
    with opened(args, opener) as stylus:
        prepare(stylus, console)
        yield stylus


def _add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "prompts", type=Path, metavar="FILE", help="CSV with a column prompt or caption, JSON lines, or a prompt a line"
    )
    command.add_argument(
        "--webui", action="append", required=True, metavar="URL", help="a WebUI started with --api; may be repeated"
    )
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="results; a run that was ended goes on from them"
    )
    command.add_argument("--seeds", type=whole(1, 1000), default=1, metavar="N", help="pictures a prompt and side (1)")
    command.add_argument("--first-seed", type=whole(0, 2**32 - 1001), default=1, metavar="N", help="the first seed (1)")
    command.add_argument("--steps", type=whole(1, 150), default=20, metavar="N", help="sampling steps (20)")
    for flag in ("--width", "--height"):
        command.add_argument(flag, type=whole(64, 4096), default=512, metavar="N", help="in pixels (512)")
    command.add_argument("--cfg", type=number(0, 100), default=7.0, metavar="X", help="guidance scale (7)")
    command.add_argument("--negative", default="", metavar="TEXT", help="negative prompt of both sides")
    command.add_argument("--limit", type=whole(1, 10**9), metavar="N", help="only the first N prompts")
    command.add_argument(
        "--checkpoint", default="", metavar="NAME", help="checkpoint; the one that is loaded if not given"
    )
    add_webui_flags(command)
    add_library(command)
    add_common(command)
    add_selection_options(command)
    add_composer_flags(command)


COMMAND = Command("make the pictures of many prompts with and without adapters, to compare", _add_arguments, batch)
