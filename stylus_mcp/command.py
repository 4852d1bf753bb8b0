"""`stylus mcp`: serves the library to an assistant over stdin and stdout."""

from __future__ import annotations

import argparse
import importlib.util
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from stylus_core.cli.arguments import add_library, add_opening
from stylus_core.cli.command import Command, Opener
from stylus_core.cli.exit_codes import INTERRUPTED, OK
from stylus_core.cli.model_flags import add_composer_flags, composer_settings
from stylus_core.cli.open_library import named_folders, opened
from stylus_core.cli.terminal_text import Console
from stylus_core.errors import ModelError
from stylus_host.core_protocol import SelectingCore
from stylus_host.service import Service

_PATIENCE = 2.0  # seconds for closing the library; clients end a server that takes longer than a few


def run(args: argparse.Namespace, console: Console, opener: Opener) -> int:
    """`stylus mcp --library DIR`. Stdout is the protocol's: nothing is printed.

    Args:
        args: of the command.
        console: of which only the error stream is used.
        opener: what opens the library.

    Returns:
        The exit code.

    Raises:
        ModelError: the packages of the extra `mcp` are not installed.
    """
    if importlib.util.find_spec("mcp") is None:
        raise ModelError('serving assistants needs the package mcp: pip install "stylus-webui[mcp]"')
    roots = [folder.absolute() for folder in named_folders(args)]
    from stylus_core.composer.settings import ComposerSettings
    from stylus_core.home import home
    from stylus_core.llm.endpoint_settings import resolved
    from stylus_mcp.answers import Answers
    from stylus_mcp.server import LibraryTools, make_server, serve

    def open_core(_folders: Sequence[Path]) -> SelectingCore:
        made: SelectingCore = opened(args, opener)
        return made

    settings = composer_settings(args) or ComposerSettings()
    asks_model = any(resolved(name, getattr(settings, name)) for name in ("base_url", "reranker"))
    service = Service(open_core, lambda: roots)
    try:
        serve(make_server(LibraryTools(service, Answers(roots, args.home or home()), asks_model)))
    except KeyboardInterrupt:
        _close(service, console, INTERRUPTED)
        raise
    _close(service, console, OK)
    return OK


def _close(service: Service, console: Console, code: int) -> None:
    """Closes the library, or ends the process if texts that are being embedded would hold it up; files stay whole."""
    closing = threading.Thread(target=service.close, name="stylus-close", daemon=True)
    closing.start()
    closing.join(_PATIENCE)
    if closing.is_alive():
        if code == INTERRUPTED:
            console.say("stylus: interrupted")
        os._exit(code)


def _add_mcp(command: argparse.ArgumentParser) -> None:
    add_library(command)
    add_opening(command)
    add_composer_flags(command)


COMMAND = Command(
    "serve the library to an assistant (MCP, over stdin and stdout)",
    _add_mcp,
    run,
    description="Serves pick_loras, search_loras, show_lora and library_status over the Model Context Protocol. An "
    "assistant starts it; docs/mcp.md shows how three of them are set up.",
)
