"""Descriptions as JSON lines, to share them: written from one library, matched to the files of another.

One object a line: what identifies the file (`sha256`, `autov3`, `model_id` and `version_id`, `stem`), then the card.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256 as digest
from typing import Any, BinaryIO

from stylus_core.errors import LibraryError
from stylus_core.library import Library
from stylus_core.library.hostile_text import Malformed, clean_line, fold, parse_json
from stylus_core.library.untrusted_values import identifier, sha256, strength
from stylus_core.refiner.model.validation import UnusableDescription, card_of
from stylus_core.types import Adapter, Card

FORMAT = "stylus-card"
VERSION = 1
MAX_LINE = 64 * 1024  # bytes; a description of ours has some 500
_MAX_LINES = 1_000_000
_SHARED = ("vlm", "llm", "user", "import")
_AUTOV3 = 10  # digits of it that every tool keeps
_BATCH = 500
_TOLD = 20  # problems that a report lists


@dataclass(slots=True)
class Imported:
    """What became of a file of descriptions."""

    read: int = 0  # records
    matched: int = 0  # adapters that got a card
    refused: int = 0  # records that were no sane card
    problems: list[str] = field(default_factory=list)  # the first few, one sentence each

    def refuse(self, where: str, why: str) -> None:
        """Counts a record that was not taken in.

        Args:
            where: it stands, such as "line 3".
            why: one clause.
        """
        self.refused += 1
        if len(self.problems) < _TOLD:
            self.problems.append(f"{where}: {why}")


def export_lines(adapters: Iterable[Adapter]) -> Iterator[str]:
    """Writes the descriptions that were made, for others to take in.

    Args:
        adapters: of a library.

    Yields:
        One line of JSON for each adapter that a model, a user or an import described.
    """
    for adapter in adapters:
        card, metadata = adapter.card, adapter.metadata
        if card.source not in _SHARED:
            continue
        record: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "sha256": metadata.sha256,
            "autov3": metadata.autov3,
            "model_id": metadata.model_id,
            "version_id": metadata.version_id,
            "stem": adapter.stem,
            "title": adapter.given_title,
            "description": card.description,
            "kind": card.kind,
            "subject": card.subject,
            "trigger_words": list(card.trigger_words),
            "weight": card.weight,
            "clip_weight": card.clip_weight,
            "source": card.source,
        }
        # ASCII: no reader takes one of Unicode's line ends for the end of a record.
        yield json.dumps({k: v for k, v in record.items() if v not in ("", None, [])})


class Matcher:
    """Finds the adapters of a library to which a shared record belongs."""

    def __init__(self, adapters: Iterable[Adapter]) -> None:
        self._by: dict[str, dict[Any, list[Adapter]]] = {name: {} for name in ("sha256", "autov3", "ids", "stem")}
        for adapter in adapters:
            metadata = adapter.metadata
            for name, value in _identities(
                metadata.sha256, metadata.autov3, metadata.model_id, metadata.version_id, adapter.stem
            ).items():
                self._by[name].setdefault(value, []).append(adapter)

    def match(self, record: Mapping[str, Any]) -> list[Adapter]:
        """By the whole file's hash, the tensors' hash, the model site's ids, and last the name, in this order.

        A name alone is not believed where a stronger identity on both sides says otherwise.
        """
        own = _identities(
            sha256(record.get("sha256")),
            sha256(record.get("autov3"), _AUTOV3),
            identifier(record.get("model_id")),
            identifier(record.get("version_id")),
            clean_line(record.get("stem"), 300),
        )
        for name, value in own.items():
            found = self._by[name].get(value, [])
            if name == "stem":
                found = [adapter for adapter in found if not _contradicts(own, adapter)]
            if found:
                return found
        return []


def _identities(whole: str, tensors: str, model_id: int | None, version_id: int | None, stem: str) -> dict[str, Any]:
    """The strongest first; only those that there are."""
    out: dict[str, Any] = {
        "sha256": whole,
        "autov3": tensors[:_AUTOV3],
        "ids": (model_id, version_id) if model_id and version_id else None,
        "stem": fold(stem),
    }
    return {name: value for name, value in out.items() if value}


def _contradicts(own: Mapping[str, Any], adapter: Adapter) -> bool:
    metadata = adapter.metadata
    theirs = _identities(metadata.sha256, metadata.autov3, metadata.model_id, metadata.version_id, "")
    return any(name in own and own[name] != value for name, value in theirs.items())


def import_lines(library: Library, file: BinaryIO) -> Imported:
    """Takes in the descriptions of a file that `export_lines` made, here or elsewhere; nothing in it is trusted.

    They count more than what the metadata says and less than a description by a model of the user's own.

    Args:
        library: scanned.
        file: JSON lines.

    Returns:
        What was read, matched and refused.

    Raises:
        LibraryError: if the first line is no such record, which means another kind of file.
    """
    report = Imported()
    matcher = Matcher(library.adapters())
    with _Batches(library, report) as batches:
        for where, record in read_records(file, report):
            try:
                batches.add(matcher.match(record), record)
            except UnusableDescription as error:
                report.refuse(where, str(error))
    return report


def read_records(file: BinaryIO, report: Imported) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where it stands, record) of each record of ours in `file`; what is none is counted in `report` and left out.

    Raises `LibraryError` if the first line is no such record.
    """
    for number, raw in enumerate(_lines(file), start=1):
        if not raw.strip():
            continue
        where = f"line {number}"
        report.read += 1
        try:
            record = _record(raw)
        except Malformed as error:
            if report.read == 1:
                raise LibraryError(f"this is no file of descriptions ({where}: {error})") from None
            report.refuse(where, str(error))
            continue
        yield where, record


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of at most `MAX_LINE` bytes and a bit: of a longer one its beginning, which is then refused."""
    for _ in range(_MAX_LINES):
        raw = file.readline(MAX_LINE + 1)
        if not raw:
            return
        yield raw
        while len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            raw = file.readline(MAX_LINE + 1)
    raise LibraryError(f"the file has more than {_MAX_LINES} lines: part it")


def _record(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_LINE:
        raise Malformed(f"it is longer than {MAX_LINE} bytes")
    value, _ = parse_json(raw)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise Malformed(f'it has no "format": "{FORMAT}"')
    if value.get("version") != VERSION:
        raise Malformed(f"it is of version {clean_line(value.get('version'), 20)!r}, and {VERSION} is read")
    return value


class _Batches:
    """Stores imported cards a few hundred at a time, and the last of them when the block ends well."""

    def __init__(self, library: Library, report: Imported) -> None:
        self._library = library
        self._report = report
        self._cards: dict[int, Card] = {}
        self._keys: dict[int, str] = {}
        self._matched: set[int] = set()

    def __enter__(self) -> _Batches:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._store()

    def add(self, adapters: Iterable[Adapter], record: Mapping[str, Any]) -> None:
        """The first record for an adapter counts. Raises `UnusableDescription` for one that is no sane card."""
        for adapter in adapters:
            if adapter.id in self._matched:
                continue
            self._cards[adapter.id] = shared_card(record, adapter)
            self._keys[adapter.id] = digest(json.dumps(record, sort_keys=True).encode()).hexdigest()
            self._matched.add(adapter.id)
            self._report.matched += 1
        if len(self._cards) >= _BATCH:
            self._store()

    def _store(self) -> None:
        if self._cards:
            self._library.put_cards(self._cards, "import", self._keys)
        self._cards, self._keys = {}, {}


def shared_card(record: Mapping[str, Any], adapter: Adapter) -> Card:
    """The card that a shared record makes for this adapter. Raises `UnusableDescription`."""
    card = card_of(record, adapter, "import")
    if card.weight_source != "refiner":
        return card
    clip = strength(record.get("clip_weight"))
    return dataclasses.replace(card, weight_source="import", clip_weight=card.clip_weight if clip is None else clip)


def import_records(library: Library, records: Iterable[tuple[int, Mapping[str, Any]]]) -> Imported:
    """Takes in records of (model id, card) that name no file: they go to every version of the model."""
    report = Imported()
    by_model: dict[int, list[Adapter]] = {}
    for adapter in library.adapters():
        if adapter.metadata.model_id:
            by_model.setdefault(adapter.metadata.model_id, []).append(adapter)
    with _Batches(library, report) as batches:
        for model_id, record in records:
            report.read += 1
            try:
                batches.add(by_model.get(model_id, ()), record)
            except UnusableDescription as error:
                report.refuse(f"model {model_id}", str(error))
    return report
