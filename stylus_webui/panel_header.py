"""What the panel shows when it is closed, its header with the switch, and what the checkpoint is."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr

from stylus_core.base_models import BASE_MODELS
from stylus_webui import chips, host, options

logger = logging.getLogger("stylus")


@contextlib.contextmanager
def header(elem_id: str, enabled: bool = True) -> Iterator[Any]:
    """Opens the panel; what is made inside is folded away with it.

    Args:
        elem_id: of the panel.
        enabled: False disables the switch.

    Yields:
        The switch, a checkbox of gradio.
    """
    make = getattr(host.module("modules.ui_components"), "InputAccordion", None) if enabled else None
    if make is not None:
        with make(False, label="Stylus", elem_id=elem_id) as switch:
            yield switch
        return
    # `javascript/stylus_jobs.js` moves it into the header.
    with gr.Accordion("Stylus", open=False, elem_id=elem_id):
        switch = gr.Checkbox(
            value=False,
            label=options.ENABLED.label,
            elem_id=f"{elem_id}-switch",
            elem_classes=["stylus-switch"],
            interactive=enabled,
        )
        yield switch


def checkpoint() -> str:
    """Says what "any" of the option "architecture" stands for in this WebUI.

    Returns:
        HTML of one line.
    """
    base, family = host.architecture(), host.family()
    labels = {b.name: b.label.partition(" (")[0] for b in BASE_MODELS}
    sized = {f"{b.name}-{s.name}": f"{labels[b.name]} {s.name}" for b in BASE_MODELS for s in b.sizes}
    known = {**labels, **sized}.get(base, "")
    named = ", ".join([known, family.title()] if known and family != "any" else [known])
    told = named or ("none that Stylus knows" if base == "other" else "not known before it is loaded")
    return chips.status(f"Architecture: any is the checkpoint's: {told}.", busy=False)
