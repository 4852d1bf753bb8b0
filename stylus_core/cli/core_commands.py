"""`stylus index`, `select`, `show` and `doctor`: each opens the library, calls the core, prints what comes back."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import sys
from collections.abc import Iterator

from stylus_core.cli import own_use_text, printing
from stylus_core.cli.arguments import (
    EPILOG,
    add_common,
    add_library,
    add_selection_options,
    libraries,
    option_values,
)
from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import FAILED, OK, USAGE
from stylus_core.cli.model_flags import add_composer_flags, add_server_flag
from stylus_core.cli.open_library import bring_up_to_date, dump, opened, prepare, stems
from stylus_core.cli.terminal_text import Console, clean
from stylus_core.errors import EngineError, LibraryError, OptionError, StylusError
from stylus_core.library.find_by_name import unknown
from stylus_core.options import Options

_IN_FULL = 3  # adapters of one name that are shown in full and not as a list


def index(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus index DIR`. Fails if what was made could not be kept."""
    with opened(args, opener) as stylus:
        stylus.heal()
        bring_up_to_date(stylus, console)
        if args.index and stylus.index_problem:
            raise EngineError(f"{stylus.index_problem}; this machine's own index of words is up to date")
        adapters, problems = stylus.adapters(), stylus.problems()
        if args.json:
            dump(console, printing.library_json(adapters, problems))
        else:
            console.print(*printing.library(adapters, problems, console))
        if stylus.unkept:
            console.say(f"stylus: {stylus.unkept}: see that the disk has room and the folder can be written")
            return FAILED
    return OK


def select(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus select PROMPT`, or one prompt a line of a file."""
    if (args.prompt is None) == (args.prompts is None):
        console.say("stylus: give one prompt, in quotes, or a file of them with --prompts FILE")
        return USAGE
    options = Options.of(option_values(args))
    code = OK
    with opened(args, opener) as stylus:
        prepare(stylus, console)
        for number, prompt in enumerate(_prompts(args)):
            try:
                selection = stylus.select(prompt, options, depth=args.candidates)
            except OptionError:
                raise
            except StylusError as error:  # the other prompts of a file are still answered, and none goes without a line
                code = FAILED
                console.say(f"stylus: {clean(str(error))}")
                if args.json:
                    dump(console, {"prompt": prompt, "rewritten": prompt, "picks": [], "error": str(error)})
                continue
            if args.json:
                dump(console, selection.to_json(candidates=args.candidates))
            else:
                console.print(*([""] if number else []), *printing.selection(selection, console, args.candidates))
            console.flush()
    return code


def show(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus show NAME`."""
    with opened(args, opener) as stylus:
        prepare(stylus, console)
        found = stylus.find(args.name)
        if not found:
            raise unknown(args.name, stems(stylus))
        learned = any(folder.on for folder in stylus.history.store.folders())
        uses = stylus.history.uses() if learned else {}
        if args.json:
            for adapter in found:
                use = uses.get(adapter.id)
                own = {"own_use": dataclasses.asdict(use) if use else None} if learned else {}
                dump(console, {**dataclasses.asdict(adapter), "title": adapter.title, **own})
        elif len(found) > _IN_FULL:
            console.print(*printing.adapters(found, console))
        else:
            for number, adapter in enumerate(found):
                console.print(*([""] if number else []), *printing.adapter(adapter, console))
                if learned:
                    console.print(*own_use_text.own_use(uses.get(adapter.id), console))
    return OK


def doctor(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus doctor`. Fails if something is broken, not if something is merely worth knowing."""
    from stylus_core.doctor import examine
    from stylus_core.llm.endpoint_settings import resolved

    if args.unused:
        return _unused(args, console, opener)
    findings = []
    looked = examine(
        libraries(args),
        home=args.home,
        encoder=args.encoder,
        endpoint=resolved("base_url", args.base_url),
        engine=args.index,
        opener=opener,
        names=args.naming,
    )
    for finding in looked:
        findings.append(finding)
        if args.json:
            dump(console, dataclasses.asdict(finding))
        else:
            console.print(*printing.finding(finding, console))
        console.flush()
    broken = sum(f.level == "broken" for f in findings)
    if not args.json:
        console.print("", f"{broken} broken" if broken else "nothing is broken")
    return FAILED if broken else OK


def _unused(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus doctor --unused`."""
    from stylus_core.history.unused import unused_adapters

    with opened(args, opener) as stylus:
        prepare(stylus, console)
        store = stylus.history.store
        found = unused_adapters(stylus.adapters(), stylus.history.uses(), store.prompts(), store.folders())
        if not any(folder.on for folder in found.folders):
            raise LibraryError("no pictures are learned, so nothing is known of what you use: stylus learn FOLDER")
        if args.json:
            dump(console, own_use_text.unused_json(found))
        else:
            console.print(*own_use_text.unused(found, console))
    return OK


def _add_index(command: argparse.ArgumentParser) -> None:
    command.add_argument("library", nargs="+", metavar="DIR", help="folder of adapters; several make one library")
    add_common(command)


def _add_select(command: argparse.ArgumentParser) -> None:
    command.add_argument("prompt", nargs="?", metavar="PROMPT", help="the prompt, in quotes")
    command.add_argument("--prompts", metavar="FILE", help="many prompts, one a line (- for stdin)")
    command.add_argument(
        "--candidates", type=_count, default=0, metavar="N", help="print the first N candidates too, best first"
    )
    add_library(command)
    add_common(command)
    add_selection_options(command)
    add_composer_flags(command)


def _add_show(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="the name in the tag: the file's name without its extension")
    add_library(command)
    add_common(command)


def _add_doctor(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--unused",
        action="store_true",
        help="list the adapters that are in none of your learned pictures, with their sizes; nothing is deleted",
    )
    add_library(command)
    add_common(command)
    add_server_flag(command)


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"a whole number from 0 is needed, not {text!r}")
    return value


def _prompts(args: argparse.Namespace) -> Iterator[str]:
    if args.prompt is not None:
        yield args.prompt
        return
    name = "stdin" if args.prompts == "-" else args.prompts
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if args.prompts == "-" else open(args.prompts, "rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    prompt = line.decode("utf-8-sig").rstrip("\r\n")
                except UnicodeDecodeError:
                    raise LibraryError(f"line {number} of {name} is not UTF-8: save the file as UTF-8") from None
                if prompt.strip():
                    yield prompt
    except OSError as error:
        raise LibraryError(f"the prompts cannot be read from {name}: {error.strerror or error}") from None


INDEX = Command("read a folder of adapters and prepare it for selection", _add_index, index)
SELECT = Command("pick adapters for a prompt", _add_select, select, epilog=EPILOG)
SHOW = Command("print what is known of an adapter", _add_show, show)
DOCTOR = Command("say what is missing, broken, unreachable or unknown, and what to do", _add_doctor, doctor)
