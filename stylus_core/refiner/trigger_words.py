"""The words that wake an adapter, as its author meant them."""

from __future__ import annotations

import re
from itertools import islice

from stylus_core.refiner.described_triggers import described_trigger_words
from stylus_core.refiner.remarks import denies, is_base_or_version
from stylus_core.refiner.trainer_names import CLASSES, trained_words
from stylus_core.refiner.trigger_entry import phrases
from stylus_core.types import Metadata

#: Two commas part sets, as tools write them that know sets. So do lines and semicolons between lists of words.
_SETS = re.compile(r"[,，]{2,}")
_LISTS = re.compile(r"(?<![,，\s])\s*(?:\n|[;；](?=\s))")
_PARTS = frozenset("\n;；，")
_ENTRIES = 40  # packs have as many characters
_CHARS = 300


def triggers(metadata: Metadata, stem: str = "") -> tuple[tuple[str, ...], bool]:
    """Finds the words that a prompt needs for the adapter to work.

    Tags, emphasis, quality words, remarks and repeats are out; brackets that belong to a name are escaped, as prompts
    ask for. Sets that an entry runs together are entries of their own. Where none is listed, and the author does not
    say that none is needed, they are what the description names, or else what it was trained by.

    Args:
        metadata: what the file and its sidecars say.
        stem: the file's name without its extension.

    Returns:
        (entries, whether they exclude each other).
    """
    exclusive = any("||" in e for e in metadata.trigger_words)
    alternatives = [a for e in metadata.trigger_words for a in (e.split("||") if exclusive else [e])]
    entries = _entries([s for a in alternatives for s in _sets(a[: 8 * _CHARS])])
    entries = tuple(e for e in entries if not is_base_or_version(e) or _is_called(metadata, stem, e))
    if not all(entry.lower() in CLASSES for entry in entries):
        return entries, exclusive and len(entries) > 1
    denials = list(filter(denies, metadata.trigger_words))
    # "none" fills a field that wants something; a sentence says that there are none
    if not any(" " in d.strip() for d in denials):
        texts = (*metadata.trigger_words, metadata.description, metadata.notes)
        found = next(filter(None, map(described_trigger_words, texts)), ())
        if not found and not denials:
            found = trained_words(metadata, stem)
        # of a trainer's records it is what the folder happens to be called: "img", "woman"
        written = () if metadata.provenance.get("trigger_words") == "header" else entries
        entries = tuple(dict.fromkeys([*found, *written]))
    return entries, exclusive and len(entries) > 1


def _is_called(metadata: Metadata, stem: str, word: str) -> bool:
    """Whether the adapter has the name of a base model: a ship is called as one, and ponies are."""
    name, at = (metadata.title or stem).casefold(), word.casefold()
    if at not in name:
        return False
    # "Some House - Pony" for Pony says what it fits, and "Pony (Some Game)" what it draws
    return at not in metadata.base_model.casefold() or name == at or name.startswith((f"{at} (", f"{at}_("))


def _sets(entry: str) -> list[str]:
    """The sets that an entry runs together."""
    if _PARTS.isdisjoint(entry) and ",," not in entry:
        return [entry]
    parts = _SETS.split(entry)
    lists = _LISTS.split(entry) if len(parts) == 1 else []
    return lists if len(lists) > 1 and all("," in part.strip(" ,\n") for part in lists) else parts


def _entries(listed: list[str]) -> tuple[str, ...]:
    out: dict[str, str] = {}
    for entry in listed:
        cleaned = ", ".join(phrases(entry[: 4 * _CHARS]))
        if len(cleaned) > _CHARS:
            cleaned = cleaned[:_CHARS].rpartition(",")[0]
        if cleaned:
            out.setdefault(cleaned.lower(), cleaned)
    return tuple(islice(out.values(), _ENTRIES))
