"""Prompts of a user's own pictures, as the history gives them."""

from __future__ import annotations

from collections.abc import Collection

from stylus_core.generation_data import AdapterUse
from stylus_core.history.records import OwnPrompt

NAMES = {1: "fox", 2: "snow", 3: "ink", 4: "ink_copy"}
_IDS = {"fox": (1,), "snow": (2,), "ink": (3, 4)}


def ids(use: AdapterUse) -> Collection[int]:
    return _IDS.get(use.name, ())


def own(
    prompt: str, *adapters: AdapterUse, pictures: int = 1, at: float = 100.0, since: float | None = None
) -> OwnPrompt:
    return OwnPrompt(abs(hash((prompt, adapters))), prompt, adapters, "", pictures, at if since is None else since, at)
