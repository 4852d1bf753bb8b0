"""StylusDocs, the dataset of the paper (Luo et al., 2024): descriptions of 75,000 adapters of a model site.

`sd_adapters.pkl` is a pickled list of `AdapterInfo` objects. It is never unpickled (see `restricted_pickle`): its
objects become plain fields, and every field is checked like an answer of a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stylus_core.errors import LibraryError
from stylus_core.library import Library
from stylus_core.library.hostile_text import clean, clean_line, clean_list
from stylus_core.library.untrusted_values import identifier, strength
from stylus_core.progress import StageProgress
from stylus_core.refiner import refine
from stylus_core.refiner.model.exchange import Imported, import_records
from stylus_core.refiner.model.restricted_pickle import BadPickle, Global, Instance, read_data
from stylus_core.types import Metadata

MAX_FILE = 2 * 2**30
_MAX_ADAPTERS = 500_000
_CLASSES = frozenset(
    (
        Global("stylus.refiner.fetch_adapter_metadata", "AdapterInfo"),
        Global("autoadapter.precompute.process_adapters", "AdapterInfo"),
    )
)


def read_stylusdocs(path: Path, progress: StageProgress | None = None) -> list[Mapping[str, Any]]:
    """The fields of each `AdapterInfo` of `sd_adapters.pkl`, in the file's order, unchecked.

    `progress(done, total)` counts bytes. Raises `LibraryError` for every other kind of pickle.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            raise LibraryError(f"{path} has {size} bytes, and {MAX_FILE} are read at most")
        with open(path, "rb") as file:
            found = read_data(file, _CLASSES, (lambda done: progress(done, size)) if progress else None)
    except BadPickle as error:
        raise LibraryError(f"{path} is not taken for StylusDocs: {error}. Nothing of it was run") from None
    except OSError as error:
        raise LibraryError(f"{path} cannot be read: {error.strerror or error}") from None
    if not isinstance(found, list) or not all(isinstance(item, Instance) for item in found):
        raise LibraryError(f"{path} is not taken for StylusDocs: it holds no list of AdapterInfo objects")
    if len(found) > _MAX_ADAPTERS:
        raise LibraryError(f"{path} lists {len(found)} adapters, and {_MAX_ADAPTERS} are read at most")
    return found


def import_stylusdocs(library: Library, path: Path, progress: StageProgress | None = None) -> Imported:
    """Takes in the descriptions of the models of which the library has a file, by the model site's id.

    Args:
        library: scanned.
        path: of `sd_adapters.pkl`.
        progress: gets the bytes read so far and the file's size.

    Returns:
        What was read, matched and refused.
    """
    return import_records(library, _records(read_stylusdocs(path, progress)))


def _records(adapters: list[Mapping[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(model id, the record of a card). The dataset knows no kinds: they follow from its titles and tags."""
    for fields in adapters:
        model_id = identifier(fields.get("adapter_id"))
        description = clean(fields.get("llm_description"), 4000)
        if model_id is None or not description:
            continue
        metadata = Metadata(
            title=clean_line(fields.get("title"), 300),
            tags=clean_list(fields.get("tags"), 100, 100),
            description=description,
            trigger_words=clean_list(fields.get("trigger_words"), 300, 20),
        )
        yield (
            model_id,
            {
                "description": description,
                "kind": refine(metadata, metadata.title).kind,
                "trigger_words": list(metadata.trigger_words),
                "weight": strength(fields.get("weight")),
            },
        )
