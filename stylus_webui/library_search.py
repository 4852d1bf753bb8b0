"""The panel's "Find an adapter": a box over the whole library, whose hits can be used or pinned, in pages.

Like the rest of the panel it goes through gradio's own events: there is no route for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from stylus_core.errors import StylusError
from stylus_core.types import Adapter
from stylus_host.thumbnails import thumbnail
from stylus_webui import chips, host, runtime, settings

if TYPE_CHECKING:
    from stylus_core.adapter_search import FoundAdapter, FoundPage

logger = logging.getLogger("stylus")

#: Hits on one page, and the longest line of a description, in characters.
PAGE, _LINE = 12, 160


@dataclass(slots=True)
class SearchBox:
    """The components of one tab's search."""

    query: Any
    find: Any
    back: Any
    forward: Any
    place: Any  # hidden: the number of the first hit that is shown; empty before anything was looked for
    found: Any  # HTML: the hits

    @property
    def asked(self) -> list[Any]:
        """What `again` takes."""
        return [self.query, self.place]


def build(name: Callable[[str], str], usable: bool) -> SearchBox:
    """Makes the components, without events.

    Args:
        name: makes the id of a part of the panel in the page.
        usable: whether Stylus can work.

    Returns:
        The box.
    """
    with gr.Row():
        query = gr.Textbox(
            value="",
            label="Name or words",
            info="Words of its name or of what it shows; without any, all are listed.",
            lines=1,
            max_lines=1,
            elem_id=name("query"),
            interactive=usable,
        )
        find = gr.Button("Find", elem_id=name("find"), interactive=usable, scale=0, min_width=100)
    found = gr.HTML(value="", elem_id=name("found"))
    with gr.Row():
        back = gr.Button("Previous", elem_id=name("back"), interactive=False)
        forward = gr.Button("Next", elem_id=name("forward"), interactive=False)
    with gr.Row(elem_classes=["stylus-hidden"]):
        place = gr.Textbox(value="", label="Stylus place", elem_id=name("place"))
    return SearchBox(query, find, back, forward, place, found)


def wire(box: SearchBox) -> None:
    """Connects the buttons.

    Args:
        box: as `build` made it.
    """
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    outputs = [box.found, box.place, box.back, box.forward]

    def look(query: Any, offset: int) -> tuple[Any, ...]:
        html, page = _looked(str(query or ""), offset)
        if page is None:
            return html, "", gr.update(interactive=False), gr.update(interactive=False)
        more = page.offset + PAGE < page.total
        return html, str(page.offset), gr.update(interactive=page.offset > 0), gr.update(interactive=more)

    def turn(step: int) -> Callable[[Any, Any], tuple[Any, ...]]:
        return lambda query, place: look(query, max(0, _number(place) + step))

    for event in (box.find.click, box.query.submit):
        event(fn=lambda query: look(query, 0), inputs=[box.query], outputs=outputs, **quiet)
    for button, step in ((box.back, -PAGE), (box.forward, PAGE)):
        button.click(fn=turn(step), inputs=box.asked, outputs=outputs, **quiet)


def again(query: Any, place: Any) -> Any:
    """The hits that are shown, as they are after something was pinned or banned.

    Args:
        query: in the box.
        place: of the first hit that is shown.

    Returns:
        HTML, or nothing to change where nothing was looked for yet.
    """
    return gr.update() if place in ("", None) else gr.update(value=_looked(str(query or ""), _number(place))[0])


def _number(place: Any) -> int:
    return int(place) if str(place).isdecimal() else 0


def _looked(query: str, offset: int) -> tuple[str, FoundPage | None]:
    try:
        page = runtime.get().service.search(query, PAGE, offset)
        return _html(page), page
    except StylusError as error:
        return chips.status(str(error), busy=False), None
    except Exception as error:
        logger.exception("the library could not be searched")
        return chips.status(f"The search failed: {type(error).__name__}: {error}.", busy=False), None


def _html(page: FoundPage) -> str:
    if not page.total:
        return chips.status("Nothing is found: try fewer or other words.", busy=False)
    if not page.found:
        return chips.status("There are no more.", busy=False)
    first, last = page.offset + 1, page.offset + len(page.found)
    wanted = host.architecture()
    pinned, banned = settings.pinned(), settings.banned()
    hits = "".join(_hit(hit, wanted, hit.adapter.stem in pinned, hit.adapter.stem in banned) for hit in page.found)
    return (
        f'<div class="stylus-answer"><p>{first:,} to {last:,} of {page.total:,}</p>'
        f'<ul class="stylus-found">{hits}</ul></div>'
    )


def _hit(hit: FoundAdapter, wanted: str, pinned: bool, banned: bool) -> str:
    adapter, name = hit.adapter, escape(hit.adapter.stem)
    title = escape(adapter.title)
    picture = thumbnail(adapter.metadata.preview)
    image = f'<img alt="" src="{picture}">' if picture else '<span class="stylus-blank"></span>'
    said = [_line(adapter), f"Found because {hit.reason}." if hit.reason else "", runtime.get().own.note_of(adapter)]
    lines = "".join(f"<div>{escape(text)}</div>" for text in said if text)
    misfit = _misfit(adapter, wanted)
    if misfit:
        lines += f'<div class="stylus-misfit">{escape(misfit)}</div>'

    def button(action: str, text: str, hint: str) -> str:
        return (
            f'<button type="button" data-stylus="{action}" data-name="{name}" data-slot="{action}" title="{hint}" '
            f'aria-label="{text}: {title}">{text}</button>'
        )

    pin = button("unpin", "Unpin", "Add it no more") if pinned else button("pin", "Pin", "Add it to every prompt")
    lift, use = ("unban", "Lift the ban", "Let it be picked again"), ("use", "Use it", "For this prompt")
    first = button(*(lift if banned else use))
    return (
        f'<li class="stylus-hit" data-name="{name}">{image}<div class="stylus-about-hit">'
        f'<div class="stylus-title">{title}</div><div class="stylus-stem">{name}</div>{lines}</div>'
        f'<div class="stylus-hit-tools">{first}{pin}</div></li>'
    )


def _line(adapter: Adapter) -> str:
    text = " ".join(adapter.card.description.split())
    return text if len(text) <= _LINE else f"{text[:_LINE].rsplit(' ', 1)[0]}…"


def _misfit(adapter: Adapter, wanted: str) -> str:
    """Why the host could not use it; "" if it can, or if nobody knows."""
    from stylus_core.base_models import fits, for_people

    if fits(adapter.made_for, wanted):
        return ""
    return f"Made for {for_people(adapter.made_for)}; the checkpoint is {for_people(wanted)}."
