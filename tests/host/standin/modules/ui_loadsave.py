"""Values of the page's components outlive a restart: the first start writes them down, and what is written wins."""

import json
import os

import gradio as gr

#: What is kept of a component, by its class and no subclass.
KEPT = {
    gr.Slider: ("value", "minimum", "maximum", "step"),
    gr.Checkbox: ("value",),
    gr.Textbox: ("value",),
    gr.Number: ("value",),
    gr.Dropdown: ("value",),
    gr.Radio: ("value",),
}


class UiLoadsave:
    def __init__(self, filename):
        self.filename = filename
        self.kept = {}
        if os.path.exists(filename):
            with open(filename, encoding="utf8") as file:
                self.kept = json.load(file)

    def add_block(self, block, path):
        for child in getattr(block, "children", ()):
            self.add_block(child, path)
        if getattr(block, "label", None) is not None and not hasattr(block, "children"):
            self._add(f"{path}/{block.label}", block)

    def _add(self, path, component):
        source = getattr(component, "custom_script_source", None)
        if getattr(component, "do_not_save_to_config", False):
            return
        for field in KEPT.get(type(component), ()):
            key = f"customscript/{source}/{path}/{field}" if source else f"{path}/{field}"
            if self.kept.get(key) is None:
                self.kept[key] = getattr(component, field)
            elif field != "value" or self._fits(component, self.kept[key]):
                setattr(component, field, self.kept[key])

    @staticmethod
    def _fits(component, value):
        """A choice that is offered no more is forgotten; of a list of choices none may be."""
        if not isinstance(component, (gr.Dropdown, gr.Radio)):
            return True
        choices = [c[0] if isinstance(c, tuple) else c for c in component.choices or ()]
        return all(v in choices for v in value) if getattr(component, "multiselect", False) else value in choices

    def dump_defaults(self):
        with open(self.filename, "w", encoding="utf8") as file:
            json.dump(self.kept, file, indent=4)
