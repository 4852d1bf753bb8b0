"""Rows of the table of options as the inputs of a node, and what a node was given as values of these options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stylus_core.option_table import BY_NAME, TABLE
from stylus_core.option_values import Option

#: Options that stand on the picker itself, in the order of its widgets.
EVERYDAY = ("max_adapters", "strength", "restraint", "trigger_words", "composer")
#: All others, in the order of the table. Not the seed: a picker has one, and ComfyUI turns each "seed" at every run.
MORE = tuple(o.name for o in TABLE if o.name not in (*EVERYDAY, "seed"))

#: ComfyUI's name for an input, and how it is shown and checked.
InputSpec = tuple[Any, dict[str, Any]]


def widget(option: Option) -> InputSpec:
    """Makes an input of a row of the table.

    Args:
        option: the row.

    Returns:
        As `INPUT_TYPES` lists it: the type, and what is known of its values.
    """
    about: dict[str, Any] = {"tooltip": option.help}
    if option.type == "choice":
        return list(option.choices), {**about, "default": option.default}
    if option.type in ("int", "float"):
        about |= {"default": option.default, "min": option.low, "max": option.high, "step": option.step or 1}
        return ("INT", about) if option.type == "int" else ("FLOAT", {**about, "round": 0.001})
    if option.type == "bool":
        return "BOOLEAN", {**about, "default": option.default}
    # Several to a field, one a line: a file's name may hold commas.
    listed = option.choices if option.default == option.choices else option.default
    return "STRING", {**about, "default": "\n".join(listed), "multiline": True}


def inputs(names: tuple[str, ...]) -> dict[str, InputSpec]:
    """Makes the inputs of several rows.

    Args:
        names: of options.

    Returns:
        By the option's name, in their order.
    """
    return {name: widget(BY_NAME[name]) for name in names}


def values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Reads what a node was given as values of options.

    Args:
        given: by the name of an input, of any type; inputs that are no options are passed over, and so is None.

    Returns:
        By the option's name, to be checked by `Options.of`; lists for what stands one a line.
    """
    out: dict[str, Any] = {}
    for name, value in given.items():
        option = BY_NAME.get(name)
        if option is None or value is None:
            continue
        listed = option.type in ("names", "choices") and isinstance(value, str)
        out[name] = [line.strip() for line in value.splitlines() if line.strip()] if listed else value
    return out
