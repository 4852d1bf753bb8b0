"""Axes of the X/Y/Z plot, one for every option of the table that one value sets."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from stylus_core.option_values import Option
from stylus_webui.options import TABLE

#: Attribute of `p` in which a plot leaves a cell's values.
AXES = "stylus_axes"

_TYPES = {"int": int, "float": float}


def label(option: Option) -> str:
    """What the plot's lists show."""
    return f"[Stylus] {option.label}"


def register() -> None:
    """`on_before_ui`: adds the axes to the plot's list, once, wherever the host has loaded that script."""
    for module in plot_modules():
        present = {getattr(axis, "label", None) for axis in module.axis_options}
        for option in TABLE:
            if option.type in ("bool", "choice", "int", "float") and label(option) not in present:
                module.axis_options.append(_axis(module, option))


def plot_modules() -> list[Any]:
    """The plot's script as the host loaded it: a module per host, not one that can be imported by name."""
    scripts: Any = sys.modules.get("modules.scripts") or sys.modules.get("modules.scripts_manager")
    loaded = (getattr(data, "module", None) for data in getattr(scripts, "scripts_data", ()))
    found = {id(m): m for m in loaded if getattr(m, "__name__", "").rpartition("/")[2] in ("xyz_grid.py", "xyz_grid")}
    return [m for m in found.values() if isinstance(getattr(m, "axis_options", None), list)]


def _axis(module: Any, option: Option) -> Any:
    choices: tuple[str, ...] = ("True", "False") if option.type == "bool" else option.choices
    more = {"choices": lambda: list(choices)} if choices else {}
    return module.AxisOption(label(option), _TYPES.get(option.type, str), _apply(option), **more)


def _apply(option: Option) -> Callable[[Any, Any, Any], None]:
    def apply(p: Any, value: Any, _values: Any) -> None:
        if option.type == "bool":
            value = str(value).strip().lower() in ("true", "1", "yes", "on")
        # Each cell has a shallow copy of `p`: the dict must not be shared.
        setattr(p, AXES, {**(getattr(p, AXES, None) or {}), option.name: value})

    return apply
