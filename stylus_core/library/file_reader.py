"""Reads one file of a listing: header, sidecars, and the card that the refiner makes of them."""

from __future__ import annotations

import logging
import os
from typing import NamedTuple

from stylus_core.base_models.not_adapter import not_adapter
from stylus_core.library.folder_walk import OPENED, Listed
from stylus_core.library.header import read_header
from stylus_core.library.hostile_text import Malformed
from stylus_core.library.merge import read_metadata
from stylus_core.library.record_codec import dumps, encode_card, encode_metadata
from stylus_core.library.refiner_protocol import Refiner
from stylus_core.library.regular_file import error_text
from stylus_core.library.versions import VersionContext
from stylus_core.prompt.tags import UNWRITABLE, UNWRITABLE_TOLD
from stylus_core.types import Card, Metadata

log = logging.getLogger(__name__)


class ReadFile(NamedTuple):
    """What was read of a file, ready to be written."""

    item: Listed
    state: str
    problem: str
    notes: str
    digest: str
    signature: bytes
    title: str
    excluded: bool
    metadata: str
    card: str


def read_item(item: Listed, refiner: Refiner) -> ReadFile:
    """Reads one file and refines what it says. Nothing that lies in a file, or is said of it, makes this raise."""
    try:
        return _read(item, refiner)
    except Malformed as error:
        return unusable(item, "unreadable", str(error))
    except OSError as error:
        problem = error_text(error)
    except Exception as error:
        log.exception("what is in %s cannot be understood", item.path)
        problem = f"what is in it cannot be understood ({type(error).__name__})"
    return unusable(item, "unreadable", problem)._replace(signature=b"")  # it may pass


def _read(item: Listed, refiner: Refiner) -> ReadFile:
    if item.problem:
        return unusable(item, "unreadable", item.problem)
    extension = os.path.splitext(item.name)[1].lower()
    if extension not in OPENED:
        return unusable(
            item, "unopened", f"a {extension} file can run code when it is opened: it is listed and never opened"
        )
    header = read_header(os.path.join(item.folder, item.name))
    kind = not_adapter(header.shapes)
    if kind:
        return unusable(item, "no-adapter", f"it is {kind} and no adapter: it belongs into another folder")
    metadata, damaged = read_metadata(header, VersionContext(item.stem, item.folder, frozenset(item.beside)))
    notes = [f"{name}: {problem}" for name, problem in damaged]
    if not UNWRITABLE.isdisjoint(item.stem):
        notes.append(f"its name holds one of {UNWRITABLE_TOLD}, which a <lora:...> tag cannot name: rename the file")
    card, failure = refined(metadata, item.stem, refiner)
    return ReadFile(
        item=item,
        state="ok",
        problem="",
        notes=dumps([*notes, *failure]),
        digest=header.digest,
        signature=item.signature,
        title=metadata.title,
        excluded=metadata.excluded,
        metadata=encode_metadata(metadata),
        card=encode_card(card),
    )


def unusable(item: Listed, state: str, problem: str) -> ReadFile:
    """What there is to write of a file that is never picked."""
    return ReadFile(item, state, problem, "[]", "", item.signature, "", False, "{}", "{}")


def refined(metadata: Metadata, stem: str, refiner: Refiner) -> tuple[Card, list[str]]:
    """The refiner's card, and a note if it failed; then the card is an empty one."""
    try:
        return refiner.card(metadata, stem), []
    except Exception as error:
        log.exception("the refiner failed on %s", stem)
        return Card(source="file name"), [f"it could not be described from its metadata ({type(error).__name__})"]
