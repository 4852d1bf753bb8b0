"""What is pinned and banned for good, as the panel lists it: each can be lifted there, also long after it was done."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from stylus_webui import settings

#: Names of each kind that are listed; the settings page has all.
_MOST = 200


def html() -> str:
    """The lists, with a button for each name.

    Returns:
        HTML in which everything that others wrote is escaped.
    """
    pinned, banned = settings.pinned(), settings.banned()
    if not (pinned or banned):
        return '<p class="stylus-none">Nothing is pinned, and nothing is banned.</p>'
    lists = (
        _list("Pinned, and so added to every prompt", pinned, "unpin", "Unpin"),
        _list("Banned, and so never picked", banned, "unban", "Lift the ban"),
    )
    return f'<div class="stylus-answer">{"".join(lists)}</div>'


def _list(heading: str, names: Sequence[str], action: str, text: str) -> str:
    if not names:
        return ""
    rows = "".join(
        f'<li class="stylus-kept" data-name="{escape(name)}"><span>{escape(name)}</span> '
        f'<button type="button" data-stylus="{action}" data-name="{escape(name)}" data-slot="{action}" '
        f'aria-label="{text}: {escape(name)}">{text}</button></li>'
        for name in names[:_MOST]
    )
    more = f"<p>and {len(names) - _MOST:,} more, see the settings</p>" if len(names) > _MOST else ""
    return f'<p>{heading} ({len(names):,}):</p><ul class="stylus-kept-list">{rows}</ul>{more}'
