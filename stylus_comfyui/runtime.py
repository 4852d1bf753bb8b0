"""The one instance of everything that a ComfyUI process shares: made when it is first needed."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stylus_comfyui import host

if TYPE_CHECKING:
    from stylus_host.core_protocol import SelectingCore
    from stylus_host.own_pictures import OwnLearning
    from stylus_host.service import Service

logger = logging.getLogger("stylus")

_NO_FOLDER = "ComfyUI has no LoRA folder: put LoRAs into models/loras, or name a folder in extra_model_paths.yaml"

_current: Service | None = None
_own: tuple[Service, OwnLearning] | None = None
_making = threading.Lock()
_last_architecture = "any"


def service() -> Service:
    """The library of this process. Made on first use, which opens nothing and waits for nothing."""
    global _current
    with _making:
        if _current is None:
            from stylus_host.service import Service

            _current = Service(_open_core, host.lora_roots, lambda: _last_architecture, _NO_FOLDER)
            atexit.register(_current.close)
        return _current


def own() -> OwnLearning:
    """What the user's own pictures and corrections say: wanted where `stylus learn` or `stylus feedback` began it."""
    global _own
    current = service()
    with _making:
        if _own is None or _own[0] is not current:
            from stylus_host.own_pictures import OwnLearning

            _own = current, OwnLearning(current.history, lambda: current.history().on)
        return _own[1]


def install(other: Service | None) -> None:
    """Puts another service in place, or none; the one before is the caller's to close.

    Args:
        other: the service; None: one is made at the next use.
    """
    global _current
    with _making:
        _current = other


def start() -> None:
    """Begins to read the library in the background. Never raises: ComfyUI is starting."""
    try:
        service().refresh()
    except Exception:
        logger.exception("the LoRA library cannot be read")


def saw(architecture: str) -> None:
    """Notes what the last model was, whose LoRAs get their vectors first.

    Args:
        architecture: as the option takes it.
    """
    global _last_architecture
    _last_architecture = architecture


def _open_core(folders: Sequence[Path]) -> SelectingCore:
    from stylus_core import Stylus

    return Stylus(list(folders), names="paths")
