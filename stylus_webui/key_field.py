"""The key of a language model, and the field of the settings page into which it is typed.

The key never becomes a setting of the host: those are kept in a readable file and served by the host's API. What is
typed goes into a file of our own, readable by its owner only, and neither the setting nor the field keeps it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from stylus_webui import host
from stylus_webui.settings import key_file, stored_key

logger = logging.getLogger("stylus")

#: The setting; its component is called `setting_` and this.
SETTING = "stylus_key"

_FIELD, _APPLY = f"setting_{SETTING}", "settings_submit"  # of the host's page

_DELETE = "-"

_storing = threading.Lock()


def take(changed: Callable[[], None]) -> None:
    """Moves a key that the host was given as a setting into our file.

    Args:
        changed: called when the key is another one now.
    """
    settings = host.shared().opts.data
    given = str(settings.get(SETTING) or "").strip()
    if given:
        settings[SETTING] = ""
        _store(given, changed)


def _store(given: str, changed: Callable[[], None]) -> str:
    """Keeps a key, or deletes the one that is kept; says why that was not possible, as the end of a sentence."""
    key = "" if given == _DELETE else given
    with _storing:
        if key == stored_key():
            return ""
        path = key_file()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                os.chmod(path, 0o600)  # an older file keeps its mode
                file.write(key)
        except OSError as error:
            logger.error("the key could not be kept in %s: %s", path, error.strerror)
            return error.strerror or type(error).__name__
    changed()
    return ""


class KeyField:
    """Empties the field once what was in it is kept.

    The host applies all settings with one button, and never writes into a text field that a user filled. So the same
    click stores the key by an event of ours too, whichever of the two comes first, and its answer is the empty field.

    Args:
        changed: called when the key is another one now.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._apply: Any = None

    def component(self, component: Any, **given: Any) -> None:
        """`on_after_component`: a component of the host's page was made; the button comes before the fields.

        Args:
            component: any.
            given: its arguments.
        """
        name = given.get("elem_id")
        if name not in (_APPLY, _FIELD) or not _on_page():
            return
        if name == _APPLY:
            self._apply = component
        elif self._apply is not None:
            self._apply.click(
                fn=self._emptied, inputs=[component], outputs=[component], show_progress="hidden", api_name=False
            )

    def _emptied(self, typed: Any) -> Any:
        import gradio as gr

        given = str(typed or "").strip()
        if not given:
            return gr.update()
        try:
            host.shared().opts.stylus_key = ""
        except (AssertionError, RuntimeError):  # settings may not be changed here
            return gr.update()
        if problem := _store(given, self._changed):
            gr.Warning(f"The key could not be kept: {problem}.")
            return gr.update()
        return gr.update(value="")


def _on_page() -> bool:
    """Whether a page is being built: gradio 4 makes a component again for every answer that changes it."""
    from gradio.context import Context

    return Context.root_block is not None
