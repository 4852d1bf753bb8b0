"""The panel's answer as HTML: one chip a pick, the prompt with its keywords marked, what was nearly picked.

Titles, names, reasons and notes come from strangers: everything is escaped, and every picture is decoded and encoded
anew before the page gets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from stylus_core.types import Pick
from stylus_host.client_text import told
from stylus_host.thumbnails import Thumbnails
from stylus_webui.chip import Chip

#: Chips that a page gets at most of each kind: a prompt has few picks, but pins may be many.
MOST = 40


@dataclass(frozen=True, slots=True)
class View:
    """What one answer shows."""

    prompt: str = ""
    picks: tuple[Pick, ...] = ()  # in their order, those that are removed among them
    nearly: tuple[Pick, ...] = ()
    removed: tuple[str, ...] = ()  # for this prompt
    pinned: frozenset[str] = frozenset()
    banned: frozenset[str] = frozenset()
    weighed: frozenset[str] = frozenset()  # their weights are the user's
    pages: Mapping[str, str] = field(default_factory=dict)  # name -> address of its page
    own: Mapping[str, str] = field(default_factory=dict)  # name -> how the user's own pictures use it
    opens: bool = False  # folders can be opened
    notes: tuple[str, ...] = ()
    repeated: str = ""  # where the picks are a picture's: the sentence that says so
    finished: bool = False  # the adapters stand in the prompt already


def answer(view: View) -> str:
    """Makes the block below the buttons.

    Args:
        view: what it shows.

    Returns:
        HTML in which everything that others wrote is escaped.
    """
    pictures = Thumbnails()
    picks = [p for p in view.picks if not p.belongs_to]
    used = [p for p in picks if p.name not in view.removed]
    parts = [_note(told(note)) for note in view.notes]
    if view.repeated:
        parts.append(_note(view.repeated, "anew", "Select anew"))
    if picks:
        parts += [_marked(view.prompt, picks, view.removed), _list("picks", picks, view, pictures)]
    elif not view.notes:
        parts.append('<p class="stylus-none">No adapter fits this prompt.</p>')
    there = {p.name for p in view.picks}
    parts += [
        _note(f"{name} is banned: it is never picked.", "unban", "Lift the ban", name)
        if name in view.banned
        else _note(f"{name} is left out for this prompt.", "restore", "Put back", name)
        for name in view.removed
        if name not in there
    ]
    if used and not view.finished:
        parts.append(
            '<div class="stylus-foot"><button type="button" data-slot="write" data-stylus="write" '
            'title="Take over by hand: tags and trigger words go into the prompt, as text">'
            "Write the tags into the prompt box</button></div>"
        )
    if view.nearly:
        parts.append(
            f'<details class="stylus-nearly"><summary data-slot="nearly">Nearly picked ({len(view.nearly)})</summary>'
            f"{_list('nearly', view.nearly, view, pictures)}</details>"
        )
    return f'<div class="stylus-answer">{"".join(parts)}</div>'


def in_place(picks: Sequence[Pick], selected: Iterable[Pick], removed: Iterable[str]) -> tuple[Pick, ...]:
    """Puts those that the user removed back to where they were, to be shown there.

    Args:
        picks: that are left, with the weights of the user.
        selected: all that there were, in their order.
        removed: names of those that the user removed.

    Returns:
        The picks and the removed ones, in the order of the selection; what was not in it comes last.
    """
    left, out = {p.name: p for p in picks}, set(removed)
    shown = [left.pop(p.name, p) for p in selected if p.name in left or p.name in out or p.belongs_to in out]
    return (*shown, *left.values())


def status(sentence: str, busy: bool, done: int = 0, total: int = 0) -> str:
    """Makes the line that tells how far something is.

    Args:
        sentence: what it says.
        busy: whether the page's script is to ask again soon, and a bar may be drawn.
        done: of the bar.
        total: of the bar; 0: there is none.

    Returns:
        HTML.
    """
    bar = f'<progress max="{total}" value="{min(done, total)}"></progress>' if busy and total else ""
    return f'<div class="stylus-status" data-busy="{int(busy)}">{escape(sentence)}{bar}</div>'


def _note(text: str, action: str = "", button: str = "", name: str = "") -> str:
    tool = ""
    if action:
        on = f' data-name="{escape(name)}" aria-label="{button}: {escape(name)}"' if name else ""
        tool = f' <button type="button" data-slot="{action}" data-stylus="{action}"{on}>{button}</button>'
    return f'<p class="stylus-note">{escape(text)}{tool}</p>'


def _marked(prompt: str, picks: Sequence[Pick], removed: Sequence[str]) -> str:
    """The prompt with the keywords of the picks marked; spans that overlap are marked once."""
    out: list[str] = []
    last = 0
    numbers: dict[tuple[int, int], list[int]] = {}
    for number, pick in enumerate(picks[:MOST], 1):
        if 0 <= pick.start < pick.end <= len(prompt) and pick.name not in removed:
            numbers.setdefault((pick.start, pick.end), []).append(number)
    for (start, end), which in sorted(numbers.items()):
        if start < last:
            continue
        label = ",".join(map(str, which))
        out += [escape(prompt[last:start]), f"<mark>{escape(prompt[start:end])}<sup>{label}</sup></mark>"]
        last = end
    return f'<div class="stylus-prompt">{"".join(out)}{escape(prompt[last:])}</div>'


def _list(kind: str, picks: Sequence[Pick], view: View, pictures: Thumbnails) -> str:
    chips = "".join(_chip(kind, n, pick, view, pictures).html() for n, pick in enumerate(picks[:MOST], 1))
    more = len(picks) - MOST
    rest = f'<li class="stylus-note">and {more:,} more</li>' if more > 0 else ""
    return f'<ul class="stylus-chips" role="list">{chips}{rest}</ul>'


def _chip(kind: str, number: int, pick: Pick, view: View, pictures: Thumbnails) -> Chip:
    return Chip(
        pick,
        kind,
        number=number if kind == "picks" else 0,
        image=pictures.of(pick.preview),
        page=view.pages.get(pick.name, ""),
        own=view.own.get(pick.name, ""),
        opens=view.opens and bool(pick.path),
        second=tuple(p for p in view.picks if p.belongs_to == pick.name),
        pinned=pick.name in view.pinned,
        banned=pick.name in view.banned,
        removed=kind == "picks" and pick.name in view.removed,
        weighed=pick.name in view.weighed,
        settled=view.finished,
    )
