"""What an adapter is, said briefly: made from its metadata here, and better by a model where there is one."""

from __future__ import annotations

from stylus_core.refiner.describe import describe
from stylus_core.refiner.kind import kind as kind_of
from stylus_core.refiner.subject import subject as subject_of
from stylus_core.refiner.title import read_title
from stylus_core.refiner.trigger_words import triggers as triggers_of
from stylus_core.refiner.weight import weight as weight_of
from stylus_core.types import Card, Metadata

#: Raised with every change of what comes out: a library describes its adapters again then, without reading a file.
VERSION = 7


def refine(metadata: Metadata, stem: str) -> Card:
    """Makes the card of an adapter from what is known of it, without any model.

    Args:
        metadata: what the file and its sidecars say.
        stem: the file's name without its extension; it names the adapter where nothing else does.

    Returns:
        The card, whose `source` tells what the description is made of.
    """
    title = read_title(metadata, stem)
    kind = kind_of(metadata, title)
    subject = subject_of(title, kind) or stem[:70]
    triggers, exclusive = triggers_of(metadata, stem)
    description, source = describe(metadata, kind, subject, triggers)
    weight = weight_of(metadata, stem)
    return Card(
        description=description,
        kind=kind,
        subject=subject,
        trigger_words=triggers,
        trigger_alternatives=exclusive,
        weight=weight.value,
        clip_weight=weight.clip,
        weight_low=weight.low,
        weight_high=weight.high,
        weight_source=weight.source,
        source=source,
    )


class MetadataRefiner:
    """What a library is handed to make its cards (`library.refiner_protocol.Refiner`): `refine`, of this version."""

    @property
    def version(self) -> int:
        """`VERSION`."""
        return VERSION

    def card(self, metadata: Metadata, stem: str) -> Card:
        """See `refine`."""
        return refine(metadata, stem)

    def subject(self, title: str) -> str:
        """The subject of an adapter of which nothing but a title is known."""
        return subject_of(read_title(Metadata(title=title), ""), "")
