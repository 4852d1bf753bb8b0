"""The accordion in txt2img and img2img, built from the table of options, and what its buttons do.

The page never talks to a route of ours: everything goes through gradio's own events, which ask for the same login as
the rest of the page. `javascript/stylus_actions.js` only turns a click on a chip into a value of a hidden field.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from stylus_core.errors import OptionError
from stylus_core.options import POOL
from stylus_core.types import Pick
from stylus_webui import chips, for_good, host_prompts, library_search, panel_jobs, runtime, settings, tags
from stylus_webui import options as table
from stylus_webui.library_search import SearchBox
from stylus_webui.options import CONTROLS
from stylus_webui.panel_actions import TabValues, apply_action
from stylus_webui.panel_controls import TO_SETTINGS, control, follow_settings, in_pairs, not_saved
from stylus_webui.panel_header import checkpoint, header
from stylus_webui.panel_jobs import JobParts

if TYPE_CHECKING:
    from stylus_webui.generation_hook import JobOutcome

logger = logging.getLogger("stylus")

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
            status = gr.HTML(value=_status(problem), elem_id=name("status"))
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
            with gr.Accordion("Descriptions", open=False, elem_id=name("descriptions")):
                refine = gr.HTML(value=_refining(), elem_id=name("refine"))
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
    parts = (shown, status, show, act, poll, jobs, checkpoint_line, rescan, refine, *buttons, search, kept)
    return Panel(tab, ordered, state, action, *parts)


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
        return answer(prompt_text, args, typed), _status(), checkpoint()

    def act(action: str, query: Any, place: Any, *values: Any) -> Any:
        before = TabValues(str(values[0] or ""), values[count:], values[1] if count > 1 else None)
        tab = apply_action(action, before)
        said = [
            gr.update() if new == old else gr.update(value=new)
            for new, old in ((tab.pinned, before.pinned), (tab.typed, before.typed))
        ]
        shown = answer(tab.prompt, tab.args, tab.typed)
        return shown, tab.state, for_good.html(), library_search.again(query, place), *said

    def after(seen: str, page: str) -> Any:
        return panel_jobs.after(panel.tab, seen, page, of_outcome)

    def take(source: str, *values: Any) -> Any:
        return _taken(source, values[1] if count > 1 else None)

    def rescan() -> str:
        runtime.start()
        return _status()

    inputs = [*prompts, *panel.arguments]
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    panel.show.click(fn=_safely(show, 3), inputs=inputs, outputs=[panel.shown, panel.status, panel.checkpoint], **quiet)
    acted = panel.act.click(
        fn=_safely(act, 6),
        inputs=[panel.action, *panel.search.asked, *inputs],
        outputs=[
            *(panel.shown, panel.state, panel.kept, panel.search.found),
            *(panel.controls["pinned"], prompt),
        ],
        **quiet,
    )
    # The page's script waits for it before it sends the next action; after a failure too.
    acted.then(fn=lambda: "", inputs=[], outputs=[panel.action], **quiet)
    panel.poll.click(
        fn=lambda: (_status(), _refining(), for_good.html(), checkpoint()),
        inputs=[],
        outputs=[panel.status, panel.refine, panel.kept, panel.checkpoint],
        **quiet,
    )
    library_search.wire(panel.search)
    for button, what in ((panel.estimate, "plan"), (panel.start, "start"), (panel.stop, "stop")):
        button.click(fn=functools.partial(_refine, what), inputs=[], outputs=[panel.refine], **quiet)
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
    follow_settings(panel.controls)


# -- answers -----------------------------------------------------------------------------------------------------------


def answer(prompt: str, args: Sequence[Any], typed: str, notes: tuple[str, ...] = ()) -> str:
    """The picks for a prompt, as HTML, without generating; `notes` come before its own."""
    from stylus_webui.select_or_reuse import decide

    try:
        given = table.from_args(args, settings.panel_defaults())
    except OptionError as error:
        return chips.answer(chips.View(notes=(f"{error}.",)))
    if not prompt.strip():
        return chips.answer(chips.View(notes=("The prompt is empty.",)))
    decision = decide(prompt, given, runtime.get().context(), typed)
    template = (panel_jobs.TEMPLATE_NOTE,) if panel_jobs.is_template(typed) else ()
    html = _view(decision, decision.picks, (*notes, *template, *decision.notes), given, typed)
    return panel_jobs.told_off(html, given.enabled)


def of_outcome(outcome: JobOutcome) -> str:
    """The picks that a job was made with, as HTML."""
    if outcome.decision is None or outcome.settings is None:
        return chips.answer(chips.View(notes=outcome.notes))
    return _view(outcome.decision, outcome.picks, outcome.notes, outcome.settings, outcome.typed)


def _taken(source: str, styles: Any) -> list[Any]:
    """Updates of the answer and of all arguments of img2img, to which a picture of txt2img was sent."""
    brought = panel_jobs.carried(source, styles)
    untouched = [gr.update() for _ in range(len(CONTROLS) + 1)]
    if brought is None:
        return [gr.update(), *untouched]
    if isinstance(brought, str):
        return [chips.answer(chips.View(notes=(brought,))), *untouched]
    given, typed = brought
    args = [*panel_jobs.values(given), given.edits.dump()]
    html = answer(host_prompts.apply_styles(typed, styles), args, typed, (panel_jobs.TAKEN,))
    return [html, *args]


def _view(decision: Any, picks: tuple[Pick, ...], notes: tuple[str, ...], given: table.HostSettings, typed: str) -> str:
    edits = given.edits.for_prompt(decision.prompt, typed)
    repeated = bool(edits.rewritten)
    told = list(notes)
    if decision.finished and not repeated and tags.names_in(decision.effective):
        told.append("These adapters stand in the prompt already: nothing is added to it.")
    view = chips.View(
        prompt=decision.effective,
        picks=chips.in_place(picks, decision.selected, edits.removed),
        nearly=decision.nearly,
        removed=edits.removed,
        weighed=frozenset(edits.weights),
        pages={p.name: _page(p.name) for p in (*decision.selected, *decision.nearly)},
        pinned=frozenset({*given.options.pinned, *settings.pinned()}),
        banned=frozenset({*given.options.banned, *settings.banned()}),
        notes=tuple(told),
        repeated=repeated,
        finished=decision.finished and not repeated,
    )
    return chips.answer(view)


def _page(name: str) -> str:
    """Address of an adapter's page on its model site; "" if it is not known."""
    from stylus_core.library.civitai import model_page

    adapter = runtime.get().service.find(name)
    return "" if adapter is None else model_page(adapter.metadata)


def _status(problem: str = "") -> str:
    if problem:
        return chips.status(problem, busy=False)
    state = runtime.get().service.state
    busy = state.status in ("waiting", "indexing") or state.refreshing
    return chips.status(state.sentence(), busy, state.done, state.total)


def _refine(what: str) -> str:
    """A click on one of the buttons of the descriptions."""
    refining = runtime.get().refining
    getattr(refining, what)()
    return _refining()


def _refining() -> str:
    progress = runtime.get().refining.progress
    line = chips.status(progress.told, progress.busy, progress.done, progress.total)
    return line + TO_SETTINGS if progress.unset else line


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
