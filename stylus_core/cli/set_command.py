"""`stylus set`: what a user says of an adapter, who said what, and taking it back."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import OK
from stylus_core.cli.open_library import dump, named, scanned
from stylus_core.cli.set_arguments import add_set, changes_of
from stylus_core.cli.terminal_text import Console, clean, cut, table
from stylus_core.errors import LibraryError, OptionError
from stylus_core.library.edits import SETTERS
from stylus_core.library.provenance import FieldProvenance
from stylus_core.types import Adapter

_MOST = (14, 36)  # columns of field and who
_WHO = {
    "user": "you",
    "panel": "you, in the panel",
    "api": "a program, through the API",
    "header": "the file's header",
    "file name": "the file's name",
    "vlm": "a model that saw pictures",
    "llm": "a model",
    "import": "an imported description",
    "metadata": "all that the files say",
    "pictures": "the pictures",
    "default": "the default",
}


def edit(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus set NAME`."""
    values = changes_of(args)
    if args.undo and values:
        raise OptionError("--undo takes back the last change and sets nothing: give it alone")
    with scanned(args, console, opener) as stylus:
        library, found = stylus.library, named(stylus, args.name)
        if args.undo and not library.undo(found.id):
            raise LibraryError(f"nothing was changed of {found.name!r} that could be taken back")
        if values and not library.edit(found.id, values):
            console.say("nothing is different from before")
        after = library.get([found.id]).get(found.id, found)
        told, undoable = library.field_provenance(after), library.undoable(found.id)
    if args.json:
        dump(console, _json(after, told, undoable))
    else:
        console.print(*_lines(after, told, undoable, console))
    return OK


def _json(adapter: Adapter, told: list[FieldProvenance], undoable: int) -> dict[str, Any]:
    fields = {}
    for standing in told:
        row = dataclasses.asdict(standing)
        fields[row.pop("field")] = row
    return {"name": adapter.name, "path": adapter.path, "fields": fields, "undoable": undoable}


def _lines(adapter: Adapter, told: list[FieldProvenance], undoable: int, console: Console) -> list[str]:
    rows = []
    for standing in told:
        is_set = standing.by in SETTERS
        when = f", {standing.at[:10]}" if standing.at else ""
        rows.append([standing.field, _who(standing.by) + when, _said(standing.value)])
        if is_set:
            rows.append(["", f"  instead of {_who(standing.otherwise_by)}", _said(standing.otherwise)])
    head, *lines = table(["field", "set by", "value"], rows, console.columns, _MOST)
    out = [console.paint(cut(clean(adapter.name), console.columns), "bold", "cyan"), console.paint(head, "dim"), *lines]
    if undoable:
        what = "1 change" if undoable == 1 else f"{undoable} changes"
        out += ["", console.paint(f"{what} can be taken back: --undo takes back the last", "dim")]
    return out


def _who(by: str) -> str:
    return _WHO.get(by, by)


def _said(value: Any) -> str:
    if value is None:
        return "the same"  # of a weight of the text encoder
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


SET = Command(
    "say yourself what an adapter is; your word always wins",
    add_set,
    edit,
    description="Without options: prints what is set of an adapter, and by whom.",
)
