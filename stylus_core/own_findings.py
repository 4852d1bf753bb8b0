"""What the doctor says of the user's own pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stylus_core.finding import Finding
from stylus_core.history.history_file import NAME
from stylus_core.history.time_columns import day
from stylus_core.types import Adapter

if TYPE_CHECKING:
    from stylus_core.history.history import History

_MOST_USED = 8  # adapters that are named

#: What is said where the file of a history is damaged; it is not opened then.
DAMAGED_HISTORY = Finding(
    "note",
    "own pictures",
    "what was learned of them is damaged",
    "stylus learn FOLDER reads your pictures again; of your corrections it keeps what can be saved",
)


def is_of_history(detail: str) -> bool:
    """Tells whether a line about a damaged file means the one of the history.

    Args:
        detail: the file's path, a colon and what is wrong.

    Returns:
        Whether it does.
    """
    return f"{NAME}: " in detail


def own_findings(history: History, adapters: Sequence[Adapter]) -> Iterator[Finding]:
    """Says which adapters the user uses, where the user said that Stylus may learn.

    Args:
        history: of the library.
        adapters: of the library that can be used.

    Yields:
        Nothing where no folder is learned.
    """
    on = [folder for folder in history.store.folders() if folder.on]
    if not on:
        return
    names, uses = {a.id: a.name for a in adapters}, history.uses()
    used = {names[id_]: use for id_, use in uses.items() if id_ in names}
    most = sorted(used, key=lambda name: (-used[name].pictures, name))[:_MOST_USED]
    pictures = sum(folder.pictures for folder in on)
    message = f"{pictures:,} are learned, with {len(used):,} of {len(names):,} adapters; used most:"
    details = tuple(f"{name}: in {used[name].pictures:,}, last on {day(used[name].last_at)}" for name in most)
    yield Finding("ok", "own pictures", message if most else message.partition(";")[0], details=details)
    if unused := len(names) - len(used):
        message = f"adapters that are in none of your learned pictures: {unused:,}"
        yield Finding("note", "unused", message, "stylus doctor --unused lists them with their sizes")
