"""The library stage: adapter files, their headers and sidecars, merged with provenance into one SQLite file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylus_core.library.adapter_rows import Problem
    from stylus_core.library.library import Library
    from stylus_core.library.scan import ScanReport

_HOME = {
    "Library": "stylus_core.library.library",
    "Problem": "stylus_core.library.adapter_rows",
    "ScanReport": "stylus_core.library.scan",
}

__all__ = ["Library", "Problem", "ScanReport"]


def __getattr__(name: str) -> Any:
    # The command line needs the table of what may be set, and for its help nothing else of this package.
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
