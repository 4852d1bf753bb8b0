"""`stylus learn`: says from which folders of pictures Stylus may learn, reads them, and forgets them again."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import FAILED, OK
from stylus_core.cli.learn_arguments import EVERYTHING, add_learn, check_learn
from stylus_core.cli.learn_report import write_learn_report
from stylus_core.cli.open_library import dump, named_folders, opened, scanned
from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.terminal_text import Console, clean, indented
from stylus_core.errors import LibraryError
from stylus_core.history.learner import Learner, LearnReport, existing_folder
from stylus_core.history.records import LearnedFolder, OwnPrompt
from stylus_core.history.store import HistoryStore
from stylus_core.history.use_resolver import UseResolver
from stylus_core.home import library_home

_FEW = 5  # files that are named without --verbose


def learn(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus learn`."""
    check_learn(args)
    store = HistoryStore(_home(args))
    try:
        if args.forget is not None:
            return _forget(store, args, console)
        if args.off or args.on:
            return _switch(store, args, console)
        if args.report is not None:
            with scanned(args, console, opener) as stylus:
                write_learn_report(stylus, args.report, console, args.json)
            return OK
        if args.status:
            return _told(store, args, console, opener, [])
        folders = [existing_folder(folder) for folder in args.folders]
        if folders and not store.folders():
            console.say(*_consent(store))
        return _told(store, args, console, opener, _read(store, folders, console))
    finally:
        store.close()


def _home(args: argparse.Namespace) -> Path:
    """Of the library's state, which need not be opened to forget what is in it."""
    roots = [root.absolute() for root in named_folders(args)]
    return library_home(roots, args.home.expanduser() if args.home else None, args.naming)


def _consent(store: HistoryStore) -> list[str]:
    return [
        "Stylus reads how your pictures were made (never what is to be seen in them) and prefers the adapters that you "
        "use yourself.",
        f"It keeps that in {clean(str(store.path))}, and nothing of it leaves this machine. `stylus learn --forget` "
        "takes it back.",
    ]


def _read(store: HistoryStore, folders: Sequence[str], console: Console) -> list[LearnReport]:
    learner = Learner(store)
    with ProgressBar(console) as bar:

        def progress(done: int, total: int) -> None:
            bar("reading pictures", done, total)

        if folders:
            return [learner.add(folder, progress) for folder in dict.fromkeys(folders)]
        if not any(folder.on for folder in store.folders()):
            raise LibraryError("no folder is learned so far: `stylus learn FOLDER` learns the pictures in it")
        return learner.learn_all(progress)


# -- what is learned ---------------------------------------------------------------------------------------------------


def _told(
    store: HistoryStore, args: argparse.Namespace, console: Console, opener: Opener, reports: list[LearnReport]
) -> int:
    prompts = store.prompts()
    problems = store.problems()
    known, unknown = _adapters(prompts, args, console, opener, fresh=bool(reports))
    folders = store.folders()
    if args.json:
        dump(
            console,
            {
                "file": str(store.path),
                "folders": [_folder_json(folder, reports) for folder in folders],
                "pictures": sum(own.pictures for own in prompts),
                "prompts": len(prompts),
                "adapters": {"in_library": known, "not_in_library": unknown},
                "corrections": len(store.corrections()),
                "problems": [{"path": path, "reason": why} for path, why in problems],
            },
        )
    elif not folders:
        console.print("nothing is learned: `stylus learn FOLDER` learns the pictures in a folder")
    else:
        console.print(*_folder_lines(folders, console))
        console.print(*_count_lines(prompts, known, unknown, len(store.corrections()), console))
        for report in reports:
            console.print(*_report_lines(report, console))
        console.print(*_problem_lines(problems, args.verbose, console))
    if store.problem:
        raise LibraryError(store.problem)
    return FAILED if any(report.problem for report in reports) else OK


def _adapters(
    prompts: Sequence[OwnPrompt], args: argparse.Namespace, console: Console, opener: Opener, fresh: bool
) -> tuple[int, int]:
    """How many of the adapters in the pictures the library has, and how many it has not."""
    used = {use.name.casefold(): use for own in prompts for use in own.adapters}
    if not used:
        return 0, 0
    with scanned(args, console, opener) if fresh else opened(args, opener) as stylus:
        ids = UseResolver(stylus.library).ids
        found = [ids(use) for use in used.values()]
    return len({number for numbers in found for number in numbers[:1]}), sum(not numbers for numbers in found)


def _folder_json(folder: LearnedFolder, reports: Sequence[LearnReport]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "path": folder.path,
        "on": folder.on,
        "pictures": folder.pictures,
        "silent": folder.silent,
        "unreadable": folder.unreadable,
        "read_at": folder.read_at or None,
    }
    for report in reports:
        if report.folder == folder.path:
            out |= {"read": report.read, "gone": report.gone, "waiting": report.waiting, "problem": report.problem}
            out["unlisted"] = dict(report.unlisted)
    return out


def _folder_lines(folders: Sequence[LearnedFolder], console: Console) -> list[str]:
    lines = []
    for folder in folders:
        when = time.strftime("read %Y-%m-%d %H:%M", time.localtime(folder.read_at)) if folder.read_at else "never read"
        said = f"{'on' if folder.on else 'off'}, {folder.pictures:,} pictures, {folder.silent:,} that say nothing, "
        said += f"{folder.unreadable:,} that cannot be read; {when}"
        lines.append(console.paint(clean(folder.path), *(("bold", "cyan") if folder.on else ("dim",))))
        lines += indented("  ", said, console.columns)
    return lines


def _count_lines(
    prompts: Sequence[OwnPrompt], known: int, unknown: int, corrections: int, console: Console
) -> list[str]:
    pictures = sum(own.pictures for own in prompts)
    said = f"{pictures:,} pictures of {len(prompts):,} prompts count"
    said += f", with {known:,} adapters of this library and {unknown:,} that it has not"
    if corrections:
        said += f"; {corrections:,} corrections are kept"
    return ["", *indented("", said, console.columns)]


def _report_lines(report: LearnReport, console: Console) -> list[str]:
    lines = []
    if report.problem:
        lines += indented("! ", f"{report.folder}: {report.problem}", console.columns)
        if "forgotten" in report.problem and "meanwhile" not in report.problem:
            lines += indented("  -> ", f"stylus learn --forget {report.folder} forgets it", console.columns)
    else:
        said = f"{report.folder}: {report.read:,} were new or changed, {report.gone:,} are gone"
        if report.waiting:
            said += f", {report.waiting:,} are just being written and are read the next time"
        lines += indented("", said, console.columns)
    for folder, why in report.unlisted if not report.problem else ():
        lines += indented("! ", f"{folder} could not be listed ({why}): what is known of it is kept", console.columns)
    return lines


def _problem_lines(problems: Sequence[tuple[str, str]], verbose: bool, console: Console) -> list[str]:
    lines = []
    for path, why in problems if verbose else problems[:_FEW]:
        lines += indented("! ", f"{path}: {why}", console.columns)
    if len(problems) > _FEW and not verbose:
        more = f"and {len(problems) - _FEW:,} more that cannot be read: stylus learn --status --verbose lists them all"
        lines += indented("  ", more, console.columns)
    return lines


# -- what is changed ---------------------------------------------------------------------------------------------------


def _forget(store: HistoryStore, args: argparse.Namespace, console: Console) -> int:
    folder = None if args.forget == EVERYTHING else args.forget
    forgotten = store.forget(folder)
    if args.json:
        dump(console, {"pictures": forgotten.pictures, "corrections": forgotten.corrections, "wiped": forgotten.wiped})
        return OK
    what = f"{forgotten.pictures:,} pictures"
    if folder is None:
        what += f" and {forgotten.corrections:,} corrections"
    console.print(*indented("", f"{what} are forgotten", console.columns))
    if forgotten.stays_off:
        why = f"{folder} lies in a folder that is learned, and stays switched off: it would be learned again"
        console.print(*indented("note: ", why, console.columns))
    if not forgotten.wiped:
        why = "another program reads it just now: it is wiped off the disk with the next reading or --forget"
        console.print(*indented("note: ", why, console.columns))
    return OK


def _switch(store: HistoryStore, args: argparse.Namespace, console: Console) -> int:
    for folders, on in ((args.off, False), (args.on, True)):
        for folder in folders:
            store.switch(folder, on)
    if args.json:
        dump(console, {"folders": [_folder_json(folder, ()) for folder in store.folders()]})
    else:
        console.print(*_folder_lines(store.folders(), console))
    return OK


LEARN = Command(
    "learn from your own pictures which adapters you use, for what, at which weight",
    add_learn,
    learn,
    description="Reads how the pictures in a folder were made, as the programs that made them wrote it into them. To "
    "name a folder is to allow it. Everything stays on this machine; without FOLDER all folders are read again.",
)
