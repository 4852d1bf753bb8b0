"""What a library asks of whatever makes cards of metadata; it is handed one when it is opened."""

from __future__ import annotations

from typing import Protocol

from stylus_core.types import Card, Metadata


class Refiner(Protocol):
    """Makes cards without reading a file. One object serves every thread of a library."""

    @property
    def version(self) -> int:
        """Another number than that of a stored card means that the card is made again, from the stored metadata."""

    def card(self, metadata: Metadata, stem: str) -> Card:
        """Makes the card of an adapter.

        Args:
            metadata: what the file and its sidecars say.
            stem: the file's name without its extension.
        """

    def subject(self, title: str) -> str:
        """Says what an adapter of this title adds, for a title that a user gave: "" where the title does not tell."""
