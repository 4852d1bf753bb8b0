"""`stylus study vote`: people compare pictures of systems on a page of this machine."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import OK
from stylus_core.cli.number_types import whole
from stylus_core.cli.open_library import dump
from stylus_core.cli.terminal_text import Console, table
from stylus_study.cli.step_flags import add_comparing, add_folder, percent
from stylus_study.packages import require


def _add_arguments(step: argparse.ArgumentParser) -> None:
    add_folder(step)
    add_comparing(step)
    step.add_argument("--limit", type=whole(1, 10**9), metavar="N", help="pairs of each system, at most")
    step.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="an address of this machine (127.0.0.1)")
    step.add_argument("--port", type=whole(0, 65535), default=7871, metavar="N", help="0 takes any that is free (7871)")
    step.add_argument("--rater", metavar="NAME", help="who votes; the page asks if not given")
    step.add_argument("--summary", action="store_true", help="say what the votes so far add up to, and serve nothing")


def vote_study(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus study vote OUT`."""
    from stylus_study.vote.preference_vote import serve, summary

    require("win rates and agreement", "sklearn", "statsmodels")

    def ready(url: str, pairs: int) -> None:
        console.say(f"{url}  {pairs:,} pairs; open it in a browser, end it here with Ctrl-C")

    if args.summary:
        found = summary(args.folder, against=args.against)
    else:
        found = serve(
            args.folder,
            host=args.host,
            port=args.port,
            rater=args.rater,
            systems=args.system,
            against=args.against,
            limit=args.limit,
            cfgs=args.cfg,
            seed=args.seed,
            ready=ready,
        )
    dump(console, found) if args.json else console.print(*_result(found))
    return OK


def _result(found: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            row["system"],
            row["against"],
            percent(row["rate"]),
            *(str(row[name]) for name in ("wins", "losses", "ties", "same")),
        ]
        for row in found["rows"]
    ]
    lines = [*table(["system", "against", "win rate", "wins", "losses", "ties", "same picture"], rows, 200), ""]
    lines.append(f"{found['votes']:,} votes of {found['raters']:,} raters")
    agreement = found["agreement"]
    if agreement["kappa"] is not None:
        name = {"cohen": "Cohen's", "fleiss": "Fleiss'"}[agreement["name"]]
        lines.append(f"{name} kappa {agreement['kappa']:.2f} over {agreement['items']:,} pairs that several rated")
    if found["stale"]:
        lines.append(f"{found['stale']:,} votes are about pictures that the study does not have any more")
    return lines


STEP = Command(
    "let people compare pictures without knowing which is which, on a page in a browser", _add_arguments, vote_study
)
