"""A library's statistics in the engine: a head, and pieces of text that a row can hold.

Whoever publishes writes all pieces under a name of their own and then the head, in one row: readers see the old
statistics or the new ones, and of two who publish at once the later one's are used, both being right.
"""

from __future__ import annotations

import base64
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from stylus_core.errors import EngineError
from stylus_core.retriever.engine.contract import Condition, Engine
from stylus_core.retriever.engine.published_statistics import PublishedStatistics
from stylus_core.storage.files import write_whole
from stylus_core.storage.quarantine import move_aside_and_log

log = logging.getLogger("stylus")

_PIECE = 48_000  # characters in a row
_MOST_PIECES = 10_000
_KEPT = 3600  # seconds for which older statistics stay, for those who are reading them


@dataclass(frozen=True, slots=True)
class StatisticsHead:
    """What a library in the engine begins with."""

    epoch: str  # of the rows: another one means that they are not those that were written before
    generation: str = ""  # of the statistics; empty: there are none yet
    pieces: int = 0
    adapters: int = 0  # that the statistics are of


def read_head(engine: Engine, library: str, limit: float) -> StatisticsHead | None:
    """None where nobody has written this library yet."""
    rows = engine.rows(engine.state, [_head_key(library)], ["value"], limit)
    if not rows:
        return None
    try:
        said = json.loads(rows[0]["value"])
        return StatisticsHead(str(said["epoch"]), str(said["generation"]), int(said["pieces"]), int(said["adapters"]))
    except (ValueError, KeyError, TypeError):
        raise EngineError(f"the head of the library {library!r} at {engine.address} cannot be read") from None


def begin(engine: Engine, library: str) -> StatisticsHead:
    """Writes a first head. Of two at once one's stays; the other compares all rows once more."""
    head = StatisticsHead(uuid4().hex)
    _write_head(engine, library, head)
    return head


def publish(engine: Engine, library: str, head: StatisticsHead, found: PublishedStatistics) -> StatisticsHead:
    """Writes statistics and the head that names them, and deletes what is older than an hour."""
    text = base64.b64encode(found.to_bytes()).decode("ascii")
    generation = uuid4().hex
    now = int(time.time())
    parts = [text[i : i + _PIECE] for i in range(0, len(text), _PIECE)]
    rows = [
        _row(f"{library}/{generation}/{i}", library, part, generation=generation, written=now)
        for i, part in enumerate(parts)
    ]
    engine.upsert(engine.state, rows)
    new = StatisticsHead(head.epoch, generation, len(parts), sum(int(n) for n in found.groups[:, 0]))
    _write_head(engine, library, new)
    in_use = ("", head.generation, generation)  # the head has none
    old = [Condition("library", "==", library), Condition("written", "<", now - _KEPT)]
    engine.delete_where(engine.state, [*old, *(Condition("generation", "!=", used) for used in in_use)])
    return new


def fetch(engine: Engine, library: str, head: StatisticsHead, kept_in: Path, limit: float) -> PublishedStatistics:
    """The statistics that the head names, kept on this machine. Raises `EngineError` if they are not whole."""
    file = kept_in / f"statistics-{head.generation[:32]}.npz"
    try:
        return PublishedStatistics.from_bytes(file.read_bytes())
    except OSError:
        pass
    except ValueError as e:
        move_aside_and_log(file, e, "the statistics are fetched again")
    if not 0 < head.pieces <= _MOST_PIECES:
        raise EngineError(f"the library {library!r} at {engine.address} has no statistics: run stylus index on it")
    keys = [f"{library}/{head.generation}/{i}" for i in range(head.pieces)]
    rows = {row["key"]: row["value"] for row in engine.rows(engine.state, keys, ["value"], limit)}
    try:
        data = base64.b64decode("".join(rows[k] for k in keys), validate=True)
        out = PublishedStatistics.from_bytes(data)
    except (KeyError, ValueError) as e:
        raise EngineError(f"the statistics of {library!r} at {engine.address} are not whole ({e})") from None
    _keep(file, data)
    return out


def _keep(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, data)
        for old in file.parent.glob("statistics-*.npz"):
            if old != file and time.time() - old.stat().st_mtime > _KEPT:
                old.unlink(missing_ok=True)
    except OSError as e:
        log.debug("the statistics cannot be kept in %s: %s", file.parent, e)


def _head_key(library: str) -> str:
    return f"{library}/head"


def _write_head(engine: Engine, library: str, head: StatisticsHead) -> None:
    said = {"epoch": head.epoch, "generation": head.generation, "pieces": head.pieces, "adapters": head.adapters}
    engine.upsert(engine.state, [_row(_head_key(library), library, json.dumps(said))])


def _row(key: str, library: str, value: str, *, generation: str = "", written: int = 0) -> dict[str, object]:
    return {
        "key": key,
        "library": library,
        "value": value,
        "generation": generation,
        "written": written,
        "nothing": [1.0, 0.0],
    }
