"""`stylus study judge`: a vision-language model compares pictures of systems."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import FAILED, OK
from stylus_core.cli.model_flags import add_batch_flags, agreed, batch_endpoint
from stylus_core.cli.number_types import whole
from stylus_core.cli.open_library import dump
from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.terminal_text import Console, clean, indented, table
from stylus_study.cli.step_flags import add_comparing, add_folder, percent
from stylus_study.packages import require

if TYPE_CHECKING:
    from stylus_study.judge.vlm_judge import JudgeCost

_REASONS = 5  # reasons of failures that are told


def _add_arguments(step: argparse.ArgumentParser) -> None:
    add_folder(step)
    add_comparing(step)
    step.add_argument(
        "--criterion",
        action="append",
        choices=("quality", "alignment", "diversity"),
        help="what to judge by; may be repeated (all three)",
    )
    step.add_argument("--limit", type=whole(1, 10**9), metavar="N", help="pairs of each system and criterion, at most")
    add_batch_flags(step)


def judge_study(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus study judge OUT`. Fails if the run ended early, not if single answers failed."""
    from stylus_core.llm.batch import CallTerms
    from stylus_study.judge.questions import CRITERIA
    from stylus_study.judge.vlm_judge import judge

    require("win rates", "statsmodels")
    server = batch_endpoint(args)

    def approve(cost: JudgeCost) -> bool:
        if not args.json:
            console.say(*_cost(cost, console))
        return args.yes or agreed(console)

    with ProgressBar(console) as progress:
        found = judge(
            args.folder,
            endpoint=server,
            systems=args.system,
            against=args.against,
            criteria=args.criterion or CRITERIA,
            limit=args.limit,
            cfgs=args.cfg,
            seed=args.seed,
            terms=CallTerms(args.workers, args.timeout, args.price_in, args.price_out, args.retry),
            dry_run=args.dry_run,
            approve=approve,
            progress=progress,
        )
    if args.json:
        dump(console, found)
    elif args.dry_run:
        from stylus_study.judge.vlm_judge import JudgeCost

        console.print(*_cost(JudgeCost(**found["cost"]), console))
    elif "rows" in found:
        console.print(*_result(found))
        for line in _told(found):
            console.say(*indented("stylus: ", line, console.columns))
    done = args.dry_run or ("rows" in found and not found["stopped"])
    return OK if done else FAILED


def _cost(cost: JudgeCost, console: Console) -> list[str]:
    from stylus_core.llm.batch import told_cost

    lines = [f"{cost.questions:,} questions, each in both orders: {cost.calls:,} calls still to make"]
    kept = (
        (cost.same, "pairs of the same picture on both sides: ties, not asked"),
        (cost.missing, "pairs lack a picture"),
        (cost.resting, "calls failed and rest before they are tried again (--retry tries them now)"),
    )
    lines += [f"  {count:,} {what}" for count, what in kept if count]
    if cost.calls:
        said = told_cost(cost.prompt_tokens, cost.completion_tokens, cost.price, cost.seconds)
        lines += indented("  ", said, console.columns)
    return lines


def _result(found: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            row["system"],
            row["against"],
            row["criterion"],
            percent(row["rate"]),
            *(str(row[name]) for name in ("wins", "losses", "ties", "inconsistent", "failed")),
            *("-" if row[name] is None else f"{row[name]:.2f}" for name in ("score", "score_against")),
        ]
        for row in found["rows"]
    ]
    head = [
        "system",
        "against",
        "criterion",
        "win rate",
        "wins",
        "losses",
        "ties",
        "incons.",
        "failed",
        "score",
        "of it",
    ]
    lines = [*table(head, rows, 200), ""]
    if found["asked"]:
        share = found["inconsistent"] / found["asked"]
        lines.append(
            f"{found['inconsistent']:,} of {found['asked']:,} questions ({share:.0%}) got inconsistent answers; "
            f"{found['first']:.0%} of the answers chose what was shown first (50% is fair)"
        )
    return lines


def _told(found: Mapping[str, Any]) -> list[str]:
    worst = sorted(found["reasons"].items(), key=lambda item: -item[1])[:_REASONS]
    lines = [*found["notes"], *(f"{count} x {clean(reason)}" for reason, count in worst)]
    if found["failed"]:
        lines.append(
            f"{found['failed']:,} questions have no two answers and are not counted; they are tried again later"
        )
    return [*lines, *filter(None, [found["stopped"]])]


STEP = Command("let a vision-language model compare pictures, each pair in both orders", _add_arguments, judge_study)
