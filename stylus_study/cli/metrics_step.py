"""`stylus study metrics`: CLIP score, FID, KID and diversity of a study's pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import OK
from stylus_core.cli.number_types import whole
from stylus_core.cli.open_library import dump
from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.terminal_text import Console, table
from stylus_study.cli.step_flags import add_folder, estimate


def _add_arguments(step: argparse.ArgumentParser) -> None:
    add_folder(step)
    step.add_argument("--reference", type=Path, metavar="DIR", help="pictures to compare with, for FID and KID")
    step.add_argument(
        "--clip", metavar="NAME|DIR", help="CLIP model (openai/clip-vit-large-patch14); none leaves its score out"
    )
    step.add_argument("--inception", metavar="FILE", help="the Inception network, where it is not in its own place")
    step.add_argument(
        "--best-of-group",
        action="store_true",
        help="the paper's rule: of the pictures of one prompt only the one with the highest CLIP score counts",
    )
    step.add_argument("--device", default="auto", metavar="NAME", help="cuda, cpu, ...; auto takes a GPU if it can")
    step.add_argument("--batch", type=whole(0, 4096), default=0, metavar="N", help="pictures at a time; 0: it knows")


def measure_study(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus study metrics OUT`."""
    from stylus_study.metrics.study_metrics import CLIP_MODEL, measure

    with ProgressBar(console) as progress:
        found = measure(
            args.folder,
            reference=args.reference,
            clip="" if args.clip == "none" else args.clip or CLIP_MODEL,
            inception=args.inception,
            best_of_group=args.best_of_group,
            device=args.device,
            batch=args.batch,
            progress=progress,
        )
    if args.json:
        dump(console, found)
        return OK
    for note in found.get("notes") or ():
        console.say(f"stylus: {note}")
    rows = [
        [
            str(row["system"]),
            str(row["checkpoint"] or "-"),
            f"{row['cfg']:g}",
            str(row["pictures"]),
            *(estimate(row.get(name)) for name in ("clip", "fid")),
            estimate(row.get("kid"), ".4f"),
            estimate(row.get("diversity")),
        ]
        for row in found["rows"]
    ]
    head = ["system", "checkpoint", "CFG", "pictures", "CLIP", "FID", "KID", "diversity"]
    console.print(*table(head, rows, 200))
    console.print("", f"{found['missing']} pictures missing, {len(found['broken'])} broken; 95% intervals")
    return OK


STEP = Command("measure the pictures: CLIP score, FID, KID, diversity", _add_arguments, measure_study)
