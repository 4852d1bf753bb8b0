"""`stylus learn --report`: writes the page of what one uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stylus_core.cli.open_library import dump
from stylus_core.cli.terminal_text import Console, indented
from stylus_core.errors import LibraryError


def write_learn_report(stylus: Any, file: Path, console: Console, as_json: bool) -> None:
    """Writes the page for this user's eyes alone, and says where it is and what it holds.

    Args:
        stylus: an open library.
        file: of the page; what is there is replaced.
        console: where it is told.
        as_json: whether as an object.

    Raises:
        LibraryError: no picture is learned, or the file cannot be written.
    """
    from stylus_core.history.report_page import write_report
    from stylus_core.history.use_report import use_report
    from stylus_core.history.use_resolver import UseResolver

    store = stylus.history.store
    folders = store.folders()
    if not any(folder.on for folder in folders):
        raise LibraryError("no pictures are learned, so there is nothing to show: stylus learn FOLDER")
    report = use_report(
        store.prompts(),
        UseResolver(stylus.library).ids,
        {adapter.id: adapter.name for adapter in stylus.adapters()},
        folders,
        store.corrections(),
    )
    where = file.expanduser().absolute()
    try:
        write_report(where, report)
    except OSError as error:
        raise LibraryError(f"the report cannot be written to {where}: {error.strerror or error}") from None
    if as_json:
        dump(console, {"report": str(where), "pictures": report.pictures, "adapters": len(report.adapters)})
        return
    console.print(*indented("report  ", str(where), 10**6))
    private = "it holds names of your adapters and prompts of your pictures: it is private, and only you can read it"
    console.print(*indented("        ", private, console.columns))
