"""Opens an adapter's folder in the file manager of the machine of the WebUI, as the host's own button does."""

from __future__ import annotations

import logging
from pathlib import Path

import gradio as gr

from stylus_webui import host, runtime

logger = logging.getLogger("stylus")

#: Flags of the host with which its user may sit at another machine, or is not to look into folders.
_ELSEWHERE = ("hide_ui_dir_config", "listen", "server_name", "share", "ngrok")


def can_open() -> bool:
    """Whether the host opens folders, and for somebody who sees them."""
    known = callable(getattr(host.module("modules.util"), "open_folder", None))
    return known and not any(map(host.flag, _ELSEWHERE))


def open_folder(name: str) -> None:
    """Opens the folder in which an adapter lies; the page is told where that fails.

    Args:
        name: of the adapter, its stem; of none, or where folders are not opened, nothing happens.
    """
    adapter = runtime.get().service.find(name)
    if adapter is None or not can_open():
        return
    try:
        host.module("modules.util").open_folder(str(Path(adapter.path).parent))
    except Exception as error:  # of the system: there may be no file manager
        logger.warning("the folder of %s was not opened: %s", name, error)
        gr.Warning(f"The folder of {name} was not opened: {error}.")
