"""One adapter as HTML: its picture, name, weight, the words it serves, why, how sure, and the buttons.

Every chip has the same parts at the same places, whether they say something or not, so that nothing moves when one of
them changes: a button that takes back what another did stands where that one stood.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from stylus_core.types import Pick
from stylus_host.client_text import told
from stylus_webui.tags import weight

#: The least chance that a pick is wanted, and what a user is told.
_SURE = ((0.75, "sure"), (0.5, "likely"), (0.0, "a guess"))
#: The slider's ends: the first that hold the weight. The field beside it takes whatever the host can.
_ENDS = ((0.0, 1.5), (0.0, 4.0), (-2.0, 2.0), (-4.0, 4.0))


@dataclass(frozen=True, slots=True)
class Chip:
    """What one chip shows."""

    pick: Pick
    kind: str = "picks"  # or "nearly"
    number: int = 0  # of the mark in the prompt; 0: there is none
    image: str = ""  # a data URL
    page: str = ""  # address of the adapter's page
    opens: bool = False  # its folder can be opened
    second: tuple[Pick, ...] = ()  # the other file of an adapter that is two: it comes and goes with the first
    pinned: bool = False
    banned: bool = False
    removed: bool = False  # for this prompt
    weighed: bool = False  # the weight is the user's
    own: str = ""  # how the user's own pictures use it, one sentence
    settled: bool = False  # it stands in the prompt already: nothing is left to change

    def html(self) -> str:
        """Draws it.

        Returns:
            An item of a list, in which everything that others wrote is escaped.
        """
        pick = self.pick
        image = f'<img alt="" src="{self.image}">' if self.image else '<span class="stylus-blank"></span>'
        classes = f"stylus-chip stylus-{self.kind}" + (" stylus-removed" if self.removed else "")
        return (
            f'<li class="{classes}" data-name="{escape(pick.name)}">{image}'
            f'<div class="stylus-about">{self._names()}{self._served()}{self._reason()}</div>'
            f'{self._weight()}<div class="stylus-tools">{self._tools()}{self._menu()}</div></li>'
        )

    # -- what it tells -------------------------------------------------------------------------------------------------

    @property
    def _title(self) -> str:
        return escape(self.pick.title or self.pick.name)

    def _names(self) -> str:
        badge = f'<span class="stylus-number">{self.number}</span>' if self.number else ""
        files = escape(" + ".join([self.pick.name, *(f"{p.name} ({weight(p.weight)})" for p in self.second)]))
        return (
            f'<div class="stylus-title" title="{self._title}">{badge}{self._title}</div>'
            f'<div class="stylus-stem" title="{files}">{files}</div>'
        )

    def _served(self) -> str:
        words = escape(self.pick.keyword)
        served = f'<span class="stylus-keyword" title="Serves: {words}">{words}</span>' if words else ""
        return f'<div class="stylus-served">{served}{self._sure()}</div>'

    def _sure(self) -> str:
        """How sure the composer is; what the user asked for by name needs no chance."""
        chance = self.pick.score
        if not self.pick.keyword or not 0 < chance <= 1:
            return ""
        word = next(word for least, word in _SURE if chance >= least)
        return f'<span class="stylus-sure" title="{chance:.0%} sure that the prompt asks for it">{word}</span>'

    def _reason(self) -> str:
        pick = self.pick
        words = f" Trigger words: {', '.join(pick.trigger_words)}." if pick.trigger_words else ""
        clip = "" if pick.clip_weight is None else f" Text encoder: {weight(pick.clip_weight)}."
        why = told(pick.reason) if pick.reason else ""
        own = f" {self.own}" if self.own else ""
        reason = escape((why + words + clip + own).strip())
        return (
            f'<div class="stylus-why"><button type="button" class="stylus-reason" data-slot="reason" '
            f'aria-expanded="false" title="{reason}">{reason}</button></div>'
        )

    # -- what it takes -------------------------------------------------------------------------------------------------

    def _weight(self) -> str:
        value = weight(self.pick.weight)
        if self.kind != "picks" or self.removed or self.settled:
            return f'<div class="stylus-weight"><span>Weight {value}</span></div>'
        low, high = next((e for e in _ENDS if e[0] <= self.pick.weight <= e[1]), _ENDS[-1])
        common = f'data-stylus="weight" data-name="{escape(self.pick.name)}" value="{value}" step="0.05"'
        label = f'aria-label="Weight of {self._title}"'
        return (
            f'<div class="stylus-weight"><input type="range" data-slot="slider" {common} min="{low:g}" max="{high:g}" '
            f'title="Weight for this prompt" {label}><input type="number" data-slot="weight" {common} min="-4" max="4" '
            f'title="Weight for this prompt" {label}>'
            f"{self._button('reset', 'reset', '↺', 'Back to the weight that Stylus chose', off=not self.weighed)}</div>"
        )

    def _button(self, slot: str, action: str, text: str, hint: str, off: bool = False) -> str:
        label = f"{hint}: {self._title}"
        return (
            f'<button type="button" data-slot="{slot}" data-stylus="{action}" data-name="{escape(self.pick.name)}" '
            f'title="{hint}" aria-label="{label}"{" disabled" if off else ""}>{text}</button>'
        )

    def _tools(self) -> str:
        if self.kind != "picks":
            first = self._button("use", "use", "Use it", "Add it to the picks of this prompt")
        elif self.removed:
            first = self._button("use", "restore", "Put back", "Put it back for this prompt")
        else:
            first = self._button("use", "remove", "Remove", "Leave it out for this prompt", off=self.settled)
        if self.pinned:
            return first + self._button("pin", "unpin", "Unpin", "Stop adding it to every prompt")
        return first + self._button("pin", "pin", "Pin", "Add it to every prompt until it is unpinned")

    def _menu(self) -> str:
        pick = self.pick
        if self.banned:
            ban = self._button("ban", "unban", "Pick it again", "Let it be picked again")
        else:
            ban = self._button("ban", "ban", "Never again", "Never pick it again, for any prompt")
        address = web_address(self.page)
        page = (
            f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer" data-slot="page">Open its page</a>'
            if address
            else ""
        )
        folder = self._button("folder", "folder", "Open its folder", "Open its folder") if self.opens else ""
        copies = [("Copy its name", pick.name)] + ([("Copy the file’s path", pick.path)] if pick.path else [])
        copy = "".join(
            f'<button type="button" data-slot="{text}" data-copy="{escape(value)}" title="{escape(value)}">{text}'
            "</button>"
            for text, value in copies
        )
        return (
            f'<details class="stylus-menu"><summary data-slot="menu" aria-label="More for {self._title}" title="More">'
            f'⋯</summary><div class="stylus-pop">{ban}{page}{folder}{copy}</div></details>'
        )


def web_address(text: str) -> str:
    """Lets an address through that a browser may be sent to.

    Args:
        text: what somebody gave as the address of a page.

    Returns:
        It; "" if it is no address of the web.
    """
    try:
        found = urlsplit(text.strip())
    except ValueError:
        return ""
    return text.strip() if found.scheme in ("http", "https") and found.hostname else ""
