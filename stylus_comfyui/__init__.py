"""Stylus inside ComfyUI: nodes that pick LoRAs for a prompt and apply them by ComfyUI's own loader.

ComfyUI loads the project's folder out of `custom_nodes/`, and its `__init__.py` hands on what is named here. The ids of
nodes, the names of inputs and the order of widgets stand in people's workflows: they never change.
"""

from __future__ import annotations

from stylus_comfyui import routes
from stylus_comfyui.nodes import StylusApply, StylusOptions, StylusPick, StylusPickAndApply

# The registry of ComfyUI-Manager reads these two as text.
NODE_CLASS_MAPPINGS = {
    "StylusPick": StylusPick,
    "StylusApply": StylusApply,
    "StylusPickAndApply": StylusPickAndApply,
    "StylusOptions": StylusOptions,
}
NODE_DISPLAY_NAME_MAPPINGS = {
    "StylusPick": "Stylus: pick LoRAs",
    "StylusApply": "Stylus: apply",
    "StylusPickAndApply": "Stylus: pick and apply",
    "StylusOptions": "Stylus: more options",
}
WEB_DIRECTORY = "./stylus_comfyui/web"

routes.add()

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "WEB_DIRECTORY"]
