"""The nodes as ComfyUI's newer API describes them, made of what they say to the older one, and a stand-in of its `io`.

ComfyUI ignores either of two ways of describing a node, so the pack has one; that the other can be had of it is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: As an input of the newer API is called, and what the older one has for it.
_RENAMED = {"forceInput": "force_input", "dynamicPrompts": "dynamic_prompts", "control_after_generate": None}
_WIDGETS = {"INT": "Int", "FLOAT": "Float", "STRING": "String", "BOOLEAN": "Boolean"}


def schema_of(node: Any, node_id: str, title: str, io: Any) -> Any:
    """Makes a schema of a node.

    Args:
        node: class of the older API.
        node_id: the node's.
        title: its name for people.
        io: `comfy_api.latest.io`.

    Returns:
        The schema.
    """
    types = node.INPUT_TYPES()
    inputs = []
    for name, (kind, about) in [*types.get("required", {}).items(), *types.get("optional", {}).items()]:
        more = {_RENAMED.get(k, k): v for k, v in about.items() if _RENAMED.get(k, k)}
        if isinstance(kind, list):
            made = io.Combo.Input(name, options=kind, optional=name not in types["required"], **more)
        else:
            of = getattr(io, _WIDGETS[kind]) if kind in _WIDGETS else io.Custom(kind)
            if kind not in _WIDGETS:
                more.pop("force_input", None)
            made = of.Input(name, optional=name not in types["required"], **more)
        inputs.append(made)
    tooltips = getattr(node, "OUTPUT_TOOLTIPS", [None] * len(node.RETURN_TYPES))
    names = getattr(node, "RETURN_NAMES", node.RETURN_TYPES)
    return io.Schema(
        node_id=node_id,
        display_name=title,
        category=node.CATEGORY,
        description=node.DESCRIPTION,
        inputs=inputs,
        outputs=[
            io.Custom(kind).Output(display_name=name, tooltip=tooltip)
            for kind, name, tooltip in zip(node.RETURN_TYPES, names, tooltips, strict=True)
        ],
        hidden=[io.Hidden(kind) for kind in types.get("hidden", {}).values()],
        is_output_node=getattr(node, "OUTPUT_NODE", False),
    )


@dataclass
class InputStandIn:
    """An input of the newer API, which takes what its class knows and nothing else."""

    kind: str
    id: str
    values: dict[str, Any]

    def as_pair(self) -> tuple[Any, dict[str, Any]]:
        """As the page is told of it; what is None is left out."""
        old = {new: name for name, new in _RENAMED.items() if new}
        return self.kind, {old.get(k, k): v for k, v in self.values.items() if v is not None and k != "optional"}


@dataclass
class OutputStandIn:
    """An output of the newer API."""

    kind: str
    display_name: str
    tooltip: str | None = None


@dataclass
class SchemaStandIn:
    """A node's schema in the newer API, which checks what the real one checks."""

    node_id: str
    display_name: str
    category: str
    description: str
    inputs: list[InputStandIn]
    outputs: list[OutputStandIn]
    hidden: list[str]
    is_output_node: bool = False

    def __post_init__(self) -> None:
        ids = [i.id for i in self.inputs]
        assert len(set(ids)) == len(ids), "input ids must be unique"

    def as_v1(self) -> dict[str, Any]:
        """What the page is told of the node, as `/object_info` has it."""
        listed: dict[str, Any] = {"required": {}}
        for i in self.inputs:
            listed.setdefault("optional" if i.values["optional"] else "required", {})[i.id] = i.as_pair()
        return {
            "input": listed,
            "output": [o.kind for o in self.outputs],
            "output_name": [o.display_name for o in self.outputs],
            "output_tooltips": [o.tooltip for o in self.outputs],
            "name": self.node_id,
            "display_name": self.display_name,
            "category": self.category,
            "description": self.description,
            "output_node": self.is_output_node,
        }


_COMMON = {"display_name", "optional", "tooltip", "lazy"}
_WIDGET = {*_COMMON, "default", "socketless", "force_input"}
_KNOWN = {
    "COMBO": {*_WIDGET - {"force_input"}, "options", "control_after_generate"},
    "INT": {*_WIDGET, "min", "max", "step", "control_after_generate", "display_mode"},
    "FLOAT": {*_WIDGET, "min", "max", "step", "round", "display_mode"},
    "STRING": {*_WIDGET, "multiline", "placeholder", "dynamic_prompts"},
    "BOOLEAN": {*_WIDGET, "label_on", "label_off"},
}


class TypeStandIn:
    """One of the types of the newer API."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def Input(self, id: str, **values: Any) -> InputStandIn:
        """Makes an input; refuses what the type does not know."""
        unknown = set(values) - _KNOWN.get(self.kind, {*_COMMON, "extra_dict"})
        assert not unknown, f"{self.kind} input {id!r} has no {unknown}"
        return InputStandIn(self.kind, id, {"optional": False, **values})

    def Output(self, display_name: str, tooltip: str | None = None) -> OutputStandIn:
        """Makes an output."""
        return OutputStandIn(self.kind, display_name, tooltip)


class IoStandIn:
    """`comfy_api.latest.io` as far as `schema_of` uses it."""

    Combo, Int, Float = TypeStandIn("COMBO"), TypeStandIn("INT"), TypeStandIn("FLOAT")
    String, Boolean = TypeStandIn("STRING"), TypeStandIn("BOOLEAN")
    Custom, Schema = TypeStandIn, SchemaStandIn

    @staticmethod
    def Hidden(kind: str) -> str:
        """One of the hidden inputs that there are."""
        assert kind in ("UNIQUE_ID", "PROMPT", "EXTRA_PNGINFO", "DYNPROMPT")
        return kind
