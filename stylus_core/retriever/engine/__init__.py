"""The retriever on a search engine, for libraries and numbers of WebUIs that one machine's index is not made for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stylus_core.retriever.engine.remote_index import RemoteIndex


def open_remote(index: str | None, home: Path, roots: Sequence[Path], described: str) -> RemoteIndex | None:
    """The index on a search engine that an address or `$STYLUS_INDEX` names. Nothing is connected yet.

    Args:
        index: the address; None: what the environment says. "" stands for no engine.
        home: the library's folder of state.
        roots: the library's folders.
        described: which descriptions a study sees the library with; "" for the usual ones.

    Returns:
        None where no engine is named.

    Raises:
        OptionError: the address is none.
    """
    address = os.environ.get("STYLUS_INDEX", "") if index is None else index
    if not address:
        return None
    from stylus_core.retriever.engine.address import parse_address
    from stylus_core.retriever.engine.remote_index import RemoteIndex

    return RemoteIndex(parse_address(address), home, roots, described)
