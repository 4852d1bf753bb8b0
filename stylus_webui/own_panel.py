"""The panel's "Your own pictures": what is learned from, how far that is, what was corrected, and how to undo each.

Like the rest of the panel it goes through gradio's own events: there is no route for it but that of corrections.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from stylus_core.errors import StylusError
from stylus_host.service_state import sentence
from stylus_webui import chips, host, runtime, settings
from stylus_webui.tags import weight

if TYPE_CHECKING:
    from stylus_core.history.records import Correction, LearnedFolder

logger = logging.getLogger("stylus")

#: Corrections that are listed, and characters of the prompt of each.
_MOST, _PROMPT = 200, 120

INTRO = (
    "Stylus can learn which adapters you like from the pictures that you made: it reads the parameters that your saved "
    "pictures carry (prompt, adapters, weights, checkpoint, time), never what they show, and remembers what you change "
    "of the picks. All of it stays in Stylus's own folder on this machine, and none of it gets into pictures, exports "
    "or prompts to a language model."
)
_OFF = "It is off: nothing is read and nothing is remembered."
_UNUSED = "Something was learned with this library already, and this WebUI does not use it while this is off."
_WHAT = {
    "removed": "removed",
    "kept": "kept",
    "weighed": "set to {weight}",
    "pinned": "pinned for every prompt",
    "banned": "banned for every prompt",
    "wanted": "added by hand",
}


@dataclass(slots=True)
class OwnBox:
    """The components of one tab."""

    status: Any  # HTML: how far the reading is
    lists: Any  # HTML: the folders and the corrections
    learn: Any
    stop: Any


def build(name: Callable[[str], str], usable: bool) -> OwnBox:
    """Makes the components, without events.

    Args:
        name: makes the id of a part of the panel in the page.
        usable: whether Stylus can work.

    Returns:
        The box.
    """
    gr.HTML(value=f'<p class="stylus-own-intro">{escape(INTRO)}</p>', elem_id=name("own_intro"))
    with gr.Row():
        learn = gr.Button("Learn from my pictures", elem_id=name("own_learn"), interactive=usable)
        stop = gr.Button("Stop", elem_id=name("own_stop"), interactive=usable, scale=0, min_width=100)
    told = gr.HTML(value=status() if usable else "", elem_id=name("own"))
    lists = gr.HTML(value=html() if usable else "", elem_id=name("own_lists"))
    return OwnBox(told, lists, learn, stop)


def wire(box: OwnBox) -> None:
    """Connects the buttons.

    Args:
        box: as `build` made it.
    """
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    for button, does in ((box.learn, start), (box.stop, stop)):
        button.click(fn=does, inputs=[], outputs=[box.status, box.lists], **quiet)


def start() -> tuple[str, str]:
    """Switches learning on, for the click says so, and begins to read.

    Returns:
        How far it is, and the lists, HTML.
    """
    problem = "" if settings.learns() else settings.set_learns(True)
    if problem:
        return chips.status(f"Learning was not switched on: {problem}.", busy=False), html()
    runtime.get().own.learn(host.output_folders())
    return status(), html()


def stop() -> tuple[str, str]:
    """Ends the reading.

    Returns:
        How far it is, and the lists, HTML.
    """
    runtime.get().own.stop()
    return status(), html()


def status() -> str:
    """Tells how far the reading is.

    Returns:
        HTML of one line.
    """
    state = runtime.get().own.state
    told = state.told or ("" if settings.learns() else _OFF)
    return chips.status(told, state.busy, state.done, state.total)


def polled() -> tuple[Any, Any]:
    """Both parts anew; the lists stay as they are while pictures are read, for somebody may be clicking there."""
    return status(), gr.update() if runtime.get().own.state.busy else html()


def act(what: str, name: str) -> None:
    """Does what was clicked in the lists.

    Args:
        what: "own-on", "own-off", "own-forget" or "own-undo".
        name: path of a folder, or number of a correction; "" of "own-forget" is all there is.
    """
    current = runtime.get()
    try:
        if what in ("own-on", "own-off"):
            current.own.switch(name, what == "own-on")
            if what == "own-on" and settings.learns():
                current.own.learn([name])
        elif what == "own-forget":
            current.own.forget(name or None)
            current.cache.clear()  # picks that were made with it
            if not name and (problem := settings.set_learns(False)):
                gr.Warning(f"It is forgotten, and learning is still switched on: {problem}.")
        elif what == "own-undo" and name.isdecimal():
            current.service.history().undo(int(name))
    except StylusError as error:
        gr.Warning(sentence(str(error)))
    except Exception as error:
        logger.warning("own pictures could not be changed (%s)", type(error).__name__)
        gr.Warning(f"That failed: {type(error).__name__}.")


def html() -> str:
    """The folders with their switches, and the corrections.

    Returns:
        HTML in which everything that others wrote is escaped.
    """
    current = runtime.get()
    try:
        folders = current.own.folders(host.output_folders())
        corrections = list(current.service.history().corrections())
    except StylusError as error:  # the library is not open yet
        return chips.status(sentence(str(error)), busy=False)
    except Exception as error:
        logger.warning("own pictures cannot be listed (%s)", type(error).__name__)
        return chips.status(f"What was learned cannot be listed: {type(error).__name__}.", busy=False)
    kept = bool(corrections) or any(one.read_at for one in folders)
    unused = f'<p class="stylus-note">{_UNUSED}</p>' if kept and not settings.learns() else ""
    everything = (
        _forget("", "everything that was learned, all corrections too, and switches learning off") if kept else ""
    )
    return f'<div class="stylus-answer">{unused}{_folders(folders)}{_corrections(corrections)}{everything}</div>'


def _folders(folders: Sequence[LearnedFolder]) -> str:
    if not folders:
        return '<p class="stylus-none">This WebUI names no folder of pictures that exists yet.</p>'
    rows = "".join(map(_folder, folders))
    return f'<p>Folders of pictures:</p><ul class="stylus-kept-list">{rows}</ul>'


def _folder(one: LearnedFolder) -> str:
    path = escape(one.path)
    said = f"{one.pictures:,} pictures learned from" if one.read_at else "not read yet"
    if one.read_at and one.silent:
        said += f", {one.silent:,} say nothing"
    if one.read_at and one.unreadable:
        said += f", {one.unreadable:,} cannot be read"
    if not one.on:
        said += "; switched off"
    action, text = ("own-off", "Switch off") if one.on else ("own-on", "Switch on")
    forget = _forget(one.path, "what was learned from this folder") if one.read_at else ""
    return (
        f'<li class="stylus-kept stylus-own-folder" data-name="{path}"><div><div>{path}</div>'
        f'<div class="stylus-own-said">{escape(said)}</div>{forget}</div>{_button(action, text, one.path)}</li>'
    )


def _corrections(corrections: Sequence[Correction]) -> str:
    if not corrections:
        return ""
    rows = "".join(map(_correction, corrections[:_MOST]))
    rest = len(corrections) - _MOST
    more = f"<p>and {rest:,} more: stylus feedback lists them all</p>" if rest > 0 else ""
    return (
        f'<details class="stylus-own-corrections"><summary data-slot="own-corrections">What I learned from your '
        f'corrections ({len(corrections):,})</summary><ul class="stylus-kept-list">{rows}</ul>{more}</details>'
    )


def _correction(one: Correction) -> str:
    what = _WHAT.get(one.action, one.action).format(weight="" if one.weight is None else weight(one.weight))
    prompt = one.prompt if len(one.prompt) <= _PROMPT else f"{one.prompt[:_PROMPT]}…"
    day = time.strftime("%Y-%m-%d", time.localtime(one.at))
    said = f"{one.adapter} {what}, for “{prompt}”, {day}"
    return (
        f'<li class="stylus-kept stylus-own-correction" data-name="{one.id}"><span title="{escape(one.prompt)}">'
        f"{escape(said)}</span> {_button('own-undo', 'Undo', str(one.id), one.adapter)}</li>"
    )


def _forget(path: str, what: str) -> str:
    """A button behind a fold: what it does cannot be taken back."""
    which = "this folder" if path else "everything"
    return (
        f'<details class="stylus-own-forget"><summary data-slot="own-fold">Forget {which}…</summary>'
        f"<p>This forgets {what}, for good; your pictures stay as they are. "
        f"{_button('own-forget', 'Yes, forget it', path, path or which)}</p></details>"
    )


def _button(action: str, text: str, name: str, about: str = "") -> str:
    label = escape(f"{text}: {about or name}")
    return (
        f'<button type="button" data-stylus="{action}" data-name="{escape(name)}" data-slot="{action}" '
        f'aria-label="{label}">{text}</button>'
    )
