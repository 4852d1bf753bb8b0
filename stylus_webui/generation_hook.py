"""One generation: the prompts of a job are rewritten in the host's `process` hook.

Everything is worked out first and assigned to `p` last: the host catches what a hook raises and generates on, so a half
changed `p` would be used.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from stylus_core.errors import OptionError
from stylus_core.types import Pick
from stylus_host import variants
from stylus_host.named_adapters import Named
from stylus_host.service_state import sentence
from stylus_webui import client_text, host_prompts, infotext, tags
from stylus_webui import options as table
from stylus_webui.axes import AXES
from stylus_webui.select_or_reuse import Decision, DecisionContext, decide
from stylus_webui.settings import panel_defaults
from stylus_webui.written_prompts import remember

logger = logging.getLogger("stylus")


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What a job came to, for the panel: the decision of its first batch and what to tell."""

    typed: str
    decision: Decision | None = None
    picks: tuple[Pick, ...] = ()  # of the first batch
    notes: tuple[str, ...] = ()
    settings: table.HostSettings | None = None  # None where the request was refused


@dataclass(slots=True)
class _JobPlan:
    prompts: list[str]
    hires: list[str] | None
    own_hires: list[str] | None  # explicit hires prompts as the user wrote them
    pictures: list[tuple[str, tuple[Pick, ...]]]  # the user's own prompt and the picks, one entry a picture
    decisions: list[Decision]  # one entry a picture: that of its batch
    picks: list[tuple[Pick, ...]]  # one entry a batch


def read_settings(args: Sequence[Any], axes: dict[str, Any] | None = None) -> table.HostSettings:
    """Arguments of a hook, with the values of an X/Y/Z cell. Raises `OptionError`."""
    settings = table.from_args(args, panel_defaults())
    if not axes:
        return settings
    base = {"enabled": settings.enabled, **settings.changed(), "picks": [str(p) for p in settings.picks]}
    # A pasted picture's prompt would make every cell the same.
    return table.of({**base, **axes}, replace(settings.edits, rewritten="", picks=()))


def run(p: Any, args: Sequence[Any], make_context: Any, problem: str = "") -> JobOutcome | None:
    """Does what the `process` hook is for. Never raises.

    Args:
        p: the host's job, changed in place.
        args: of the script: `CONTROLS` in order, then the panel's state.
        make_context: makes a `DecisionContext`; called only if there is something to do.
        problem: why Stylus cannot work in this WebUI, one sentence.

    Returns:
        What it came to; None where Stylus is switched off.
    """
    try:
        params = getattr(p, "extra_generation_params", None)
        if isinstance(params, dict):
            infotext.clear(params)
        settings = read_settings(args, getattr(p, AXES, None))
        if not settings.enabled:
            return None
        if problem:
            return _did_nothing(p, problem)
        return _run(p, settings, make_context())
    except OptionError as error:
        # Of a value that somebody typed on the page nothing stays in the picture.
        return _did_nothing(p, sentence(str(error)), infotext.ERROR if getattr(p, "is_api", False) else "")
    except Exception as error:
        logger.exception("Stylus did nothing; the prompts are used as typed")
        return _did_nothing(p, f"{type(error).__name__}: {error}.")


def _run(p: Any, settings: table.HostSettings, context: DecisionContext) -> JobOutcome:
    prompts = _texts(p.all_prompts or [])
    if prompts is None:
        raise TypeError("the WebUI's list of prompts holds something else than texts")
    if not prompts:
        return JobOutcome(_typed(p))
    plan = _plan(p, prompts, settings, context)
    params = _params(settings, plan)
    notes = tuple(dict.fromkeys(note for d in plan.decisions for note in d.notes))
    outcome = JobOutcome(_typed(p), plan.decisions[0], plan.picks[0], notes, settings)
    for (own, picks), new in zip(plan.pictures, plan.prompts, strict=True):
        if picks:
            remember(context.cache, new, own, picks)

    changes: dict[str, Any] = {"all_prompts": plan.prompts}
    main = getattr(p, "main_prompt", None)
    if isinstance(main, str):
        changes["main_prompt"] = plan.prompts[0] if main == prompts[0] else tags.write(main, plan.picks[0])
    if plan.hires is not None:
        changes["all_hr_prompts"] = plan.hires
    refiner = getattr(p, "refiner_prompt", None)  # SD.Next's hires prompt: its tags replace those of the first pass
    if isinstance(refiner, str) and refiner and getattr(p, "enable_hr", False):
        changes["refiner_prompt"] = _hires(refiner, prompts[0], plan.prompts[0], plan.picks[0])
        if changes["refiner_prompt"] != refiner and params:
            params[infotext.REFINER_PROMPT] = infotext.quoted(refiner)
    _change(p, changes, params)
    return _tell(p, outcome, troubled=_by_name(settings) or not all(d.decided for d in plan.decisions))


def _change(p: Any, changes: dict[str, Any], params: dict[str, Any]) -> None:
    """Does all of it or, where the host's object refuses a part, nothing; raises what it raised."""
    before = {name: getattr(p, name) for name in changes}
    kept = dict(p.extra_generation_params)
    try:
        p.extra_generation_params.update(params)
        for name, value in changes.items():
            setattr(p, name, value)
    except Exception:
        for name, value in before.items():
            with contextlib.suppress(Exception):  # the one that could not be set
                setattr(p, name, value)
        with contextlib.suppress(Exception):
            infotext.clear(p.extra_generation_params)
            p.extra_generation_params.update(kept)
        raise


def _texts(given: Any) -> list[str] | None:
    """A list of prompts, or None where the host has something else there."""
    if isinstance(given, (list, tuple)) and all(isinstance(text, str) for text in given):
        return [str(text) for text in given]
    return None


def _plan(p: Any, prompts: list[str], settings: table.HostSettings, context: DecisionContext) -> _JobPlan:
    size = max(1, int(getattr(p, "batch_size", 1) or 1))
    starts = range(0, len(prompts), size)
    given_hires = getattr(p, "all_hr_prompts", None) if getattr(p, "enable_hr", False) else None
    hires = _texts(given_hires) if given_hires else None
    own_hires = list(hires) if hires and any(h != q for h, q in zip(hires, prompts, strict=False)) else None
    plan = _JobPlan(list(prompts), hires, own_hires, [], [], [])
    known: dict[str, Decision] = {}
    for batch, start in enumerate(starts):
        first = prompts[start]
        if first not in known:
            known[first] = decide(first, settings, context, _typed(p))
        decision = known[first]
        picks = decision.picks
        if not decision.finished:
            picks = variants.subsets(picks, settings.variants, len(starts), context.seed)[batch]
        plan.picks.append(picks)
        for i in range(start, min(start + size, len(prompts))):
            # Only the first prompt's tags count within a batch, so all of them carry one set.
            other = decision if prompts[i] == first else None
            plan.prompts[i] = _rewritten(prompts[i], other, picks)
            plan.decisions.append(decision)
            plan.pictures.append((decision.prompt if other else prompts[i], picks))
            if hires is not None and i < len(hires):
                hires[i] = _hires(hires[i], prompts[i], plan.prompts[i], picks)
    return plan


def _rewritten(prompt: str, decision: Decision | None, picks: tuple[Pick, ...]) -> str:
    if decision is not None and decision.text:
        return decision.text
    if not picks:
        return prompt
    return tags.write(host_prompts.strip_comments(prompt), picks)


def _hires(hires: str, prompt: str, rewritten: str, picks: tuple[Pick, ...]) -> str:
    """A copy of the prompt follows it. An explicit one gets the adapters, unless it brings its own."""
    if hires == prompt:
        return rewritten
    if not picks or tags.names_in(hires):
        return hires
    return tags.write(host_prompts.strip_comments(hires), picks, words=False)


def _params(settings: table.HostSettings, plan: _JobPlan) -> dict[str, Any]:
    """Our part of the infotext."""
    # A job of several prompts, as the prompt matrix makes it, may find nothing for one of them and much for another.
    told = [_told(settings, decision) for decision in plan.decisions]
    notes = infotext.per_picture([infotext.quoted(text) if text else None for text in told])
    note = {} if notes is None else {infotext.NOTE: notes}
    if not any(d.decided for d in plan.decisions):
        return note  # there is nothing to repeat
    params: dict[str, Any] = dict(infotext.settings_params(settings))
    params[infotext.PROMPT] = infotext.per_picture([infotext.quoted(own) for own, _ in plan.pictures])
    params[infotext.PICKS] = infotext.per_picture(
        [infotext.picks_param(Named(p.name, p.weight, p.clip_weight) for p in picks) for _, picks in plan.pictures]
    )
    params |= note
    if plan.own_hires is not None:
        params[infotext.HIRES_PROMPT] = infotext.per_picture([infotext.quoted(h) for h in plan.own_hires])
    return params


def _told(settings: table.HostSettings, decision: Decision) -> str:
    """Why there are no picks, what was asked for by name and is not there, and whom another composer stood in for."""
    if not decision.picks:
        return client_text.note(decision.notes or [_without_reason(settings, decision)])
    named = _by_name(settings) or decision.composer not in ("", settings.options.composer)
    return client_text.note(decision.notes) if named else ""


def _without_reason(settings: table.HostSettings, decision: Decision) -> str:
    if settings.edits.removed:
        return "every pick was taken out in the panel"
    return "the repeated picture has no picks" if decision.finished else "no adapter fits this prompt"


def _by_name(settings: table.HostSettings) -> bool:
    """Whether the request names adapters: what is told then is about what somebody asked for."""
    return bool(settings.picks or settings.options.pinned)


def _typed(p: Any) -> str:
    given = getattr(p, "prompt", "")
    first = given[0] if isinstance(given, list) and given else given
    return first if isinstance(first, str) else ""


def _did_nothing(p: Any, why: str, key: str = infotext.NOTE) -> JobOutcome:
    """The prompts stay as they are; the reason also stands among the parameters, where there is a key for it."""
    outcome = _tell(p, JobOutcome(_typed(p), notes=(f"Stylus did nothing: {why}",)))
    params = getattr(p, "extra_generation_params", None)
    if key and isinstance(params, dict):
        with contextlib.suppress(Exception):  # of the host's object
            params[key] = infotext.quoted(client_text.note(outcome.notes))
    return outcome


def _tell(p: Any, outcome: JobOutcome, troubled: bool = True) -> JobOutcome:
    """Notes go to the log and below the picture."""
    for note in outcome.notes:
        logger.log(logging.WARNING if troubled else logging.INFO, "%s", note)
    try:
        comment = getattr(p, "comment", None)
        if callable(comment):
            for note in outcome.notes:
                comment(f"Stylus: {note}")
    except Exception as error:  # what was done is done, and the log has the notes
        logger.warning("the WebUI did not take a note of Stylus: %s", error)
    return outcome
