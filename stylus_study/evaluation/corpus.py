"""Reads a corpus of adapters and sets of queries, one JSON object a line, plain or gzipped."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylus_core.base_models.recognise import stated_architecture
from stylus_core.errors import StylusError
from stylus_core.prompt import adapter_tags
from stylus_core.refiner import refine
from stylus_core.types import Adapter, Example, Metadata


@dataclass(frozen=True, slots=True)
class EvalQuery:
    """A prompt and what was chosen for it."""

    query: str
    adapters: dict[int, float] = field(default_factory=dict)  # id -> weight that the user wrote
    keywords: dict[str, tuple[int, ...]] = field(
        default_factory=dict
    )  # keyword -> ids that the published system picked
    picked_in_all: int | None = None  # published picks before they were cut down to the corpus; 0: it chose nothing
    set: str = ""

    @property
    def relevant(self) -> frozenset[int]:
        """All ids that count as right."""
        return frozenset(self.adapters) | {i for ids in self.keywords.values() for i in ids}


def json_objects(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file, one a line.

    Args:
        path: the file, gzipped if it ends in .gz.

    Yields:
        Each line's object; empty lines are passed over.

    Raises:
        StylusError: the file cannot be read, or a line is no JSON object; the sentence names it.
    """
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as e:
            raise StylusError(f"line {number} of {path} is not JSON ({e})") from None
        if not isinstance(row, dict):
            raise StylusError(f"line {number} of {path} is not a JSON object")
        yield row


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            yield from file
    except (OSError, EOFError, UnicodeDecodeError) as e:
        raise StylusError(f"{path} cannot be read: {getattr(e, 'strerror', None) or e}") from None


def metadata(row: dict[str, Any]) -> Metadata:
    """A row of the corpus as what a library would know of the file."""
    stem = Path(row["file"]).stem
    own = {s.lower() for s in (*row.get("stems", ()), stem)}
    return Metadata(
        title=row["name"],
        alias=stem,
        description=row["description"],
        tags=tuple(row["tags"]),
        trigger_words=tuple(row["trained_words"]),
        examples=tuple(_example(e, own) for e in row["examples"]),
        base_model=row["base_model"],
        architecture=stated_architecture(row["base_model"]) or "unknown",
        downloads=row.get("downloads"),
        model_id=row["model_id"],
    )


def _example(row: dict[str, Any], own: set[str]) -> Example:
    weights = [t.weight for t in adapter_tags(row["prompt"]) if t.name.lower() in own]
    return Example(row["prompt"], row.get("negative_prompt", ""), weights[0] if weights else None)


def load_adapters(path: Path) -> list[Adapter]:
    """A corpus as adapters, described by the metadata refiner.

    Args:
        path: one JSON object a line, with `model_id`, `file`, `name`, `description`, `tags`, `trained_words`,
            `examples` and `base_model`.

    Returns:
        The adapters in the order of the file; the id of each is its `model_id`.

    Raises:
        StylusError: a row lacks something; the sentence names it.
    """
    out = []
    for number, row in enumerate(json_objects(path), start=1):
        try:
            known = metadata(row)
            stem = Path(row["file"]).stem
            out.append(Adapter(int(row["model_id"]), row["file"], stem, metadata=known, card=refine(known, stem)))
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise StylusError(f"row {number} of {path} is no adapter: {_missing(e)}") from None
    return out


def load_queries(path: Path, names: Mapping[str, int] | None = None) -> list[EvalQuery]:
    """A set of queries.

    Args:
        path: one JSON object a line: `query`, and `adapters` {adapter: weight} or `keywords` {keyword: [adapter]}; one
            with neither is a prompt for which nothing is right.
        names: id of each name that may stand for an adapter in place of its id, in lower case; None takes ids alone.

    Returns:
        The queries in the order of the file.

    Raises:
        StylusError: a row is no query, or names an adapter that is not there; the sentence names the row.
    """

    def id_of(key: Any) -> int:
        if names is None:
            return int(key)
        found = names.get(str(key).lower())
        if found is None:
            raise StylusError(f"there is no adapter {str(key)!r}")
        return found

    out = []
    for number, row in enumerate(json_objects(path), start=1):
        try:
            out.append(
                EvalQuery(
                    query=str(row["query"]),
                    adapters={id_of(k): float(v) for k, v in row.get("adapters", {}).items()},
                    keywords={str(k): tuple(map(id_of, v)) for k, v in row.get("keywords", {}).items()},
                    picked_in_all=row.get("picked_in_all"),
                    set=row.get("set", row.get("page", "")),
                )
            )
        except (KeyError, TypeError, ValueError, AttributeError, StylusError) as e:
            raise StylusError(f"row {number} of {path} is no query: {_missing(e)}") from None
    return out


def _missing(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
