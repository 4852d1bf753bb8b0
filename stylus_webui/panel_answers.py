"""What the panel answers as HTML: the picks for a prompt or of a job, how far the index and the descriptions are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from stylus_core.errors import OptionError
from stylus_core.types import Pick
from stylus_webui import adapter_folder, chips, host_prompts, panel_jobs, runtime, settings, tags
from stylus_webui import options as table
from stylus_webui.options import CONTROLS
from stylus_webui.panel_actions import TabValues, apply_action
from stylus_webui.panel_controls import TO_SETTINGS

if TYPE_CHECKING:
    from stylus_webui.generation_hook import JobOutcome
    from stylus_webui.select_or_reuse import DecisionContext


def clicked(action: str, tab: TabValues) -> tuple[TabValues, str]:
    """Does what was clicked, and shows what came of it; the library is asked once for both.

    Args:
        action: of the hidden field.
        tab: as the page has it.

    Returns:
        What the page has to have then, and the answer, HTML.
    """
    context = runtime.get().context()
    done = apply_action(action, tab, context)
    now = replace(context, banned=settings.banned(), pinned=settings.pinned())  # these may have been clicked
    return done, answer(done.prompt, done.args, done.typed, context=now)


def answer(
    prompt: str,
    args: Sequence[Any],
    typed: str,
    repeated: str = panel_jobs.REPEATED,
    context: DecisionContext | None = None,
) -> str:
    """Shows the picks for a prompt, without generating.

    Args:
        prompt: with its styles.
        args: what the script's hooks get.
        typed: the prompt in the box.
        repeated: what is said where the picks are those of a picture.
        context: of a click that had something decided already; None: a new one.

    Returns:
        HTML.
    """
    from stylus_webui.select_or_reuse import decide

    try:
        given = table.from_args(args, settings.panel_defaults())
    except OptionError as error:
        return chips.answer(chips.View(notes=(f"{error}.",)))
    if not prompt.strip():
        return chips.answer(chips.View(notes=("The prompt is empty.",)))
    decision = decide(prompt, given, context or runtime.get().context(), typed)
    template = (panel_jobs.TEMPLATE_NOTE,) if panel_jobs.is_template(typed) else ()
    html = _view(decision, decision.picks, (*template, *decision.notes), given, typed, repeated)
    return panel_jobs.told_off(html)


def of_outcome(outcome: JobOutcome, notes: tuple[str, ...] = ()) -> str:
    """Shows the picks that a job was made with.

    Args:
        outcome: of the job.
        notes: come before its own.

    Returns:
        HTML.
    """
    if outcome.decision is None or outcome.settings is None:
        return chips.answer(chips.View(notes=(*notes, *outcome.notes)))
    return _view(outcome.decision, outcome.picks, (*notes, *outcome.notes), outcome.settings, outcome.typed)


def taken(source: str, styles: Any) -> list[Any]:
    """Answers img2img, to which a picture of txt2img was sent.

    Args:
        source: key of the page's txt2img.
        styles: those that are chosen in img2img.

    Returns:
        Updates of the answer and of all arguments.
    """
    brought = panel_jobs.carried(source, styles)
    untouched = [gr.update() for _ in range(len(CONTROLS) + 1)]
    if brought is None:
        return [gr.update(), *untouched]
    if isinstance(brought, str):
        return [chips.answer(chips.View(notes=(brought,))), *untouched]
    given, typed = brought
    args = [*panel_jobs.values(given), given.edits.dump()]
    html = answer(host_prompts.apply_styles(typed, styles), args, typed, panel_jobs.TAKEN)
    return [html, *args]


def status(problem: str = "") -> str:
    """Tells how far the index is.

    Args:
        problem: why Stylus cannot work, one sentence, which is told instead.

    Returns:
        HTML of one line.
    """
    if problem:
        return chips.status(problem, busy=False)
    state = runtime.get().service.state
    busy = state.status in ("waiting", "indexing") or state.refreshing
    return chips.status(state.sentence(), busy, state.done, state.total)


def refine(what: str) -> str:
    """Does what a click on one of the buttons of the descriptions asks for.

    Args:
        what: "plan", "start" or "stop".

    Returns:
        How far they are then.
    """
    getattr(runtime.get().refining, what)()
    return descriptions()


def descriptions() -> str:
    """Tells how far the descriptions are.

    Returns:
        HTML, with a way to the settings where these lack something.
    """
    progress = runtime.get().refining.progress
    line = chips.status(progress.told, progress.busy, progress.done, progress.total)
    return line + TO_SETTINGS if progress.unset else line


def _view(
    decision: Any,
    picks: tuple[Pick, ...],
    notes: tuple[str, ...],
    given: table.HostSettings,
    typed: str,
    repeated: str = panel_jobs.REPEATED,
) -> str:
    edits = given.edits.for_prompt(decision.prompt, typed)
    anew = not edits.rewritten
    told = list(notes)
    if decision.finished and anew and tags.names_in(decision.effective):
        told.append("These adapters stand in the prompt already: nothing is added to it.")
    view = chips.View(
        prompt=decision.effective,
        picks=chips.in_place(picks, decision.selected, edits.removed),
        nearly=decision.nearly,
        removed=edits.removed,
        weighed=frozenset(edits.weights),
        pages={p.name: _page(p.name) for p in (*decision.selected, *decision.nearly)},
        own=_own((*picks, *decision.selected, *decision.nearly)),
        pinned=frozenset({*given.options.pinned, *settings.pinned()}),
        banned=frozenset({*given.options.banned, *settings.banned()}),
        opens=adapter_folder.can_open(),
        notes=tuple(told),
        repeated="" if anew else repeated,
        finished=decision.finished and anew,
    )
    return chips.answer(view)


def _own(picks: Iterable[Pick]) -> dict[str, str]:
    """What the user's own pictures say of adapters."""
    current = runtime.get()
    if not current.own.counts():
        return {}
    said = {p.name: p.own_note for p in picks}
    return {name: current.own.note_of(current.service.find(name), note) for name, note in said.items()}


def _page(name: str) -> str:
    """Address of an adapter's page on its model site; "" if it is not known."""
    from stylus_core.library.civitai import model_page

    adapter = runtime.get().service.find(name)
    return "" if adapter is None else model_page(adapter.metadata)
