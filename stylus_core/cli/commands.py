"""What each command does: opens the library, calls the core, prints what comes back."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import difflib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from stylus_core.cli import FAILED, OK, USAGE, report
from stylus_core.cli.arguments import libraries, option_values
from stylus_core.cli.progress import Progress
from stylus_core.cli.text import Console
from stylus_core.errors import LibraryError, OptionError, StylusError
from stylus_core.options import Options

_IN_FULL = 3  # adapters of one name that are shown in full and not as a list
_Opener = Callable[..., Any] | None


def index(args: argparse.Namespace, console: Console, opener: _Opener) -> int:
    """`stylus index DIR`."""
    with _opened(args, opener) as stylus:
        _index(stylus, console)
        adapters, problems = stylus.adapters(), stylus.problems()
        if args.json:
            _dump(console, report.library_json(adapters, problems))
        else:
            console.print(*report.library(adapters, problems, console))
    return OK


def select(args: argparse.Namespace, console: Console, opener: _Opener) -> int:
    """`stylus select PROMPT`, or one prompt a line of a file."""
    if (args.prompt is None) == (args.prompts is None):
        console.say("stylus: give one prompt, in quotes, or a file of them with --prompts FILE")
        return USAGE
    options = Options.of(option_values(args))
    code = OK
    with _opened(args, opener) as stylus:
        _prepare(stylus, console)
        for number, prompt in enumerate(_prompts(args)):
            try:
                selection = stylus.select(prompt, options, depth=args.candidates)
            except OptionError:
                raise
            except StylusError as error:  # the other prompts of a file are still answered, and none goes without a line
                code = FAILED
                console.say(f"stylus: {error}")
                if args.json:
                    _dump(console, {"prompt": prompt, "rewritten": prompt, "picks": [], "error": str(error)})
                continue
            if args.json:
                _dump(console, selection.to_json(candidates=args.candidates))
            else:
                console.print(*([""] if number else []), *report.selection(selection, console, args.candidates))
            console.flush()
    return code


def show(args: argparse.Namespace, console: Console, opener: _Opener) -> int:
    """`stylus show NAME`."""
    with _opened(args, opener) as stylus:
        _prepare(stylus, console)
        found = stylus.find(args.name)
        if not found:
            near = difflib.get_close_matches(args.name, [a.stem for a in stylus.adapters()], n=3)
            hint = f"; near: {', '.join(near)}" if near else ""
            raise LibraryError(f"no adapter is called {args.name!r}{hint}")
        if args.json:
            for adapter in found:
                _dump(console, {**dataclasses.asdict(adapter), "title": adapter.title})
        elif len(found) > _IN_FULL:
            console.print(*report.adapters(found, console))
        else:
            for number, adapter in enumerate(found):
                console.print(*([""] if number else []), *report.adapter(adapter, console))
    return OK


def doctor(args: argparse.Namespace, console: Console, opener: _Opener) -> int:
    """`stylus doctor`. Fails if something is broken, not if something is merely worth knowing."""
    from stylus_core.doctor import examine

    findings = []
    for finding in examine(
        libraries(args), home=args.home, encoder=args.encoder, endpoint=args.endpoint, opener=opener
    ):
        findings.append(finding)
        if args.json:
            _dump(console, dataclasses.asdict(finding))
        else:
            console.print(*report.finding(finding, console))
        console.flush()
    broken = sum(f.level == "broken" for f in findings)
    if not args.json:
        console.print("", f"{broken} broken" if broken else "nothing is broken")
    return FAILED if broken else OK


COMMANDS: dict[str, Callable[[argparse.Namespace, Console, _Opener], int]] = {
    "index": index,
    "select": select,
    "show": show,
    "doctor": doctor,
}


@contextlib.contextmanager
def _opened(args: argparse.Namespace, opener: _Opener) -> Iterator[Any]:
    roots = libraries(args)
    if not roots:
        raise LibraryError(
            "no library is named: give --library DIR, or set STYLUS_LIBRARY to the folder of your adapters"
        )
    if opener is None:
        from stylus_core.stylus import Stylus

        opener = Stylus
    with opener(roots if len(roots) > 1 else roots[0], home=args.home, encoder=args.encoder) as stylus:
        yield stylus


def _prepare(stylus: Any, console: Console) -> None:
    """A library that was never indexed is indexed now; one that was is brought up to date."""
    if stylus.library.revision == 0:
        console.say("this library was never indexed: indexing it now")
    _index(stylus, console)


def _index(stylus: Any, console: Console) -> None:
    with Progress(console) as progress:
        stylus.index(progress=progress)


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


def _dump(console: Console, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=not console.unicode)
    # Some readers end a line at these.
    console.print(text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085"))
