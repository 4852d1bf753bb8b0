"""Puts trigger words and tags into a prompt whose own text stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stylus_core.prompt.grammar import SEPARATORS, comments, ends_in_weight, parse, without_comments
from stylus_core.prompt.regions import Region, region_of, regions
from stylus_core.prompt.tags import unclosed
from stylus_core.rewriter.phrase_search import says

_PARTED = re.compile(rf"(?:[,;，、；.!?。]|\n|\b(?:AND|{'|'.join(SEPARATORS)})\b)[^\S\n]*$")


def appended(text: str, words: Sequence[str], tags: Sequence[str]) -> str:
    """`text`, the words separated by ", ", the tags. Nothing of it stands in a comment, which the host drops."""
    if not words and not tags:
        return text
    spans = comments(text)
    if spans and spans[-1][1] == len(text):
        text += "\n"
    elif words and text.strip() and not _PARTED.search(text):
        text += ", "
    elif text and not text[-1].isspace():
        text += " "
    return text + " ".join([", ".join(words), *tags]).strip()


def obstacle(text: str) -> str:
    """Why no tag can be written behind `text`, in one sentence; empty if there is no reason."""
    bare = without_comments(text)
    at = unclosed(bare)
    if at < 0:
        return ""
    return f"nothing was added: the tag that begins with {text[at : at + 30]!r} would swallow it, close it with a >"


class PhrasePlaces:
    """Where in a prompt an adapter's words belong: into the region that holds the keyword which it serves."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._regions: tuple[Region, ...] = regions(text)
        self._asked = parse(text).asked if len(self._regions) > 1 else text
        self._filled = [i for i, r in enumerate(self._regions) if text[r.start : r.words_end].strip()]

    def of(self, keyword: str, start: int, end: int) -> int:
        """Finds the region that a keyword stands in.

        Args:
            keyword: what an adapter serves; "" for one that was asked for by name.
            start: of its span, which is looked at first; it may be that of a prompt that had comments.
            end: of its span.

        Returns:
            The region's number, or that of the only one that has words; -1 where it cannot be told.
        """
        if len(self._filled) < 2:
            return self._filled[0] if self._filled else len(self._regions) - 1
        if not keyword:
            return -1
        if 0 <= start < end and says(self._asked[start:end], keyword):
            return region_of(self._regions, start, end)
        found = [i for i in self._filled if says(self._asked[self._regions[i].start : self._regions[i].end], keyword)]
        return found[0] if len(found) == 1 else -1

    def written(self, words: Mapping[int, Sequence[str]], tags: Sequence[str]) -> str:
        """Writes words and tags behind the prompt.

        Args:
            words: by a region's number what is added at its end.
            tags: what is added at the prompt's own end.

        Returns:
            The prompt.
        """
        out = self._text
        last = len(self._regions) - 1
        behind: Sequence[str] = ()
        for number in sorted(words, reverse=True):
            if not words[number]:
                continue
            if number == last and not ends_in_weight(self._text):
                behind = words[number]
                continue
            region = self._regions[number]
            before, after = out[: region.words_end], out[region.words_end :]
            head = appended(out[region.start : region.words_end], words[number], ())
            out = before[: region.start] + head + ("" if after[:1].isspace() or not after else " ") + after
        return appended(out, behind, tags)
