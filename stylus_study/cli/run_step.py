"""`stylus study run`: the pictures of a study."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylus_core.cli.arguments import add_common, add_library, libraries
from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import FAILED, OK
from stylus_core.cli.model_flags import add_composer_flags, composer_settings
from stylus_core.cli.number_types import number, whole
from stylus_core.cli.open_library import dump, opened
from stylus_core.cli.progress import ProgressBar
from stylus_core.cli.terminal_text import Console, clean, indented
from stylus_study.cli.webui_flags import add_webui_flags

if TYPE_CHECKING:
    from stylus_study.study.cost import StudyCost
    from stylus_study.study.study_run import StudyOutcome
    from stylus_study.study.types import StudyPlan

_REASONS = 5  # failed pictures that are told


def _add_arguments(step: argparse.ArgumentParser) -> None:
    step.add_argument("study", type=Path, metavar="STUDY.toml", help="what is compared; docs/study.md has the keys")
    step.add_argument("--webui", action="append", metavar="URL", help="a WebUI started with --api; may be repeated")
    step.add_argument("--out", type=Path, metavar="DIR", help="the study's folder (the file's name without .toml)")
    step.add_argument("--dry-run", action="store_true", help="say what it would cost, and make nothing")
    speed = step.add_mutually_exclusive_group()
    speed.add_argument("--probe", action="store_true", help="paint the first picture twice to see how long one takes")
    speed.add_argument(
        "--seconds", type=number(0.001, 86400), metavar="S", help="how long a picture takes, for the estimate"
    )
    step.add_argument(
        "--workers",
        type=whole(1, 64),
        default=1,
        metavar="N",
        help="prompts that a language model is asked at once (1)",
    )
    add_webui_flags(step)
    add_library(step)
    add_common(step)
    add_composer_flags(step)


def run_study(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus study run STUDY.toml`. Fails if a picture is missing in the end."""
    from stylus_study.batch.webui import WebUI
    from stylus_study.study.estimate import Speed, dry_run
    from stylus_study.study.plan import read_study
    from stylus_study.study.study_run import StudyRun

    plan = read_study(args.study, _models(args))
    folder = args.out or Path(args.study.stem)
    auth = os.environ.get(args.auth_env, "")
    webuis = {w.url: w for w in (WebUI(url, auth, timeout=args.picture_timeout) for url in args.webui or ())}
    speed = Speed(args.seconds, args.probe)
    if args.dry_run:
        found = dry_run(plan, folder, list(webuis.values()), speed)
        dump(console, _cost_json(found)) if args.json else console.print(*_cost(plan, found, console))
        return OK

    def show(found: StudyCost) -> None:
        if not args.json:
            console.say(*_cost(plan, found, console))

    with ProgressBar(console) as progress:
        library = _library(args, opener, progress, console.tell)
        run = StudyRun(plan, folder, list(webuis.values()), library, progress, console.tell, args.workers)
        outcome = run.run(speed, show)
    _tell(outcome, folder, args, console)
    return FAILED if outcome.left else OK


def _models(args: argparse.Namespace) -> dict[str, str]:
    """Which models answer for the composers that ask one."""
    from stylus_core.composer.settings import ComposerSettings

    settings = composer_settings(args) or ComposerSettings()
    reranker = settings.rerank_endpoint
    shown = reranker.shown if "://" in reranker.base_url else reranker.base_url
    return {"llm": settings.endpoint.model, "reranker": reranker.model or shown}


def _library(
    args: argparse.Namespace, opener: Opener, progress: ProgressBar, say: Callable[[str], None]
) -> Callable[[str], Any] | None:
    """Opens the library as one source describes it and brings it up to date; None if none is named."""
    if not libraries(args):
        return None

    @contextlib.contextmanager
    def library(descriptions: str) -> Iterator[Any]:
        with opened(args, opener, **({"descriptions": descriptions} if descriptions else {})) as stylus:
            stylus.index(progress=progress)
            _say_matched(stylus, descriptions, say)
            yield stylus

    return library


def _say_matched(stylus: Any, descriptions: str, say: Callable[[str], None]) -> None:
    from stylus_core.refiner.description_sources import DescribedLibrary

    if isinstance(stylus.library, DescribedLibrary) and (found := stylus.library.matched()).read:
        refused = f", {found.refused} of its records cannot be used" if found.refused else ""
        say(
            f"{descriptions} describes {found.matched} of {len(stylus.adapters())} adapters{refused}; the others have "
            "what their metadata says"
        )


def _cost(plan: StudyPlan, found: StudyCost, console: Console) -> list[str]:
    from stylus_core.eta import duration

    def counted(count: int, one: str) -> str:
        return f"{count:,} {one}{'' if count == 1 else 's'}"

    sizes = [
        counted(len(plan.prompts), "prompt"),
        counted(len(plan.systems), "system"),
        counted(len(plan.cfgs), "CFG value"),
        counted(len(plan.seeds), "seed"),
        counted(len(plan.checkpoints), "checkpoint"),
    ]
    lines = indented("", f"{plan.name}: {' x '.join(sizes)}", console.columns)
    lines.append(f"  = {counted(found.pictures, 'picture')}, {found.made:,} of them made")
    width = max(len(system.name) for system in plan.systems)
    for system in plan.systems:
        source = f"  ({system.descriptions})" if system.options else ""
        lines += indented(f"  {system.name:{width}}  ", f"{system.label}{source}", console.columns)
    if found.choices:
        lines.append(f"  to choose first: {counted(found.choices, 'selection')}")
    for composer, calls in found.calls.items():
        model = plan.settings.get("models", {}).get(composer) or "a model that is not named"
        read, written = found.tokens
        tokens = f": about {read:,} tokens read and {written:,} written" if composer == "llm" else ""
        lines += indented("    ", f"at most {counted(calls, 'call')} of {model}{tokens}", console.columns)
    if not found.left:
        return [*lines, "  to paint: nothing, every picture is there"]
    lines.append(f"  to paint: {found.left:,} pictures at most; what two systems share is painted once")
    if found.hours is None or found.seconds is None:
        lines += indented(
            "  ",
            "how long that takes nobody knows yet: --probe paints two pictures to see, or give --seconds",
            console.columns,
        )
    else:
        at = f"at {found.seconds:.3g} s a picture, {found.source}, with {counted(found.webuis, 'WebUI')}"
        lines += indented("  ", f"about {duration(found.hours * 3600)} of painting, {at}", console.columns)
    return lines


def _cost_json(found: StudyCost) -> dict[str, Any]:
    read, written = found.tokens
    return {
        **dataclasses.asdict(found),
        "left": found.left,
        "hours": found.hours,
        "tokens_read": read,
        "tokens_written": written,
    }


def _tell(outcome: StudyOutcome, folder: Path, args: argparse.Namespace, console: Console) -> None:
    from stylus_study.batch.run_folder import RESULTS

    made = outcome.pictures
    if args.json:
        dump(console, {**dataclasses.asdict(outcome), "left": outcome.left, "folder": str(folder)})
        return
    for why in list(made.failed.values())[:_REASONS]:
        console.say(f"stylus: {clean(why)}")
    missing = f", {outcome.left} missing: run the same command again to make them" if outcome.left else ""
    console.print(
        f"{made.made} pictures made, {made.already} were there{missing}",
        f"results  {folder / RESULTS}",
        *([] if outcome.left else [f"next     stylus study metrics {folder}, judge, vote, then report"]),
    )


STEP = Command("make the pictures, and go on where an earlier run ended", _add_arguments, run_study)
