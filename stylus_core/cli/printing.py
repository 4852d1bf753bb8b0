"""What a person reads: a selection, a library, an adapter, a finding of the doctor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylus_core.cli.terminal_text import Console, clean, cut, harmless, indented, table
from stylus_core.types import Adapter, Pick, Selection

if TYPE_CHECKING:
    from stylus_core.finding import Finding
    from stylus_core.library.adapter_rows import Problem

_MOST = (24, 6, 16)  # columns of name, weight and keyword; the reason takes the rest
_NEARLY = 3
_DETAILS = 8
_STATUS = {"ok": "usable"}  # a damaged sidecar does not keep an adapter from being picked


def selection(found: Selection, console: Console, candidates: int = 0) -> list[str]:
    """The prompt as it came and as it goes, the picks, what was nearly picked, and what else to know."""
    lines = [
        console.paint("in   ", "dim") + harmless(" ".join(found.prompt.splitlines())),
        console.paint("out  ", "dim") + console.paint("\n     ".join(found.rewritten.splitlines()), "bold"),
        "",
    ]
    if found.picks:
        lines += _picks(found.picks, console, "cyan", "bold")
    else:
        lines.append(console.paint("Nothing was picked.", "bold"))
    for note in found.notes:
        lines += [console.paint(line, "yellow") for line in indented("note: ", note, console.columns)]
    if found.nearly:
        lines += ["", console.paint("nearly picked", "dim")]
        lines += [console.paint(line, "dim") for line in _picks(found.nearly[:_NEARLY], console)[1:]]
    if candidates:
        rows = [[str(n), c.name, f"{c.score:.3f}", c.why] for n, c in enumerate(found.candidates[:candidates], start=1)]
        lines += ["", *_headed(table(["", "candidate", "score", "why"], rows, console.columns, (4, 30, 8)), console)]
    return lines


def _picks(picks: Sequence[Pick], console: Console, *styles: str) -> list[str]:
    rows = []
    for pick in picks:
        added = f"; adds {', '.join(pick.trigger_words)}" if pick.trigger_words else ""
        if pick.clip_weight is not None:
            added += f"; text encoder {pick.clip_weight:g}"
        if pick.own_note:
            added += f"; {pick.own_note}"
        rows.append([pick.name, f"{pick.weight:g}", pick.keyword, pick.reason.rstrip(".") + added])
    return _headed(table(["adapter", "weight", "for", "because"], rows, console.columns, _MOST), console, *styles)


def _headed(lines: list[str], console: Console, *styles: str) -> list[str]:
    return [console.paint(lines[0], "dim"), *(console.paint(line, *styles) if styles else line for line in lines[1:])]


def library(adapters: Sequence[Adapter], problems: Sequence[Problem], console: Console) -> list[str]:
    """How many adapters there are, of which kinds and architectures, and what has a problem."""
    lines = [f"{len(adapters)} adapters to pick from"]
    for label, counts in (("kinds          ", _kinds(adapters)), ("architectures  ", _architectures(adapters))):
        said = ", ".join(f"{number} {name}" for name, number in counts.items())
        lines += indented(label, said or "none", console.columns)
    if problems:
        rows = [[Path(p.path).name, _STATUS.get(p.status, p.status), p.reason] for p in problems[:_DETAILS]]
        lines += ["", *_headed(table(["problems", "", "because"], rows, console.columns, (28, 10)), console)]
        if len(problems) > _DETAILS:
            lines.append(f"and {len(problems) - _DETAILS} more: stylus doctor lists them all")
    return lines


def library_json(adapters: Sequence[Adapter], problems: Sequence[Problem]) -> dict[str, Any]:
    """The same as one plain object."""
    return {
        "adapters": len(adapters),
        "kinds": _kinds(adapters),
        "architectures": _architectures(adapters),
        "problems": [{"path": p.path, "status": p.status, "reason": p.reason} for p in problems],
    }


def _kinds(adapters: Sequence[Adapter]) -> dict[str, int]:
    return dict(Counter(a.card.kind for a in adapters).most_common())


def _architectures(adapters: Sequence[Adapter]) -> dict[str, int]:
    return dict(Counter(a.made_for for a in adapters).most_common())


def adapters(found: Sequence[Adapter], console: Console) -> list[str]:
    """A list of adapters, one row each."""
    rows = [[a.name, a.card.kind, a.made_for, a.card.description or a.title] for a in found]
    return _headed(table(["adapter", "kind", "made for", "description"], rows, console.columns, (30, 10, 8)), console)


def adapter(found: Adapter, console: Console) -> list[str]:
    """Everything that is known of one adapter, and where it came from."""
    meta, card = found.metadata, found.card
    weight = f"{card.weight:g} ({card.weight_source})"
    if card.weight_low is not None and card.weight_high is not None:
        weight += f", from {card.weight_low:g} to {card.weight_high:g}"
    if card.clip_weight is not None:
        weight += f", text encoder {card.clip_weight:g}"
    triggers = (" or " if card.trigger_alternatives else "; ").join(card.trigger_words)
    sources = Counter(meta.provenance.values())
    rows = [
        ("title", found.title),
        ("path", found.path),
        ("status", found.status + (f": {found.problem}" if found.problem else "")),
        ("kind", card.kind + (f": {card.subject}" if card.subject else "")),
        ("description", f"{card.description} (from {card.source})" if card.description else ""),
        ("weight", weight),
        ("triggers", triggers),
        ("set by you", ", ".join(card.edited)),
        ("made for", ", ".join(part for part in (found.made_for, meta.family, meta.base_model) if part)),
        ("algorithm", meta.algorithm),
        ("tags", ", ".join(meta.tags)),
        ("trained on", ", ".join(tag for tag, _ in meta.training_tags[:12])),
        ("examples", f"{len(meta.examples)} prompts" if meta.examples else ""),
        ("notes", meta.notes),
        ("read from", ", ".join(name for name, _ in sources.most_common())),
    ]
    lines = [console.paint(cut(clean(found.name), console.columns), "bold", "cyan")]
    for label, text in rows:
        if text:
            first, *more = indented(f"  {label:<13}", text, console.columns)
            lines += [first, *more]
    return lines


_MARKS = {"ok": ("ok    ", "green"), "note": ("note  ", "yellow"), "broken": ("broken", "red")}


def finding(found: Finding, console: Console) -> list[str]:
    """A mark, what was found, and under it what to do."""
    mark, colour = _MARKS[found.level]
    first, *more = indented(" " * (len(mark) + 1), f"{found.subject}: {found.message}", console.columns)
    lines = [console.paint(mark, colour) + first[len(mark) :], *more]
    indent = " " * (len(mark) + 3)
    for detail in found.details[:_DETAILS]:
        lines += [console.paint(line, "dim") for line in indented(indent, detail, console.columns)]
    if len(found.details) > _DETAILS:
        lines.append(console.paint(f"{indent}and {len(found.details) - _DETAILS} more: --json lists them all", "dim"))
    if found.remedy:
        lines += indented(" " * (len(mark) + 1) + "-> ", found.remedy, console.columns)
    return lines
