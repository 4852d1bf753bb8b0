"""One run of a picker: from the inputs as ComfyUI hands them to the node to what the node hands on."""

from __future__ import annotations

import logging
from typing import Any

from stylus_comfyui import host, report, runtime, saved, stack
from stylus_comfyui.node_state import parse_state
from stylus_comfyui.picking import PickOutcome, PickRequest, pick
from stylus_comfyui.widgets import EVERYDAY, values
from stylus_core import __version__
from stylus_core.errors import StylusError
from stylus_host.variants import OPTION as VARIANTS

logger = logging.getLogger("stylus")


def changed(picks_state: Any) -> str:
    """Says what tells that a picker has to run again although its inputs are the same.

    Args:
        picks_state: what was done to the picks; None where it is linked.

    Returns:
        A text that is another one when the library is.
    """
    saved.recall(host.prompt_server())
    if parse_state(picks_state).asks_nothing:
        return "frozen"
    service = runtime.service()
    try:
        service.follow_folders()
        own = "".join(f" {part}" for part in runtime.own().key())
        return f"{__version__} {service.identity()} {service.revision()} {service.vectors}{own}"
    except StylusError:
        status = service.state.status
        if status in ("waiting", "failed"):  # nobody began to read, or a folder may be there by now
            service.refresh()
        return f"{__version__} {status}"


def picked(given: dict[str, Any], *, one_model: bool = False) -> PickOutcome:
    """Runs a picker. Never raises.

    Args:
        given: the node's inputs by their names; what is not linked may be missing.
        one_model: whether all picks go to the MODEL that came in.

    Returns:
        What it gives.
    """
    try:
        return _picked(given, one_model)
    except Exception as error:  # of an input that no node of ComfyUI's own gives
        logger.exception("a picker could not be run; the prompt is used as typed")
        prompt, entries = given.get("prompt"), given.get("lora_stack")
        text = prompt if isinstance(prompt, str) else ""
        note = f"Selecting failed ({type(error).__name__}: {error}). The prompt is used as typed."
        came = list(entries) if isinstance(entries, (list, tuple)) else []
        return PickOutcome(text, text, came, notes=(note,), decided=False)


def _picked(given: dict[str, Any], one_model: bool) -> PickOutcome:
    service = runtime.service()
    architecture = host.architecture(given.get("model"))
    runtime.saw(architecture)
    more = given.get("options")
    everyday = {n: given[n] for n in EVERYDAY if given.get(n) is not None}
    request = PickRequest(
        prompt=str(given.get("prompt") or ""),
        options=values({**(more if isinstance(more, dict) else {}), **everyday}),
        architecture=architecture,
        family=host.family(given.get("graph"), given.get("unique_id")),
        stack=given.get("lora_stack"),
        state=parse_state(given.get("picks_state")),
        variants=str(given.get("variants") or VARIANTS.default),
        variant_seed=_whole(given.get("variant_seed")),
        one_model=one_model,
    )
    outcome = pick(request, service)
    for note in outcome.notes:
        logger.info("%s", note)
    saved.record(given.get("graph"), given.get("unique_id"), given.get("extra_pnginfo"), outcome)
    return outcome


def _whole(value: Any) -> int:
    """A number as another node gave it."""
    try:
        return int(value or 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def shown(outcome: PickOutcome) -> dict[str, Any]:
    """Makes what is sent to the page.

    Args:
        outcome: of a picker.

    Returns:
        The `ui` of a node's answer: values for the chips, and the report for clients that draw none.
    """
    status = runtime.service().state.sentence()
    return {"stylus": [report.payload(outcome, status)], "text": [report.report(outcome)]}


def outputs(outcome: PickOutcome) -> tuple[Any, ...]:
    """Makes what follows the prompt among a picker's outputs.

    Args:
        outcome: of a picker.

    Returns:
        The stack, it as text, the trigger words, the report.
    """
    words = ", ".join(dict.fromkeys(w for p in outcome.picks for w in p.trigger_words))
    return outcome.stack, stack.tags_of(stack.read_stack(outcome.stack)), words, report.report(outcome)
