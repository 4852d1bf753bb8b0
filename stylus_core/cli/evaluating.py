"""`stylus eval`: how well adapters are found and chosen."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylus_core.cli import OK
from stylus_core.cli.arguments import libraries, option_values
from stylus_core.cli.asking import given
from stylus_core.cli.opening import Opener, bring_up_to_date, dump, opened
from stylus_core.cli.text import Console
from stylus_core.errors import OptionError, StylusError
from stylus_core.options import TABLE, Options

if TYPE_CHECKING:
    from stylus_core.composer.registry import Composers
    from stylus_core.evaluation.corpus import Query
    from stylus_core.evaluation.ground import Ground
    from stylus_core.evaluation.systems import System
    from stylus_core.types import Adapter


def evaluate(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus eval --corpus FILE --queries FILE`, or with `--library DIR`."""
    from stylus_core.evaluation.harness import evaluate as measure
    from stylus_core.evaluation.plots import MISSING, can_draw
    from stylus_core.evaluation.systems import systems
    from stylus_core.home import home

    options = Options.of(option_values(args))
    names = _composers(args.composers)
    adapters, ids = _adapters(args, console, opener)
    sets = _sets(args, ids)
    state = (args.home or home()) / "evaluation"
    with tempfile.TemporaryDirectory() as index, _ground(adapters, state, Path(index), args, console) as ground:
        wanted = _chosen(systems(ground, args.cross_encoder) if args.systems != "none" else {}, args.systems)
        found = measure(ground, sets, wanted, dict.fromkeys(names, _made(args, state)) if names else {}, options)
    if args.out is not None:
        files = found.write(args.out)
        console.say(f"stylus: {len(files)} files are in {args.out}" + ("" if can_draw() else f"; {MISSING}"))
    if args.json:
        dump(console, found.as_dict())
    else:
        console.print(*"\n\n".join(map(str, found.tables())).split("\n"))
    return OK


def _composers(text: str) -> list[str]:
    names = [n.strip() for n in text.split(",") if n.strip() and text != "none"]
    known = next(o.choices for o in TABLE if o.name == "composer")
    for name in names:
        if name not in known:
            raise OptionError(f"there is no composer {name!r}: take any of {', '.join(known)}, or none")
    return names


def _made(args: argparse.Namespace, state: Path) -> Composers:
    from stylus_core.composer.registry import Composers
    from stylus_core.composer.settings import Settings

    return Composers.from_settings(given(args).get("composers") or Settings(), state)


def _adapters(
    args: argparse.Namespace, console: Console, opener: Opener
) -> tuple[list[Adapter], Mapping[str, int] | None]:
    """The adapters, and the names that queries may call them by."""
    if args.corpus is not None:
        from stylus_core.evaluation.corpus import load_adapters

        return load_adapters(args.corpus), None
    with opened(args, opener) as stylus:
        bring_up_to_date(stylus, console)
        found = stylus.adapters()
    if not found:
        raise StylusError(f"there are no usable adapters in {', '.join(map(str, libraries(args)))}")
    names = {a.metadata.alias.lower(): a.id for a in found if a.metadata.alias}
    return found, {**names, **{a.stem.lower(): a.id for a in found}}


def _sets(args: argparse.Namespace, ids: Mapping[str, int] | None) -> dict[str, list[Query]]:
    from stylus_core.evaluation.corpus import load_queries

    out: dict[str, list[Query]] = {}
    for path in args.queries:
        name = path.name.partition(".")[0]
        if name in out:
            raise OptionError(f"two files of queries are called {name!r}: rename one")
        out[name] = load_queries(path, ids)[: args.limit]
        if not out[name]:
            raise StylusError(f"there are no queries in {path}")
    return out


def _chosen(found: Mapping[str, System], text: str) -> dict[str, System]:
    if text in ("all", "none"):
        return dict(found)
    parts = [p.strip().lower() for p in text.split(",") if p.strip()]
    out = {name: system for name, system in found.items() if any(p in name.lower() for p in parts)}
    if not out:
        raise OptionError(f"no retriever is called {text!r}: there are {'; '.join(found)}")
    return out


@contextlib.contextmanager
def _ground(
    adapters: list[Adapter], state: Path, index: Path, args: argparse.Namespace, console: Console
) -> Iterator[Ground]:
    from stylus_core.errors import ModelError
    from stylus_core.evaluation.ground import Ground
    from stylus_core.retriever.encoder import open_encoder

    encoder: Any = None
    if args.encoder != "none":
        try:
            encoder = open_encoder(args.encoder)
        except ModelError as error:
            if args.encoder != "auto":
                raise
            console.say(f"stylus: words alone decide: {error}")
    with Ground(adapters, state / "vectors.sqlite", index / "index", encoder) as ground:
        yield ground
