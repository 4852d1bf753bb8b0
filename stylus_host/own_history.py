"""What a host uses of `stylus_core.history.history.History`: that is such, and so is what tests put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stylus_core.progress import StageProgress
from stylus_core.types import Adapter

if TYPE_CHECKING:
    from stylus_core.history.learner import LearnReport
    from stylus_core.history.records import Correction, LearnedFolder, OwnUse


class OwnStore(Protocol):
    """What is used of the store."""

    @property
    def mark(self) -> int:
        """Another number after each correction, switch, or reading of a folder, also by other processes."""

    def folders(self) -> Sequence[LearnedFolder]:
        """All that are learned from, and those that were and are switched off."""

    def add_folder(self, path: str, on: bool = True) -> Any:
        """Learns from a folder.

        Args:
            path: of the folder, absolute.
            on: whether it counts.

        Returns:
            Nothing that is looked at.
        """

    def switch(self, path: str, on: bool) -> Any:
        """Has a folder count, or count no more.

        Args:
            path: of a folder that was added.
            on: whether it counts.

        Returns:
            Nothing that is looked at.
        """

    def forget(self, path: str | None = None) -> Any:
        """Forgets what was learned.

        Args:
            path: of a folder; None: all of it, corrections too.

        Returns:
            Nothing that is looked at.
        """


class OwnHistory(Protocol):
    """What is used of the history of one library. Safe from several threads."""

    @property
    def store(self) -> OwnStore:
        """What is kept."""

    @property
    def on(self) -> bool:
        """Whether the user ever said yes."""

    def keep_corrections(self, on: bool) -> Any:
        """Has corrections kept, without pictures too.

        Args:
            on: False: no more of them, unless pictures are learned from.

        Returns:
            Nothing that is looked at.
        """

    def learn(self, folders: Sequence[Path] = (), progress: StageProgress | None = None) -> Sequence[LearnReport]:
        """Reads what is new.

        Args:
            folders: those that are read; none: all that are on.
            progress: told how far it is; what it raises ends the reading.

        Returns:
            What was found in each.
        """

    def note(self, path: str) -> Any:
        """Reads one picture that was just saved, if its folder is on.

        Args:
            path: of the picture, absolute.

        Returns:
            Whether it was read; nobody looks at it here.
        """

    def correct(
        self, prompt: str, name: str, action: str, *, weight: float | None = None, by: str = "user"
    ) -> Correction | None:
        """Keeps a correction.

        Args:
            prompt: for which the adapter was picked.
            name: what the host calls the adapter.
            action: one of `records.ACTIONS`.
            weight: of "weighed".
            by: who said so.

        Returns:
            It; None where none are kept.
        """

    def corrections(self) -> Sequence[Correction]:
        """All that are kept, the newest first."""

    def undo(self, number: int) -> Correction:
        """Takes a correction back.

        Args:
            number: its `id`.

        Returns:
            It.

        Raises:
            LibraryError: there is none of this number.
        """

    def use_of(self, adapter: Adapter) -> OwnUse | None:
        """Says how the user used an adapter.

        Args:
            adapter: of the library.

        Returns:
            Its use; None where it is in none of the pictures.
        """
