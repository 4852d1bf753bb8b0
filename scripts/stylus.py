"""Stylus inside a WebUI. The host loads this file; everything that it does is in `stylus_webui` and `stylus_core`.

The imports happen here, at load time: afterwards the extension's folder is no longer on `sys.path`.
"""

from __future__ import annotations

import logging
from typing import Any

from modules import scripts

PROBLEM = ""
try:
    import stylus_webui.callbacks
    import stylus_webui.script
except Exception as error:  # another extension's package, a broken installation: the WebUI starts all the same
    logging.getLogger("stylus").exception("Stylus cannot be loaded")
    PROBLEM = (
        f"Stylus cannot be loaded ({type(error).__name__}: {error}). Reinstall the extension and restart the WebUI."
    )


class StylusScript(scripts.Script):  # type: ignore[misc]
    """Translates the host's calls; one instance for each tab."""

    def __init__(self) -> None:
        super().__init__()
        self.tab: Any = None

    def title(self) -> str:
        """The name in the list of scripts."""
        return "Stylus"

    def show(self, is_img2img: bool) -> object:
        """In both tabs, without being chosen in the list."""
        return scripts.AlwaysVisible

    def ui(self, is_img2img: bool) -> list[Any]:
        """The panel's components, in the order of the arguments of `process`."""
        if PROBLEM:
            return _disabled()
        arguments: list[Any]
        arguments, self.infotext_fields = self._tab(is_img2img).ui()
        return arguments

    def after_component(self, component: Any, **kwargs: Any) -> None:
        """Learns of the host's own components, such as the prompt's field."""
        if not PROBLEM and kwargs.get("elem_id"):
            self._tab(self.is_img2img).component(component, kwargs["elem_id"])

    def process(self, p: Any, *args: Any) -> None:
        """Rewrites the prompts of a job before it begins."""
        if not PROBLEM:
            self._tab(self.is_img2img).process(p, args)

    def postprocess(self, p: Any, processed: Any, *args: Any) -> None:
        """Hears of the end of a job."""
        if not PROBLEM:
            self._tab(self.is_img2img).postprocess(p, args)

    def _tab(self, is_img2img: bool) -> Any:
        if self.tab is None:
            self.tab = stylus_webui.script.Tab("img2img" if is_img2img else "txt2img")
        return self.tab


def _disabled() -> list[Any]:
    import gradio as gr

    with gr.Accordion("Stylus", open=False):
        switch = gr.Checkbox(value=False, label="Enable", interactive=False)
        gr.HTML(value=f"<p>{PROBLEM.replace('&', '&amp;').replace('<', '&lt;')}</p>")
    return [switch]


if not PROBLEM:
    stylus_webui.callbacks.register()
