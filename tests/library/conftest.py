"""A library over a folder that the test fills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stylus_core.library import Library, ScanReport
from stylus_core.refiner import MetadataRefiner
from stylus_core.types import Adapter


class Shelf:
    """A folder `loras`, the library over it, and shorthands for what the tests ask."""

    def __init__(self, home: Path) -> None:
        self.loras = home / "loras"
        self.loras.mkdir()
        self.database = home / "state" / "library.sqlite"
        self.library = Library(self.database, MetadataRefiner())

    def scan(self) -> ScanReport:
        return self.library.scan([self.loras])

    def all(self) -> dict[str, Adapter]:
        """Every adapter of any status, by its path under the folder."""
        found = self.library.adapters(("ok", "shadowed", "unreadable", "unopened"))
        return {str(Path(a.path).relative_to(self.loras)): a for a in found}

    def one(self) -> Adapter:
        """Scans, and gives back the only adapter, excluded or not."""
        self.scan()
        (adapter,) = self.library.adapters(("ok", "excluded"))
        return adapter

    def reasons(self) -> dict[str, str]:
        return {Path(p.path).name: p.reason for p in self.library.problems()}


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.library.close()
