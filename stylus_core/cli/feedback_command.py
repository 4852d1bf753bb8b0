"""`stylus feedback`: says what was right and wrong of a selection, lists what was said, and takes it back."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from typing import Any

from stylus_core.cli.arguments import add_common, add_library
from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import OK
from stylus_core.cli.open_library import dump, named, opened, scanned
from stylus_core.cli.terminal_text import Console, clean, table
from stylus_core.errors import OptionError
from stylus_core.history.records import ACTIONS, WEIGHED, Correction

#: The heaviest weight that is taken, on either side of nought.
HEAVIEST = 10.0
_MOST = (7, 10, 14, 30)  # columns of number, date, what, and adapter

_OFF = (
    "corrections are not kept for this library yet: switch them on with stylus feedback --on, or with stylus learn "
    "FOLDER, which reads your pictures too"
)


def add_feedback(command: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    command.add_argument("prompt", metavar="PROMPT", nargs="?", help="the prompt that the adapter was picked for")
    command.add_argument("name", metavar="NAME", nargs="?", help="the adapter: the name in its tag, or its title")
    command.add_argument("action", metavar="|".join(ACTIONS), nargs="?", help="what you did, or want")
    command.add_argument("--weight", type=float, metavar="W", help="the weight that you want, with weighed")
    command.add_argument("--undo", type=int, metavar="N", help="take back the correction of this number")
    kept = command.add_mutually_exclusive_group()
    kept.add_argument("--on", action="store_true", help="keep corrections for this library, without reading pictures")
    kept.add_argument("--off", action="store_true", help="keep no more of them; those that are there stay")
    add_library(command)
    add_common(command)


def feedback(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus feedback`, with a prompt, a name and an action, or with one of the flags, or alone."""
    given = [value for value in (args.prompt, args.name, args.action) if value is not None]
    doing = bool(given) + (args.undo is not None) + args.on + args.off
    if doing > 1:
        raise OptionError("give either a correction, or --undo, --on or --off, and not two of them")
    if args.weight is not None and args.action != WEIGHED:
        raise OptionError(f"--weight belongs to a correction that says {WEIGHED}")
    if given:
        return _correct(args, len(given), console, opener)
    with opened(args, opener) as stylus:
        history = stylus.history
        if args.on or args.off:
            history.keep_corrections(args.on)
            _told(history.on, args, console)
        elif args.undo is not None:
            taken = history.undo(args.undo)
            if args.json:
                dump(console, _json(taken))
            else:
                console.print(f"Taken back: {clean(_sentence(taken))}.")
        else:
            _listed(history.corrections(), history.on, args, console)
    return OK


def _correct(args: argparse.Namespace, given: int, console: Console, opener: Opener) -> int:
    if given < 3:
        raise OptionError(f"a correction is PROMPT NAME ACTION, and the action one of {', '.join(ACTIONS)}")
    if args.action not in ACTIONS:
        raise OptionError(f"there is no action {args.action!r}: say {', '.join(ACTIONS[:-1])} or {ACTIONS[-1]}")
    if not args.prompt.strip():
        raise OptionError("the prompt is empty: give the prompt that the adapter was picked for, in quotes")
    if args.action == WEIGHED and args.weight is None:
        raise OptionError(f"{WEIGHED} needs a weight: add --weight W, as --weight 0.6")
    if args.weight is not None and not (math.isfinite(args.weight) and abs(args.weight) <= HEAVIEST):
        raise OptionError(f"--weight takes a number from {-HEAVIEST:g} to {HEAVIEST:g}, not {args.weight:g}")
    with scanned(args, console, opener) as stylus:
        if not stylus.history.on:
            raise OptionError(_OFF)
        found = named(stylus, args.name)
        kept = stylus.history.correct(args.prompt, found.name, args.action, weight=args.weight)
    if kept is None:
        raise OptionError(_OFF)
    if args.json:
        dump(console, _json(kept))
    else:
        console.print(f"Kept as number {kept.id}: {clean(_sentence(kept))}.")
    return OK


def _told(on: bool, args: argparse.Namespace, console: Console) -> None:
    if args.json:
        dump(console, {"on": on})
    elif args.on:
        console.print("Corrections are kept from now on, in this library's own folder of state.")
    else:
        still = ", for pictures are learned from: stylus learn --forget ends that" if on else ""
        console.print(f"Corrections are {'still kept' if on else 'not kept any more'}{still}.")


def _listed(corrections: Sequence[Correction], on: bool, args: argparse.Namespace, console: Console) -> None:
    if args.json:
        for one in corrections:
            dump(console, _json(one))
    elif not corrections:
        console.print("Nothing was corrected yet." if on else f"{_OFF[0].upper()}{_OFF[1:]}.")
    else:
        rows = [[str(c.id), _day(c.at), _what(c), clean(c.adapter), clean(c.prompt)] for c in corrections]
        head, *lines = table(["number", "when", "what", "adapter", "for the prompt"], rows, console.columns, _MOST)
        console.print(console.paint(head, "dim"), *lines)
        console.print("", console.paint("stylus feedback --undo N takes one back", "dim"))


def _json(correction: Correction) -> dict[str, Any]:
    return {
        "number": correction.id,
        "at": round(correction.at, 3),
        "action": correction.action,
        "name": correction.adapter,
        "prompt": correction.prompt,
        "weight": correction.weight,
        "by": correction.by,
    }


def _sentence(correction: Correction) -> str:
    return f"{correction.adapter} {_what(correction)} for {correction.prompt!r}"


def _what(correction: Correction) -> str:
    weight = "" if correction.weight is None else f" {correction.weight:g}"
    return correction.action + weight


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))


FEEDBACK = Command(
    "say which picks were right and wrong, so that prompts like that are decided accordingly",
    add_feedback,
    feedback,
    description="Without arguments: lists what was said, the newest first.",
)
