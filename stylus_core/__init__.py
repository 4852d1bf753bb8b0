"""Stylus for WebUI: picks LoRA adapters for a Stable Diffusion prompt and writes them into it.

>>> from stylus_core import Stylus
>>> with Stylus("/path/to/loras") as stylus:
...     print(stylus.select("a red panda in a spacesuit, watercolor").rewritten)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylus_core.errors import ComposerError, LibraryError, ModelError, OptionError, StylusError
    from stylus_core.options import Options
    from stylus_core.stylus import Stylus
    from stylus_core.types import Adapter, Candidate, Card, Keyword, Metadata, Pick, Selection

__version__ = "0.7.0"

_HOME = {
    "Stylus": "stylus_core.stylus",
    "Options": "stylus_core.options",
    "Adapter": "stylus_core.types",
    "Candidate": "stylus_core.types",
    "Card": "stylus_core.types",
    "Keyword": "stylus_core.types",
    "Metadata": "stylus_core.types",
    "Pick": "stylus_core.types",
    "Selection": "stylus_core.types",
    "ComposerError": "stylus_core.errors",
    "LibraryError": "stylus_core.errors",
    "ModelError": "stylus_core.errors",
    "OptionError": "stylus_core.errors",
    "StylusError": "stylus_core.errors",
}

__all__ = [
    "Adapter",
    "Candidate",
    "Card",
    "ComposerError",
    "Keyword",
    "LibraryError",
    "Metadata",
    "ModelError",
    "OptionError",
    "Options",
    "Pick",
    "Selection",
    "Stylus",
    "StylusError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # A WebUI imports this package while it starts: nothing is loaded before it is asked for.
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
