"""Where ComfyUI finds the nodes: it loads this folder below `custom_nodes/` by its path. No other host reads this.

ComfyUI does not put a pack's folder on `sys.path`. Ours goes to its end, so that it shadows no name of ComfyUI's or of
another pack. Anywhere else, as under pytest, nothing is loaded.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

NODE_CLASS_MAPPINGS: dict[str, type] = {}
NODE_DISPLAY_NAME_MAPPINGS: dict[str, str] = {}
#: Relative to this folder. Without nodes there is nothing to draw.
WEB_DIRECTORY: str | None = None

if "folder_paths" in sys.modules or find_spec("folder_paths"):
    try:
        _ROOT = Path(__file__).resolve().parent
        if str(_ROOT) not in sys.path:
            sys.path.append(str(_ROOT))
        for _name in ("stylus_core", "stylus_comfyui"):
            _package = import_module(_name)
            if Path(str(_package.__file__)).resolve().parent.parent != _ROOT:  # it may be older, and would draw twice
                raise ImportError(f"remove the other {_name} or this one: {_package.__file__}")
        NODE_CLASS_MAPPINGS = _package.NODE_CLASS_MAPPINGS
        NODE_DISPLAY_NAME_MAPPINGS = _package.NODE_DISPLAY_NAME_MAPPINGS
        WEB_DIRECTORY = _package.WEB_DIRECTORY
    except Exception as _error:
        logging.getLogger("stylus").warning(
            "Stylus has no nodes here (%s: %s); what it needs stands in %s, for the pip of ComfyUI's Python.",
            type(_error).__name__,
            _error,
            Path(__file__).with_name("requirements.txt"),
        )
