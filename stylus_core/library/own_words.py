"""What the user typed into an editor, told from what tools copied there: it wins, and it is kept apart as well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from stylus_core.library.hostile_text import fold
from stylus_core.library.sidecars.registry import PAGES, TRUST
from stylus_core.library.untrusted_values import DESCRIPTION, NOTES, Claims

#: A longer description is a page that somebody copied.
_PAGE = 1000
_HEAD = 200  # letters of two texts that are compared
_SHORT = 40  # letters; so short a text is a copy only if it is the whole other one or a line of it
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_LETTERS = re.compile(r"[^\W_]+")


def drop_copied_texts(found: dict[str, Claims]) -> None:
    """Takes from the claims what is no user's word: tools copy the site's texts and words into the user's files."""
    typing = [
        source for source in TRUST if not found.get(source, {}).keys().isdisjoint(("own_description", "own_notes"))
    ]
    if not typing:
        return
    fields = ("description", "version_description")
    site = [(source, t) for source, c in found.items() for field in fields if (t := _of_others(c, field))]
    words = {w for claims in found.values() for w in _listed(claims.get("trigger_words", ()))}
    for source in typing:
        claims = found[source]
        for own, field in (("own_description", "description"), ("own_notes", "notes")):
            text = claims.get(own, "")
            if not text:
                continue
            copies = [other for other, told in site if _is_copy(text, told)]
            if copies and not PAGES.issuperset(copies):  # of a page, which says less well what it says
                claims.pop(field, None)
            if copies:
                del claims[own]
            elif not _says_something(text) or len(text) > _PAGE or _listed((text,)) <= words:
                del claims[own]


def put_own_words_first(fields: dict[str, Any], provenance: dict[str, str], found: dict[str, Claims]) -> None:
    """Puts the user's title and description before the site's, and all that he typed into `own_words`."""
    typed = next((s for s in TRUST if "own_description" in found.get(s, ())), "")
    texts: dict[str, str] = {}
    if typed:
        text = found[typed]["own_description"]
        texts[text] = typed
        site = next((t for s in TRUST if s not in PAGES and (t := _of_others(found.get(s, {}), "description"))), "")
        fields["description"] = f"{text}\n\n{site}".strip()[:DESCRIPTION]
        provenance["description"] = typed
    for source in TRUST:
        if "own_notes" in found.get(source, ()):
            texts.setdefault(found[source]["own_notes"], source)
    if texts:
        fields["own_words"] = "\n\n".join(texts)[:NOTES]
        provenance["own_words"] = ", ".join(dict.fromkeys(texts.values()))
    titled = next((s for s in TRUST if "own_title" in found.get(s, ())), "")
    if titled:
        if fields.get("title", "") not in ("", found[titled]["own_title"]):
            fields["site_title"], provenance["site_title"] = fields["title"], provenance["title"]
        fields["title"], provenance["title"] = found[titled]["own_title"], titled


def _of_others(claims: Claims, field: str) -> str:
    """A text that the source has from the site."""
    return "" if "own_description" in claims else claims.get(field, "")


def _says_something(text: str) -> bool:
    return any(len(word) > 2 or not word.isascii() for word in _LETTERS.findall(_LINK.sub(" ", text)))


def _listed(entries: Sequence[str]) -> set[str]:
    return {fold(w.strip()) for entry in entries for w in re.split(r"[,\n]|\|\|", entry)} - {""}


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text.lower()))


def _is_copy(text: str, other: str) -> bool:
    """Whether one text begins like the other or stands in it, whatever became of blanks and markup on the way."""
    one, two = _letters(text), _letters(other)
    if min(len(one), len(two)) < _SHORT:
        return one == two or any(one == _letters(line) for line in other.split("\n"))
    return one[:_HEAD] in two or two[:_HEAD] in one
