"""The component of each option in the panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from stylus_core.option_values import Option
from stylus_webui import settings


def in_pairs(options: Sequence[Option]) -> list[Sequence[Option]]:
    """Parts options into rows of the panel.

    Args:
        options: in the order in which they are shown.

    Returns:
        Two a row; the last row may have one.
    """
    return [options[i : i + 2] for i in range(0, len(options), 2)]


def control(option: Option, elem_id: str, **more: Any) -> Any:
    """Makes the component for an option, with its default in this WebUI.

    Args:
        option: of `options.CONTROLS`.
        elem_id: in the page.
        more: further arguments of the component.

    Returns:
        Gradio's component.
    """
    value = option.default if option.name == "enabled" else settings.panel_default(option)
    common = {"label": option.label, "elem_id": elem_id, **more}
    if option.name != "enabled":
        common["info"] = option.help
    if option.type == "bool":
        return gr.Checkbox(value=value, **common)
    if option.type == "choice":
        return gr.Dropdown(choices=list(option.choices), value=value, **common)
    if option.type == "choices":
        return gr.CheckboxGroup(choices=list(option.choices), value=list(value), **common)
    if option.type == "names":
        # A multiselect dropdown with values of one's own does not exist in gradio 3.
        common["info"] = f"{option.help[:-1]}, one a line."
        return gr.Textbox(value="\n".join(value), lines=1, max_lines=6, **common)
    if option.high is not None and option.high > 10_000:
        return gr.Number(value=value, precision=0, **common)
    return gr.Slider(minimum=option.low, maximum=option.high, step=option.step, value=value, **common)
