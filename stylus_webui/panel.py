"""The accordion in txt2img and img2img: its components, built from the table of options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from stylus_core.option_table import POOL
from stylus_webui import for_good, library_search, own_panel, panel_answers, panel_jobs
from stylus_webui import options as table
from stylus_webui.library_search import SearchBox
from stylus_webui.options import CONTROLS
from stylus_webui.own_panel import OwnBox
from stylus_webui.panel_controls import control, in_pairs, not_saved
from stylus_webui.panel_header import checkpoint, header
from stylus_webui.panel_jobs import JobParts

#: Options that are shown at once; those of the pool have a part of their own, and the rest is behind "More".
_FIRST = ("max_adapters", "strength", "restraint", "trigger_words")


@dataclass(slots=True)
class Panel:
    """The components of one tab."""

    tab: str
    controls: dict[str, Any]  # option -> component, in the order of the arguments
    state: Any  # hidden: the edits of the prompt
    action: Any  # hidden: what was clicked
    shown: Any  # HTML: the answer
    status: Any  # HTML: the index
    show: Any
    act: Any  # hidden button
    poll: Any  # hidden button
    jobs: JobParts
    checkpoint: Any  # HTML: what "any" architecture is at the moment
    rescan: Any
    refine: Any  # HTML: how far the descriptions are
    estimate: Any
    start: Any
    stop: Any
    search: SearchBox
    kept: Any  # HTML: what is pinned and banned for good
    own: OwnBox

    @property
    def arguments(self) -> list[Any]:
        """What is asked with: the options, then the edits."""
        return [*self.controls.values(), self.state]

    @property
    def job_arguments(self) -> list[Any]:
        """What the script's hooks get, in this order."""
        return [*self.arguments, self.jobs.page]


def build(tab: str, problem: str = "") -> Panel:
    """Makes the components, without events.

    Args:
        tab: "txt2img" or "img2img".
        problem: why Stylus cannot work, one sentence: the switch is disabled then and the sentence is shown.

    Returns:
        The panel.
    """

    def name(part: str) -> str:
        return f"stylus_{tab}_{part}"

    controls: dict[str, Any] = {}
    with header(name("panel"), not problem) as controls["enabled"]:
        with gr.Row(elem_classes=["stylus-bar"]):
            show = gr.Button("Show picks", elem_id=name("show"), interactive=not problem, scale=0, min_width=120)
            status = gr.HTML(value=panel_answers.status(problem), elem_id=name("status"))
            rescan = gr.Button("Rescan", elem_id=name("rescan"), interactive=not problem, scale=0, min_width=80)
        shown = gr.HTML(value="", elem_id=name("answer"))
        later = [o for o in CONTROLS if o.name not in (*_FIRST, *POOL, "enabled")]
        for pair in in_pairs([table.BY_NAME[n] for n in _FIRST]):
            with gr.Row(elem_classes=["stylus-first"]):
                for option in pair:
                    controls[option.name] = control(option, name(option.name))
        # Side by side while they are folded; the page's style gives an open one the whole width.
        with gr.Row(elem_classes=["stylus-parts"]):
            with gr.Accordion("More", open=False, elem_id=name("more")):
                checkpoint_line = gr.HTML(value=checkpoint(), elem_id=name("checkpoint"))
                for pair in in_pairs(later):
                    with gr.Row():
                        for option in pair:
                            controls[option.name] = control(option, name(option.name))
            with gr.Accordion("Which adapters", open=False, elem_id=name("pool")):
                for pair in in_pairs([table.BY_NAME[n] for n in POOL]):
                    with gr.Row():
                        for option in pair:
                            controls[option.name] = control(option, name(option.name))
            with gr.Accordion("Find an adapter", open=False, elem_id=name("search")):
                search = library_search.build(name, not problem)
            with gr.Accordion("Pinned and banned", open=False, elem_id=name("for_good")):
                kept = gr.HTML(value=for_good.html(), elem_id=name("kept"))
            with gr.Accordion("Your own pictures", open=False, elem_id=name("own_part")):
                own = own_panel.build(name, not problem)
            with gr.Accordion("Descriptions", open=False, elem_id=name("descriptions")):
                refine = gr.HTML(value=panel_answers.descriptions(), elem_id=name("refine"))
                with gr.Row():
                    buttons = [
                        gr.Button(text, elem_id=name(part), interactive=not problem)
                        for part, text in (("estimate", "Refine descriptions"), ("start", "Start"), ("stop", "Stop"))
                    ]
        with gr.Row(elem_classes=["stylus-hidden"]):
            state = not_saved(gr.Textbox(value="", label="Stylus state", elem_id=name("state")))
            action = not_saved(gr.Textbox(value="", label="Stylus action", elem_id=name("action")))
            act = gr.Button("act", elem_id=name("act"))
            poll = gr.Button("poll", elem_id=name("poll"))
            jobs = panel_jobs.build(name)
    ordered = {o.name: controls[o.name] for o in CONTROLS}
    parts = (shown, status, show, act, poll, jobs, checkpoint_line, rescan, refine, *buttons, search, kept, own)
    return Panel(tab, ordered, state, action, *parts)
