"""The retriever on a search engine, for libraries and numbers of WebUIs that one machine's index is not made for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stylus_core.retriever.engine.remote_index import RemoteIndex


def open_remote(index: str | None, home: Path, roots: Sequence[Path], described: str) -> RemoteIndex | None:
    """The engine that an address or `$STYLUS_INDEX` names; None where neither does."""
    address = os.environ.get("STYLUS_INDEX", "") if index is None else index
    if not address:
        return None
    from stylus_core.retriever.engine.address import parse_address
    from stylus_core.retriever.engine.remote_index import RemoteIndex

    return RemoteIndex(parse_address(address), home, roots, described)
