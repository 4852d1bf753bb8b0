"""What the panel's buttons do: which values of the page they ask with, and what of it they draw anew.

The page never talks to a route of ours: everything goes through gradio's own events, which ask for the same login as
the rest of the page. `javascript/stylus_actions.js` only turns a click on a chip into a value of a hidden field.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from stylus_webui import (
    chips,
    for_good,
    host_prompts,
    library_search,
    own_panel,
    panel_answers,
    panel_jobs,
    runtime,
    settings,
)
from stylus_webui.panel import Panel
from stylus_webui.panel_actions import TabValues
from stylus_webui.panel_controls import follow_settings
from stylus_webui.panel_header import checkpoint

logger = logging.getLogger("stylus")


def wire(panel: Panel, prompt: Any, styles: Any = None) -> None:
    """Connects the buttons.

    Args:
        panel: as `build` made it.
        prompt: the host's component.
        styles: the host's component; None: this host has none.
    """
    prompts = [prompt] + ([styles] if styles is not None else [])
    count = len(prompts)

    def asked(values: Sequence[Any]) -> tuple[str, str, list[Any]]:
        typed = str(values[0] or "")
        return typed, host_prompts.apply_styles(typed, values[1] if count > 1 else None), list(values[count:])

    def show(*values: Any) -> Any:
        typed, prompt_text, args = asked(values)
        return panel_answers.answer(prompt_text, args, typed), panel_answers.status(), checkpoint()

    def act(action: str, query: Any, place: Any, *values: Any) -> Any:
        before = TabValues(str(values[0] or ""), values[count:], values[1] if count > 1 else None)
        kept = settings.pinned(), settings.banned()
        tab, shown = panel_answers.clicked(action, before)
        said = [
            gr.update() if new == old else gr.update(value=new)
            for new, old in ((tab.pinned, before.pinned), (tab.typed, before.typed))
        ]
        same = kept == (settings.pinned(), settings.banned())
        hits = gr.update() if same else library_search.again(query, place)
        return shown, tab.state, for_good.html(), hits, own_panel.status(), own_panel.html(), *said

    def after(seen: str, page: str) -> Any:
        return panel_jobs.after(panel.tab, seen, page, panel_answers.of_outcome)

    def take(source: str, *values: Any) -> Any:
        return panel_answers.taken(source, values[1] if count > 1 else None)

    def rescan() -> str:
        runtime.start()
        return panel_answers.status()

    inputs = [*prompts, *panel.arguments]
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    panel.show.click(fn=_safely(show, 3), inputs=inputs, outputs=[panel.shown, panel.status, panel.checkpoint], **quiet)
    acted = panel.act.click(
        fn=_safely(act, 8),
        inputs=[panel.action, *panel.search.asked, *inputs],
        outputs=[
            *(panel.shown, panel.state, panel.kept, panel.search.found, panel.own.status, panel.own.lists),
            *(panel.controls["pinned"], prompt),
        ],
        **quiet,
    )
    # The page's script waits for it before it sends the next action; after a failure too.
    acted.then(fn=lambda: "", inputs=[], outputs=[panel.action], **quiet)
    panel.poll.click(
        fn=lambda: (
            *(panel_answers.status(), panel_answers.descriptions(), for_good.html(), checkpoint()),
            *own_panel.polled(),
        ),
        inputs=[],
        outputs=[panel.status, panel.refine, panel.kept, panel.checkpoint, panel.own.status, panel.own.lists],
        **quiet,
    )
    library_search.wire(panel.search)
    own_panel.wire(panel.own)
    for button, what in ((panel.estimate, "plan"), (panel.start, "start"), (panel.stop, "stop")):
        button.click(fn=functools.partial(panel_answers.refine, what), inputs=[], outputs=[panel.refine], **quiet)
    panel.rescan.click(fn=rescan, inputs=[], outputs=[panel.status], **quiet)
    jobs = panel.jobs
    # The page's script presses it: `change` of the host's log fires for any update of anything in gradio 4.
    jobs.after.click(fn=_safely(after, 2), inputs=[jobs.seen, jobs.page], outputs=[panel.shown, jobs.seen], **quiet)
    if panel.tab == "img2img":
        jobs.take.click(
            fn=_safely(take, 1 + len(panel.arguments)),
            inputs=[jobs.source, *prompts],
            outputs=[panel.shown, *panel.arguments],
            **quiet,
        )
    panel_jobs.follow_reloads(panel.tab, jobs, panel.shown, panel_answers.of_outcome)
    follow_settings(panel.controls)


def _safely(function: Callable[..., Any], outputs: int) -> Callable[..., Any]:
    """An event that fails leaves the page as it is and says so, once, in its answer."""

    def call(*values: Any) -> Any:
        try:
            return function(*values)
        except Exception as error:
            logger.exception("a button of the panel failed")
            note = chips.answer(chips.View(notes=(f"That failed: {type(error).__name__}: {error}.",)))
            return note if outputs == 1 else (note, *[gr.update() for _ in range(outputs - 1)])

    return call
