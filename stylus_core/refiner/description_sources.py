"""One library seen with the descriptions of one source: a file's name alone, its metadata, or a file of descriptions.

Studies compare these. The files are scanned once, in the library's own database; each source has an index of its own.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from stylus_core.errors import LibraryError
from stylus_core.library import Library
from stylus_core.library.cards import most_trusted
from stylus_core.library.database import DatabaseState
from stylus_core.library.naming import Naming
from stylus_core.refiner import MetadataRefiner, refine
from stylus_core.refiner.model.exchange import Imported, Matcher, read_records, shared_card
from stylus_core.refiner.model.validation import UnusableDescription
from stylus_core.types import Adapter, Card, Metadata

#: Descriptions from the metadata, without any model's and without the user's edits; and none, only the file's name.
METADATA, NONE = "metadata", "none"
_CHUNK = 500  # adapters in memory at once


class DescribedLibrary(Library):
    """Reads every adapter as `source` describes it.

    Args:
        database: the library's database, shared with whoever else reads it.
        source: `METADATA`, `NONE`, or the path of JSON lines that `stylus describe export` wrote. An adapter that the
            file does not describe has the card that its metadata makes.
        naming: what the host calls adapters; None: by their stems.
    """

    def __init__(self, database: Path, source: str, naming: Naming | None = None) -> None:
        super().__init__(database, MetadataRefiner(), naming)
        self._source = source
        self._cards: dict[int, Card] = {}
        self._report = Imported()
        self._matched: DatabaseState | None = None  # that for which these two were made

    def adapters(self, statuses: Iterable[str] = ("ok",)) -> Iterator[Adapter]:
        """Gives the adapters as the source describes them; see `Library.adapters`.

        Args:
            statuses: of those that are wanted.

        Yields:
            Adapters, in the order of their ids.
        """
        for chunk in _chunks(super().adapters(statuses)):
            yield from self._seen(chunk)

    def get(self, ids: Sequence[int]) -> dict[int, Adapter]:
        """Gives adapters as the source describes them; see `Library.get`.

        Args:
            ids: of any status.

        Returns:
            By id those that are there.
        """
        return {adapter.id: adapter for adapter in self._seen(list(super().get(ids).values()))}

    def find(self, name: str, *, whole: bool = False) -> list[Adapter]:
        """Finds adapters by name and gives them as the source describes them; see `Library.find`.

        Args:
            name: a stem, a title or a part of one.
            whole: leaves out the search for a part.

        Returns:
            The adapters, usable ones first.
        """
        return self._seen(super().find(name, whole=whole))

    def matched(self) -> Imported:
        """What the file of descriptions came to in this library; all zeros where the source is no file."""
        if self._source not in (METADATA, NONE):
            self._from_file()
        return self._report

    def _seen(self, adapters: list[Adapter]) -> list[Adapter]:
        if self._source == NONE:
            return [bare(adapter) for adapter in adapters]
        cards = self.cards("metadata", [adapter.id for adapter in adapters])
        if self._source != METADATA:
            cards |= {number: card for number, card in self._from_file().items() if number in cards}
        return [replace(a, card=cards.get(a.id, a.card)) for a in adapters]

    def _from_file(self) -> Mapping[int, Card]:
        """The file's cards by adapter id, matched to the library as it is now."""
        state = self.state
        if self._matched != state:
            usable = {adapter.id: adapter for adapter in super().adapters()}
            base = self.cards("metadata", list(usable))
            matcher = Matcher(usable.values())
            report = Imported()
            found: dict[int, Card] = {}
            with _opened(Path(self._source)) as file:
                for where, record in read_records(file, report):
                    for adapter in matcher.match(record):
                        if adapter.id in found:  # the first record counts
                            continue
                        try:
                            card = shared_card(record, adapter)
                        except UnusableDescription as error:
                            report.refuse(where, str(error))
                            break
                        # The file describes the library, whoever wrote what came with the adapter.
                        made = replace(base.get(adapter.id, Card()), source="metadata")
                        found[adapter.id] = most_trusted({"import": card, "metadata": made})
            report.matched = len(found)
            self._cards, self._report, self._matched = found, report, state
        return self._cards


def open_library(home: Path, descriptions: str = "", naming: Naming | None = None) -> tuple[Library, Path]:
    """Opens the library of a folder of state.

    Args:
        home: the folder; the database is `library.sqlite` in it.
        descriptions: `METADATA`, `NONE` or the path of a file of descriptions, see `DescribedLibrary`. "" is the
            library as it stands: models' descriptions, imported ones and the user's edits, the most trusted first.

        naming: what the host calls adapters; None: by their stems.

    Returns:
        The library, and the folder of its index: each source of descriptions has an index of its own.
    """
    database = home / "library.sqlite"
    if not descriptions:
        return Library(database, MetadataRefiner(), naming), home / "index"
    key = descriptions if descriptions in (METADATA, NONE) else digest(Path(descriptions))[:12]
    return DescribedLibrary(database, descriptions, naming), home / "descriptions" / key


def digest(path: Path) -> str:
    """Tells a file of descriptions from others: another content is another source.

    Args:
        path: of the file.

    Returns:
        Its SHA-256 in hexadecimal digits.

    Raises:
        LibraryError: if it cannot be read.
    """
    with _opened(path) as file:
        found = sha256()
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def bare(adapter: Adapter) -> Adapter:
    """The adapter as if nothing came with its file.

    Its architecture stays, which is read from its tensors and is no description, and so does the user's word that it
    is not to be used.
    """
    known = adapter.metadata
    metadata = Metadata(architecture=known.architecture, algorithm=known.algorithm, excluded=known.excluded)
    return replace(adapter, metadata=metadata, card=_named(adapter.stem))


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise LibraryError(f"the descriptions cannot be read from {path}: {error.strerror or error}") from None


def _chunks(adapters: Iterator[Adapter]) -> Iterator[list[Adapter]]:
    while chunk := list(itertools.islice(adapters, _CHUNK)):
        yield chunk


@functools.lru_cache(maxsize=100_000)
def _named(stem: str) -> Card:
    return refine(Metadata(), stem)
