"""The component of each option in the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.context import Context

from stylus_core.option_values import Option
from stylus_webui import settings
from stylus_webui.settings import DEFAULTS

#: Leads to our section of the settings page, by `javascript/stylus_settings.js`.
TO_SETTINGS = '<button type="button" class="stylus-to-settings" data-stylus-settings>Open the settings</button>'


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
    made = _made(option, elem_id, **more)
    return made if option.name == "enabled" else not_saved(made)


def not_saved(component: Any) -> Any:
    """Keeps a component out of the host's `ui-config.json`.

    The host writes every component's value there at its first start, and from then on that one wins over ours.

    Args:
        component: of the panel.

    Returns:
        The same component.
    """
    component.do_not_save_to_config = True
    return component


def name_nothing(controls: Mapping[str, Any]) -> None:
    """Has components stand for options that nobody named.

    The host's API asks a script for components once, and their values fill up the arguments of each request that lacks
    some, for as long as the WebUI runs: None is what then takes the settings page's default of the day.

    Args:
        controls: by the option's name, of no page; changed in place.
    """
    for option in DEFAULTS:  # the others have no setting: theirs are the table's
        controls[option.name].value = None


def follow_settings(controls: Mapping[str, Any]) -> None:
    """Has a page that is loaded show the settings page's defaults of now, where they changed since the WebUI started.

    Args:
        controls: of the page, by the option's name.
    """
    page = Context.root_block
    if page is None:
        return
    shown = settings.panel_defaults()

    def current() -> list[Any]:
        now = settings.panel_defaults()
        return [
            gr.update() if now[o.name] == shown[o.name] else gr.update(value=_value(o, now[o.name])) for o in DEFAULTS
        ]

    page.load(fn=current, inputs=[], outputs=[controls[o.name] for o in DEFAULTS], queue=False, show_progress="hidden")


def _value(option: Option, value: Any) -> Any:
    """What the option's component holds."""
    if option.type == "names":
        return "\n".join(value)
    return list(value) if option.type == "choices" else value


def _made(option: Option, elem_id: str, **more: Any) -> Any:
    value = _value(option, option.default if option.name == "enabled" else settings.panel_default(option))
    common = {"label": option.label, "elem_id": elem_id, **more}
    if option.name != "enabled":
        common["info"] = option.hint or option.help
    if option.type == "bool":
        return gr.Checkbox(value=value, **common)
    if option.type == "choice":
        return gr.Dropdown(choices=list(option.choices), value=value, **common)
    if option.type == "choices":
        return gr.CheckboxGroup(choices=list(option.choices), value=value, **common)
    if option.type == "names":
        # A multiselect dropdown with values of one's own does not exist in gradio 3.
        return gr.Textbox(value=value, lines=1, max_lines=6, placeholder="one a line", **common)
    if option.high is not None and option.high > 10_000:
        return gr.Number(value=value, precision=0, **common)
    return gr.Slider(minimum=option.low, maximum=option.high, step=option.step, value=value, **common)
