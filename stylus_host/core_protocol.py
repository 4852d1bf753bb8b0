"""What a host uses of the core: `stylus_core.Stylus` is such, and so is what tests put in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from stylus_core.options import Options
from stylus_core.progress import Progress
from stylus_core.types import Adapter, Applies, Half, PresentAdapter, Selection
from stylus_host.own_history import OwnHistory

if TYPE_CHECKING:
    from stylus_core.adapter_search import FoundPage
    from stylus_core.library.database import DatabaseState


class LibraryFiles(Protocol):
    """What is used of `stylus_core.library.Library`."""

    @property
    def state(self) -> DatabaseState:
        """See `Library.state`."""


class SelectingCore(Protocol):
    """What is used of `stylus_core.Stylus`."""

    @property
    def library(self) -> LibraryFiles:
        """Of which only the state is asked."""

    @property
    def home(self) -> Path:
        """The library's folder of state."""

    @property
    def history(self) -> OwnHistory:
        """What the user's own pictures and corrections say."""

    def catch_up(self) -> None:
        """Reads what changed in the folders, if that takes no more than a moment."""

    def index_words(self, progress: Progress | None = None) -> Any:
        """Brings all up to date that selections need.

        Args:
            progress: told how far it is.

        Returns:
            What was found; nobody looks at it here.
        """

    def embed(
        self, progress: Progress | None = None, stop: Callable[[], bool] = ..., architecture: Callable[[], str] = ...
    ) -> None:
        """Makes the vectors, with which selections get better.

        Args:
            progress: told how many adapters have them, and of how many.
            stop: asked now and then whether to leave the rest for another time.
            architecture: asked now and then what the checkpoint is, whose adapters come first.
        """

    def select(
        self,
        prompt: str,
        options: Options | None = None,
        *,
        applies: Applies | None = None,
        look: bool = True,
        present: Sequence[PresentAdapter] = (),
    ) -> Selection:
        """Picks adapters and writes them into the prompt.

        Args:
            prompt: without comments.
            options: checked; None: the defaults.
            applies: whether both files of a pair will be applied; None: they will.
            look: whether to `catch_up` first.
            present: adapters that the picture has already beside those in the prompt's tags.

        Returns:
            The selection.
        """

    def adapters(self) -> list[Adapter]:
        """All that can be picked."""

    def find(self, name: str) -> list[Adapter]:
        """Looks for adapters by their name.

        Args:
            name: a stem or a title.

        Returns:
            All that have it, in any case.
        """

    def search(self, text: str, *, limit: int = 12, offset: int = 0) -> FoundPage:
        """Looks through the whole library, by name, words and meaning.

        Args:
            text: what is looked for; "" for all adapters by their names.
            limit: how many are given at most.
            offset: how many are left out in front.

        Returns:
            Some of what was found.
        """

    def half(self, adapter: Adapter) -> Half | None:
        """Says what an adapter is of two files that belong together.

        Args:
            adapter: of the library.

        Returns:
            Its half; None for one that is by itself.
        """

    def close(self) -> None:
        """Closes the databases."""
