"""What a picker tells: the text of its report, and the values of which the page makes chips."""

from __future__ import annotations

import dataclasses
from typing import Any

from stylus_comfyui import host, stack
from stylus_comfyui.picking import PickOutcome
from stylus_core.rewriter import format_weight
from stylus_core.types import Pick
from stylus_host.client_text import told

#: Of `payload`; raised where a page of before could not read it.
VERSION = 1

#: Where files lie on this machine, places in a text, and what own pictures say: the page asks for that, and keeps none.
_HIDDEN = ("path", "preview", "start", "end", "own_note")


def report(outcome: PickOutcome) -> str:
    """Writes what was picked and why, for people.

    Args:
        outcome: of a picker.

    Returns:
        Lines: a pick each with its weight, the words it serves and the reason, what was nearly picked, and the notes.
    """
    lines = [_line(p) for p in outcome.picks] or ["Nothing was picked."]
    if outcome.nearly:
        lines += ["", "nearly picked", *map(_line, outcome.nearly)]
    if outcome.notes:
        lines += ["", *(f"note: {told(host.for_page(note))}" for note in outcome.notes)]
    return "\n".join(lines)


def _line(pick: Pick) -> str:
    clip = "" if pick.clip_weight in (None, pick.weight) else f", CLIP {format_weight(pick.clip_weight or 0.0)}"
    served = f" for {pick.keyword}" if pick.keyword else ""
    words = f"; adds {', '.join(pick.trigger_words)}" if pick.trigger_words else ""
    return f"{pick.name} at {format_weight(pick.weight)}{clip}{served}: {host.for_page(pick.reason)}{words}"


def payload(outcome: PickOutcome, status: str) -> dict[str, Any]:
    """Makes the plain values of which the page makes chips.

    Args:
        outcome: of a picker.
        status: how far the library is, a sentence.

    Returns:
        What JSON can hold.
    """

    def shown(pick: Pick) -> dict[str, Any]:
        value = {k: v for k, v in dataclasses.asdict(pick).items() if k not in _HIDDEN}
        frozen = pick.name in outcome.frozen  # of which a workflow tells no picture: the page asks for it all the same
        more = {"frozen": frozen, "pinned": pick.name in outcome.pinned, "has_preview": frozen or bool(pick.preview)}
        return {**value, **more, "reason": told(host.for_page(pick.reason))}

    return {
        "version": VERSION,
        "prompt": outcome.prompt,
        "result": outcome.result,
        "lora_text": stack.tags_of(outcome.added),
        "picks": list(map(shown, outcome.picks)),
        "nearly": list(map(shown, outcome.nearly)),
        "left_out": list(map(shown, outcome.left_out)),
        "notes": [told(host.for_page(note)) for note in outcome.notes],
        "frozen": outcome.state.only_frozen,
        "picture": outcome.state.only_frozen and outcome.state.picture,
        "decided": outcome.decided,
        "provisional": outcome.provisional,
        "status": host.for_page(status),
    }
