"""`stylus batch`: pictures of many prompts, with and without adapters."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
from collections.abc import Iterator
from typing import Any

from stylus_core.cli import FAILED, OK
from stylus_core.cli.arguments import libraries, option_values
from stylus_core.cli.open_library import Opener, dump, opened, prepare
from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.terminal_text import Console, clean
from stylus_core.options import Options

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
