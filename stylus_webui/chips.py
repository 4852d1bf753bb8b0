"""The panel's answer as HTML: one chip a pick, the prompt with its keywords marked, what was nearly picked.

Titles, names, reasons and notes come from strangers: everything is escaped, and every picture is decoded and encoded
anew before the page gets it.
"""

from __future__ import annotations

import base64
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from stylus_core.pictures import PREVIEW, PictureError, jpeg, read_file
from stylus_core.types import Pick
from stylus_webui.tags import weight

logger = logging.getLogger("stylus")

#: Chips that a page gets at most of each kind: a prompt has few picks, but pins may be many.
MOST = 40
_SIDE = 96  # pixels
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class View:
    """What one answer shows."""

    prompt: str = ""
    picks: tuple[Pick, ...] = ()
    nearly: tuple[Pick, ...] = ()
    removed: tuple[str, ...] = ()
    pinned: frozenset[str] = frozenset()
    banned: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    repeated: bool = False  # the picks are a pasted picture's
    finished: bool = False  # the adapters stand in the prompt already


def answer(view: View) -> str:
    """Makes the block below the buttons.

    Args:
        view: what it shows.

    Returns:
        HTML in which everything that others wrote is escaped.
    """
    parts = [_notes(view.notes)]
    if view.repeated:
        parts.append(
            '<p class="stylus-note">These are the picks of the pasted picture. '
            '<button type="button" data-stylus="anew">Select anew</button></p>'
        )
    picks = [p for p in view.picks if not p.belongs_to]
    if picks:
        parts += [_marked(view.prompt, picks), _list("picks", picks, view)]
    elif not view.notes:
        parts.append('<p class="stylus-none">No adapter fits this prompt.</p>')
    for name in view.removed:
        parts.append(
            f'<p class="stylus-note">{escape(name)} is left out for this prompt. '
            f'<button type="button" data-stylus="restore" data-name="{escape(name)}">Put back</button></p>'
        )
    if view.nearly:
        parts.append(
            f'<details class="stylus-nearly"><summary>Nearly picked ({len(view.nearly)})</summary>'
            f"{_list('nearly', view.nearly, view)}</details>"
        )
    return f'<div class="stylus-answer">{"".join(parts)}</div>'


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


def _notes(notes: Iterable[str]) -> str:
    return "".join(f'<p class="stylus-note">{escape(note)}</p>' for note in notes)


def _marked(prompt: str, picks: Sequence[Pick]) -> str:
    """The prompt with the keywords of the picks marked; spans that overlap are marked once."""
    out: list[str] = []
    last = 0
    numbers: dict[tuple[int, int], list[int]] = {}
    for number, pick in enumerate(picks[:MOST], 1):
        if 0 <= pick.start < pick.end <= len(prompt):
            numbers.setdefault((pick.start, pick.end), []).append(number)
    for (start, end), which in sorted(numbers.items()):
        if start < last:
            continue
        label = ",".join(map(str, which))
        out += [escape(prompt[last:start]), f"<mark>{escape(prompt[start:end])}<sup>{label}</sup></mark>"]
        last = end
    return f'<div class="stylus-prompt">{"".join(out)}{escape(prompt[last:])}</div>'


def _list(kind: str, picks: Sequence[Pick], view: View) -> str:
    chips = "".join(_chip(kind, number, pick, view) for number, pick in enumerate(picks[:MOST], 1))
    more = len(picks) - MOST
    rest = f'<li class="stylus-note">and {more:,} more</li>' if more > 0 else ""
    return f'<ul class="stylus-chips">{chips}{rest}</ul>'


def _chip(kind: str, number: int, pick: Pick, view: View) -> str:
    name = escape(pick.name)
    title = escape(pick.title or pick.name)
    picture = thumbnail(pick.preview)
    image = f'<img alt="" src="{picture}">' if picture else '<span class="stylus-blank"></span>'
    words = f" Trigger words: {', '.join(pick.trigger_words)}." if pick.trigger_words else ""
    clip = "" if pick.clip_weight is None else f" Text encoder: {weight(pick.clip_weight)}."
    reason = escape((pick.reason + words + clip).strip())
    chosen = kind == "picks"
    badge = f'<span class="stylus-number">{number}</span>' if chosen else ""
    keyword = f'<span class="stylus-keyword">{escape(pick.keyword)}</span>' if pick.keyword else ""
    return (
        f'<li class="stylus-chip" tabindex="0" data-name="{name}" title="{reason}">{image}'
        f'<div class="stylus-about"><div class="stylus-title">{badge}{title}</div>'
        f'<div class="stylus-stem">{name}</div>{_second(pick, view)}{keyword}'
        f'<div class="stylus-reason">{reason}</div></div>'
        f'<div class="stylus-tools">{_tools(name, pick, chosen and not view.finished, view)}</div></li>'
    )


def _second(pick: Pick, view: View) -> str:
    """The other file of an adapter that is two: it comes and goes with the first."""
    stems = (f"{p.name} ({weight(p.weight)})" for p in view.picks if p.belongs_to == pick.name)
    return "".join(f'<div class="stylus-stem">+ {escape(stem)}</div>' for stem in stems)


def _tools(name: str, pick: Pick, chosen: bool, view: View) -> str:
    def button(action: str, text: str, hint: str) -> str:
        return f'<button type="button" data-stylus="{action}" data-name="{name}" title="{hint}">{text}</button>'

    pinned, banned = pick.name in view.pinned, pick.name in view.banned
    tools = []
    if chosen:
        tools += [
            f'<input type="number" data-stylus="weight" data-name="{name}" value="{weight(pick.weight)}" '
            f'min="-4" max="4" step="0.05" title="Weight for this prompt" aria-label="Weight of {name}">',
            button("remove", "Remove", "Leave it out for this prompt"),
        ]
    else:
        tools.append(f'<span class="stylus-weight">{weight(pick.weight)}</span>')
    tools.append(
        button("unpin" if pinned else "pin", "Unpin" if pinned else "Pin", "Always add it, until it is unpinned")
    )
    tools.append(button("unban" if banned else "ban", "Lift ban" if banned else "Ban", "Never pick it again"))
    return "".join(tools)


def thumbnail(path: str) -> str:
    """A small JPEG of the picture as a data URL, or "" if there is none that can be read."""
    if not path:
        return ""
    try:
        found = os.stat(path)
        return _thumbnail(path, found.st_mtime_ns, found.st_size)
    except (OSError, ValueError):
        return ""


@lru_cache(maxsize=512)
def _thumbnail(path: str, _mtime: int, _size: int) -> str:
    try:
        small = jpeg(read_file(path, PREVIEW.bytes), _SIDE, _QUALITY)
    except PictureError as error:
        logger.debug("no thumbnail of %s: %s", path, error)
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(small).decode("ascii")
