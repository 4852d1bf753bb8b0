"""What is registered with the host besides the script: settings, routes, axes, pasting, the host's refresh."""

from __future__ import annotations

import functools
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stylus_webui import axes, host, infotext, key_field, routes, runtime, settings, settings_page

logger = logging.getLogger("stylus")


def register() -> None:
    """Called once each time the host loads its scripts; it has forgotten the callbacks of the time before.

    In a thread of its own: for every callback the host looks up the module of each frame of the caller's stack, and for
    frames of a script, which is no module that Python knows, searches all modules: 50 ms a callback.
    """
    with ThreadPoolExecutor(1, "stylus-register") as pool:
        pool.submit(_register).result()


def _register() -> None:
    callbacks = host.module("modules.script_callbacks")
    for event, function in (
        ("on_ui_settings", functools.partial(settings_page.register, runtime.restart)),
        ("on_after_component", key_field.KeyField(runtime.restart).component),
        ("on_before_ui", axes.register),
        ("on_infotext_pasted", infotext.pasted),
        ("on_app_started", started),
        ("on_image_saved", saved),
    ):
        on = getattr(callbacks, event, None)
        if on is None:
            logger.warning("this WebUI has no %s: a part of Stylus is missing", event)
        else:
            on(_guarded(event, function))


def started(_demo: Any, app: Any) -> None:
    """`on_app_started`: `_demo` is None where the WebUI runs without its page."""
    routes.add(app)
    follow_refresh()
    runtime.start()


def saved(params: Any) -> None:
    """`on_image_saved`: the picture is on the disk, and the host goes on at once."""
    name = getattr(params, "filename", "")
    if settings.learns() and isinstance(name, str) and name:
        runtime.get().own.note(os.path.abspath(name))


def follow_refresh() -> None:
    """Whenever the host lists its LoRA folder anew, so do we."""
    networks = host.networks()
    listing = getattr(networks, "list_available_networks", None)
    if listing is None or getattr(listing, "stylus", False):
        return

    @functools.wraps(listing)
    def list_available_networks(*args: Any, **named: Any) -> Any:
        try:
            return listing(*args, **named)
        finally:
            runtime.start()

    list_available_networks.stylus = True  # type: ignore[attr-defined]
    networks.list_available_networks = list_available_networks


def _guarded(event: str, function: Any) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        try:
            return function(*args, **named)
        except Exception:
            logger.exception("%s of Stylus failed", event)
            return None

    return call
