"""The settings page, and what happens when a setting changes.

The key of a language model never becomes a setting of the host: see `key_field`. A key in the environment wins.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from stylus_core.llm.endpoint_settings import FIELDS, KEY_VARIABLES
from stylus_core.option_values import Option
from stylus_webui import host, key_field
from stylus_webui.settings import DEFAULTS, LEARN, default_name

SECTION = ("stylus", "Stylus")


def register(changed: Callable[[], None]) -> None:
    """`on_ui_settings`.

    Args:
        changed: called when a setting changed by which the library is opened.
    """
    import gradio as gr

    shared = host.shared()

    def add(name: str, default: Any, label: str, info: str, component: Any = None, **more: Any) -> None:
        given = shared.OptionInfo(default, label, component or gr.Textbox, more or None, section=SECTION)
        shared.opts.add_option(name, given.info(info) if hasattr(given, "info") else given)

    names = {"lines": 4, "placeholder": "one file name a line, without its extension"}
    add("stylus_folders", "", "More folders", "one a line; the WebUI must list them too", lines=2)
    add("stylus_banned", "", "Banned adapters", "never picked", **names)
    add("stylus_pinned", "", "Pinned adapters", "always added", **names)
    add("stylus_favourites", "", "Favourite adapters", "beside those that LoRA Manager marks", **names)
    for field in FIELDS:
        if field.name == "key":
            add(field.setting, "", field.label, _key_info(), type="password")
        elif field.setting:
            add(field.setting, "", field.label, field.help)
    add(
        "stylus_unload",
        False,
        "LLM: free its memory after each call",
        "for a server on the same graphics card that can (Ollama); the next call loads the model anew",
        gr.Checkbox,
    )
    for name, what in (("stylus_price_in", "read"), ("stylus_price_out", "written")):
        info = "in any currency, for the estimate before adapters are described; 0: not known"
        add(name, 0, f"LLM: price of a million tokens {what}", info, gr.Number)
    add(
        "stylus_encoder",
        "",
        "Embedding model",
        "folder of a sentence encoder; empty: all-MiniLM-L6-v2 if it is installed; none: words alone",
    )
    add("stylus_home", "", "Folder of index and caches", "empty: the user's cache folder")
    add("stylus_keep_picks", True, "Keep picks", "the same prompt gives the same picks after a restart", gr.Checkbox)
    add(
        LEARN,
        False,
        "Learn from my own pictures",
        "reads how your saved pictures were made, and remembers what you change of the picks; all of it stays on this "
        "machine; off: nothing of it is read, kept or used here; the folders are in the panel, under Your own pictures",
        gr.Checkbox,
    )
    for option in DEFAULTS:
        component, arguments = _component(option)
        add(
            default_name(option),
            "" if option.type == "names" else _plain(option.default),
            f"Panel default: {option.label}",
            option.help,
            component,
            **arguments,
        )
    texts = [field.setting for field in FIELDS if field.setting and field.name != "key"]
    for name in (
        *texts,
        "stylus_folders",
        "stylus_unload",
        "stylus_encoder",
        "stylus_home",
        "stylus_keep_picks",
    ):
        shared.opts.onchange(name, changed, call=False)
    shared.opts.data_labels[key_field.SETTING].restrict_api = True
    shared.opts.onchange(key_field.SETTING, lambda: key_field.take(changed), call=False)
    key_field.take(changed)  # one that lies in the host's own file, from wherever it came


def _key_info() -> str:
    variable = next((v for v in KEY_VARIABLES if os.environ.get(v)), None)
    if variable:
        return f"{variable} in the environment comes first"
    return (
        f"kept apart from the other settings and never shown; - deletes it; {KEY_VARIABLES[0]} in the environment wins"
    )


def _component(option: Option) -> tuple[Any, dict[str, Any]]:
    import gradio as gr

    if option.type == "bool":
        return gr.Checkbox, {}
    if option.type == "choice":
        return gr.Dropdown, {"choices": list(option.choices)}
    if option.type == "choices":
        return gr.CheckboxGroup, {"choices": list(option.choices)}
    if option.type == "names":
        return gr.Textbox, {"lines": 2, "placeholder": "one a line"}
    return gr.Slider, {"minimum": option.low, "maximum": option.high, "step": option.step}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
