"""What the panel shows of jobs: the picks of the page's own last one, and what goes with its picture to img2img.

Each page has a key of its own, which travels with the arguments of its jobs: two browser tabs, and the API between
them, do not see each other's picks. `javascript/stylus_jobs.js` makes it, hands it on where the page is loaded anew,
and presses hidden buttons when something ended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import Context

from stylus_host.named_adapters import Named
from stylus_webui import host_prompts, runtime, tags
from stylus_webui.edits import Edits
from stylus_webui.options import CONTROLS, HostSettings
from stylus_webui.panel_controls import not_saved

if TYPE_CHECKING:
    from stylus_webui.generation_hook import JobOutcome

#: What another extension fills in for each picture anew: `__name__`, `{one|another}`.
_TEMPLATE = re.compile(r"__[^\s_]|\{[^{}|]*\|")

TEMPLATE_NOTE = "The prompt is a template: these are the picks for its text as it stands, each picture has its own."
TAKEN = "The picks of the txt2img picture were taken along."
REPEATED = "These are the picks of the picture that the prompt comes from."
RELOADED = "These are the picks of the last picture before the page was loaded anew."
LEFT_BEHIND = "The picks of the txt2img picture stay behind: they are not known any more."
_OFF = "Stylus is off: Generate uses none of these picks, and edits have no effect."
_MADE_OFF = "Stylus is off: the last picture was made without it."


@dataclass(slots=True)
class JobParts:
    """Hidden components of one tab."""

    page: Any  # the page's key, one more argument of its jobs
    seen: Any  # number of the job that is shown; empty until the server knows the page
    source: Any  # key of the page's txt2img
    after: Any  # button: a job may be done
    take: Any  # button: the picture was sent to this tab


def build(name: Callable[[str], str]) -> JobParts:
    """Makes the hidden components.

    Args:
        name: gives an element its id.

    Returns:
        The components.
    """
    return JobParts(
        page=not_saved(gr.Textbox(value="", label="Stylus page", elem_id=name("page"))),
        seen=not_saved(gr.Textbox(value="", label="Stylus seen", elem_id=name("seen"))),
        source=not_saved(gr.Textbox(value="", label="Stylus source", elem_id=name("source"))),
        after=gr.Button("after", elem_id=name("after")),
        take=gr.Button("take", elem_id=name("take")),
    )


def page_of(args: Sequence[Any]) -> str:
    """Reads whose job it is.

    Args:
        args: of the script's hook.

    Returns:
        The key of the page; "" for a job of nobody's.
    """
    given = args[len(CONTROLS) + 1] if len(args) > len(CONTROLS) + 1 else ""
    return given if isinstance(given, str) else ""


def told_off(html: str, sentence: str = _OFF) -> str:
    """Puts in front of an answer that nothing of it counts, with a button that changes that.

    The page shows it while the switch is off, whenever that was.

    Args:
        html: the answer.
        sentence: what is said.

    Returns:
        HTML.
    """
    button = '<button type="button" data-stylus="on">Switch on</button>'
    return f'<div class="stylus-off"><p class="stylus-note">{sentence} {button}</p></div>{html}'


def is_template(prompt: str) -> bool:
    """Whether a wildcard extension would fill something in.

    Args:
        prompt: as it was typed.

    Returns:
        True for `__name__` and `{one|another}`.
    """
    return _TEMPLATE.search(prompt) is not None


def follow_reloads(tab: str, jobs: JobParts, shown: Any, show: Callable[[JobOutcome, tuple[str, ...]], str]) -> None:
    """Has a page that was loaded anew show what its last job used.

    Args:
        tab: "txt2img" or "img2img".
        jobs: of the tab.
        shown: component of the answer.
        show: makes HTML of an outcome and of notes in front of its own.
    """
    page = Context.root_block
    if page is None:
        return
    given = f"() => typeof stylusPage === 'undefined' ? ['', ''] : stylusPage.opened({tab!r})"
    page.load(
        fn=lambda key, kept: opened(tab, str(key), kept == "kept", show),
        inputs=[jobs.page, jobs.seen],
        outputs=[jobs.page, shown, jobs.seen],
        queue=False,
        show_progress="hidden",
        **{"_js" if gr.__version__.startswith("3.") else "js": given},
    )


def opened(tab: str, key: str, kept: bool, show: Callable[[JobOutcome, tuple[str, ...]], str]) -> tuple[str, Any, str]:
    """Answers a page that is loaded.

    Args:
        tab: "txt2img" or "img2img".
        key: of the page.
        kept: whether it had it before it was loaded anew.
        show: makes HTML of an outcome and of notes in front of its own.

    Returns:
        The key, an update of the answer, and the number of the job that is shown.
    """
    number, outcome = runtime.get().outcome(tab, key) if kept else (0, None)
    html = gr.update() if outcome is None else told_off(show(outcome, (RELOADED,)))
    return key, html, str(number)


def after(tab: str, seen: str, page: str, show: Callable[[JobOutcome], str]) -> tuple[Any, Any]:
    """Answers a page that noticed the end of something.

    Args:
        tab: "txt2img" or "img2img".
        seen: number of the job that the page shows.
        page: its key.
        show: makes HTML of an outcome.

    Returns:
        Updates of the answer and of `seen`.
    """
    number, outcome = runtime.get().outcome(tab, page)
    if not number or str(number) == seen:
        return gr.update(), gr.update()
    return told_off("", _MADE_OFF) if outcome is None else told_off(show(outcome)), str(number)


def carried(source: str, styles: Any) -> tuple[HostSettings, str] | str | None:
    """What a picture that is sent to img2img brings along.

    Args:
        source: key of the page's txt2img.
        styles: those that are chosen in img2img.

    Returns:
        The settings of the picture's job, with its picks as those of a pasted picture, and the prompt that they belong
        to; a sentence where they stay behind; None where Stylus had no part in the picture.
    """
    number, outcome = runtime.get().outcome("txt2img", source)
    if not number:
        return LEFT_BEHIND
    if outcome is None or outcome.settings is None:
        return None
    if outcome.decision is None or not outcome.decision.decided:
        return LEFT_BEHIND
    typed = outcome.typed
    if is_template(typed):  # img2img would fill it in anew
        text = outcome.decision.effective
    else:
        text = host_prompts.strip_comments(host_prompts.apply_styles(typed, styles))
    written = outcome.decision.text or (tags.write(text, outcome.picks) if outcome.picks else text)
    picks = tuple(Named(p.name, p.weight, p.clip_weight) for p in outcome.picks)
    edits = Edits(typed, written, picks)
    return HostSettings(True, outcome.settings.options, outcome.settings.variants, edits=edits), typed


def values(settings: HostSettings) -> list[Any]:
    """Gives the controls their values.

    Args:
        settings: a job's.

    Returns:
        One value for each of `CONTROLS`.
    """
    out: list[Any] = []
    for option in CONTROLS:
        value = getattr(settings if option.name in ("enabled", "variants") else settings.options, option.name)
        if option.type == "names":
            value = "\n".join(value)
        out.append(list(value) if isinstance(value, tuple) else value)
    return out
