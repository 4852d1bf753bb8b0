"""The arguments of `stylus eval`."""

from __future__ import annotations

import argparse
from pathlib import Path

from stylus_core.cli.arguments import add_common, add_selection_options
from stylus_core.cli.model_flags import add_composer_flags
from stylus_core.cli.number_types import whole


def add_eval(command: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("--corpus", type=Path, metavar="FILE", help="adapters, one JSON object a line, .gz or not")
    source.add_argument("--library", action="append", metavar="DIR", help="a folder of adapters instead")
    command.add_argument(
        "--queries",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="prompts with what was chosen for them, one JSON object a line; may be repeated",
    )
    command.add_argument(
        "--judgements",
        type=Path,
        metavar="FILE",
        help="pairs of a prompt and an adapter that a reader judged, one JSON object a line, .gz or not",
    )
    command.add_argument(
        "--judged-library", metavar="NAME", help="only judgements of this library, where the file holds several"
    )
    command.add_argument(
        "--picks",
        type=_named_file,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="what another tool picked for the judged prompts, one JSON object a line; may be repeated",
    )
    command.add_argument(
        "--systems", default="all", metavar="A,B,...|all|none", help="retrievers, by parts of their names (all)"
    )
    command.add_argument(
        "--composers", default="local,retriever,random", metavar="A,B,...|none", help="composers to compare"
    )
    command.add_argument("--cross-encoder", default="", metavar="NAME|DIR", help="adds retrieve-and-rerank with it")
    command.add_argument(
        "--limit",
        type=whole(1, 10**9),
        metavar="N",
        help="only the first N queries of each file, and the first N judged prompts of each set",
    )
    command.add_argument("--out", type=Path, metavar="DIR", help="tables, numbers and plots as files")
    add_selection_options(command)
    add_composer_flags(command)
    add_common(command)


def _named_file(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals or not name.strip() or not path:
        raise argparse.ArgumentTypeError(f"a name and a file are needed, NAME=FILE, not {text!r}")
    return name.strip(), Path(path)
