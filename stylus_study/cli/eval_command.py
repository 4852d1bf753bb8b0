"""`stylus eval`: how well adapters are found and chosen."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylus_core.cli.arguments import libraries, option_values
from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import OK
from stylus_core.cli.model_flags import composer_settings
from stylus_core.cli.open_library import bring_up_to_date, dump, opened
from stylus_core.cli.terminal_text import Console
from stylus_core.errors import OptionError, StylusError
from stylus_core.option_table import TABLE
from stylus_core.options import Options
from stylus_study.cli.eval_arguments import add_eval
from stylus_study.packages import require

if TYPE_CHECKING:
    from stylus_core.composer.registry import Composers
    from stylus_core.types import Adapter
    from stylus_study.evaluation.baselines import System
    from stylus_study.evaluation.corpus import EvalQuery
    from stylus_study.evaluation.judgements import Judgements, ToolPicks
    from stylus_study.evaluation.testbed import Testbed


def evaluate(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus eval --corpus FILE --queries FILE`, with `--library DIR`, with `--judgements FILE`."""
    from stylus_core.home import home
    from stylus_study.evaluation.baselines import systems
    from stylus_study.evaluation.evaluation_files import write_evaluation
    from stylus_study.evaluation.evaluation_result import Evaluation
    from stylus_study.evaluation.harness import evaluate as measure
    from stylus_study.evaluation.judged_run import evaluate_judged
    from stylus_study.evaluation.plots import MISSING, can_draw

    options = Options.of(option_values(args))
    names = _composer_names(args.composers)
    _check(args, names)
    adapters, ids = _adapters(args, console, opener)
    sets = _query_sets(args, ids)
    judged, tools = _judged(args, adapters)
    state = (args.home or home()) / "evaluation"
    with contextlib.ExitStack() as stack:
        testbed: Testbed | None = None
        wanted: dict[str, System] = {}
        if sets or names:
            index = stack.enter_context(tempfile.TemporaryDirectory())
            testbed = stack.enter_context(_open_testbed(adapters, state, Path(index), args, console))
        if testbed is not None and sets and args.systems != "none":
            wanted = _systems_named(systems(testbed, args.cross_encoder), args.systems)
        composers = dict.fromkeys(names, _composers_of(args, state)) if names else {}
        found = measure(testbed, sets, wanted, composers, options) if testbed is not None else Evaluation({}, {}, {})
        if judged is not None:
            found = replace(found, judged=evaluate_judged(judged, adapters, tools, testbed, composers, options))
    if args.out is not None:
        files = write_evaluation(found, args.out)
        console.say(f"stylus: {len(files)} files are in {args.out}" + ("" if can_draw() else f"; {MISSING}"))
    if args.json:
        dump(console, found.as_dict())
    else:
        console.print(*"\n\n".join(map(str, found.tables())).split("\n"))
    return OK


def _composer_names(text: str) -> list[str]:
    names = [n.strip() for n in text.split(",") if n.strip() and text != "none"]
    known = next(o.choices for o in TABLE if o.name == "composer")
    for name in names:
        if name not in known:
            raise OptionError(f"there is no composer {name!r}: take any of {', '.join(known)}, or none")
    return names


def _check(args: argparse.Namespace, composers: Sequence[str]) -> None:
    """Raises `OptionError` for arguments that do not go together."""
    if args.judgements is None and (args.picks or args.judged_library is not None):
        flag = "--picks" if args.picks else "--judged-library"
        raise OptionError(f"{flag} needs --judgements FILE: the judged prompts are what it is about")
    if not args.queries and args.judgements is None:
        raise OptionError("there is nothing to measure on: give --queries FILE, --judgements FILE, or both")
    seen = set(composers)
    for name, _ in args.picks:
        if name in seen:
            raise OptionError(f"two that pick are called {name!r}: rename one")
        seen.add(name)
    if not args.queries and not seen:
        raise OptionError("nothing picks: name a composer with --composers, or another tool with --picks NAME=FILE")


def _judged(args: argparse.Namespace, adapters: Sequence[Adapter]) -> tuple[Judgements | None, dict[str, ToolPicks]]:
    """The judgements, and what other tools picked."""
    if args.judgements is None:
        return None, {}
    require("judgements", "statsmodels")
    from stylus_study.evaluation.adapter_names import AdapterNames
    from stylus_study.evaluation.judgements import load_judgements, load_picks

    names = AdapterNames(adapters)
    tools = {name: load_picks(path, names) for name, path in args.picks}
    return load_judgements(args.judgements, names, args.judged_library, args.limit), tools


def _composers_of(args: argparse.Namespace, state: Path) -> Composers:
    from stylus_core.composer.registry import Composers

    return Composers(settings=composer_settings(args), home=state)


def _adapters(
    args: argparse.Namespace, console: Console, opener: Opener
) -> tuple[list[Adapter], Mapping[str, int] | None]:
    """The adapters, and the names that queries may call them by."""
    if args.corpus is not None:
        from stylus_study.evaluation.corpus import load_adapters

        return load_adapters(args.corpus), None
    with opened(args, opener) as stylus:
        bring_up_to_date(stylus, console)
        found = stylus.adapters()
    if not found:
        raise StylusError(f"there are no usable adapters in {', '.join(map(str, libraries(args)))}")
    names = {a.metadata.alias.lower(): a.id for a in found if a.metadata.alias}
    return found, {**names, **{a.stem.lower(): a.id for a in found}}


def _query_sets(args: argparse.Namespace, ids: Mapping[str, int] | None) -> dict[str, list[EvalQuery]]:
    from stylus_study.evaluation.corpus import load_queries

    out: dict[str, list[EvalQuery]] = {}
    for path in args.queries:
        name = path.name.partition(".")[0]
        if name in out:
            raise OptionError(f"two files of queries are called {name!r}: rename one")
        out[name] = load_queries(path, ids)[: args.limit]
        if not out[name]:
            raise StylusError(f"there are no queries in {path}")
    return out


def _systems_named(found: Mapping[str, System], text: str) -> dict[str, System]:
    if text in ("all", "none"):
        return dict(found)
    parts = [p.strip().lower() for p in text.split(",") if p.strip()]
    out = {name: system for name, system in found.items() if any(p in name.lower() for p in parts)}
    if not out:
        raise OptionError(f"no retriever is called {text!r}: there are {'; '.join(found)}")
    return out


@contextlib.contextmanager
def _open_testbed(
    adapters: list[Adapter], state: Path, index: Path, args: argparse.Namespace, console: Console
) -> Iterator[Testbed]:
    from stylus_core.errors import ModelError
    from stylus_core.retriever.encoder import open_encoder
    from stylus_study.evaluation.testbed import Testbed

    encoder: Any = None
    if args.encoder != "none":
        try:
            encoder = open_encoder(args.encoder)
        except ModelError as error:
            if args.encoder != "auto":
                raise
            console.say(f"stylus: words alone decide: {error}")
    with Testbed(adapters, state / "vectors.sqlite", index / "index", encoder) as testbed:
        yield testbed


COMMAND = Command("measure how well adapters are found and chosen, on your queries or on a corpus", add_eval, evaluate)
