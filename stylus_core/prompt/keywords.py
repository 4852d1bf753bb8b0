"""Takes a prompt apart into keywords: spans that an adapter could serve.

A comma list already says where its keywords are; a sentence is cut at its function words, so that what is left are
nouns with their modifiers ("small white boat"), names, styles and actions ("floating"). No tagger, no model: it takes
microseconds, works on half-sentences, and what it cuts badly the scores leave unassigned.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from stylus_core.prompt.english import is_word
from stylus_core.prompt.grammar import ParsedPrompt
from stylus_core.prompt.script_runs import cut_at_particles
from stylus_core.types import Keyword
from stylus_core.word_lists import read_words

_WORD = re.compile(r"[^\W_]+(?:['’_\-][^\W_]+)*")

_WORDS = read_words(Path(__file__).with_name("keyword_words.txt"))
_FUNCTION = frozenset(_WORDS["function"])
_LIGHT_VERBS = frozenset(_WORDS["light verbs"])
_BARE = frozenset(_WORDS["bare"])
_THINGS = frozenset(_WORDS["things"])

#: Words by which prompts ask for quality: nobody's subject.
_QUALITY = re.compile(
    r"(?i)^(?:(?:the )?(?:absolutely |extremely |ultra[- ]?|super |highly |very |insanely |incredibly )*"
    r"(?:best|high|highest|top|good|amazing|great|perfect|ultra|masterpiece|masterwork|absurdres|highres|hires|"
    r"hd|uhd|hdr|hq|"
    r"[0-9]+k|detailed|intricate|official art|unity|wallpaper|wallpapper|professional|award[- ]winning|"
    r"trending|artstation|"
    r"newest|year \d+|score[_ ]\d\w*(?!\w)(?: up)?|rating[:_ ]\w+(?!\w)|source_\w+(?!\w)|"
    r"source (?:anime|cartoon|pony|furry)|very (?:aesthetic|awa)|"
    r"raw photo|sharp focus|cg|res|quality|"
    r"resolution|details?|ultra-detailed|"
    r"realistic|8 ?k|4 ?k|looking at viewer|solo|[1-9]\+?(?:girl|boy)s?|illustration|beautiful|finely|depth of field)"
    r"(?:[ _-]+(?:best|quality|res|resolution|detailed|details?|wallpaper|wallpapper|unity|8k|4k|cg|illustration|skin|"
    r"face|eyes|art|beautiful|and|extremely|focus|high|masterpiece|on|winning|photo|uhd|\d+k))*)$"
)

#: "artist:somebody" calls somebody.
_PREFIX = re.compile(r"(?i)artist\s*:(?!\s*$)")
_TOGETHER = re.compile(r"[\s'’\"_\-()\[\]{}\\]*|:")

_LONGEST = 5  # words of a keyword


def is_quality(text: str) -> bool:
    """Tells words that ask for quality from those that name a subject.

    Args:
        text: a part of a prompt or a tag, in any case.

    Returns:
        True for "masterpiece", "best quality", "8k", "1girl": what nearly every prompt has and no adapter is for.
    """
    return bool(_QUALITY.match(text.strip()))


def keywords(prompt: ParsedPrompt) -> tuple[Keyword, ...]:
    """Finds the keywords of what a prompt asks for.

    Args:
        prompt: what it does not want is no keyword.

    Returns:
        In the prompt's order, each text once. Spans count characters of the prompt and do not overlap; in the texts an
        underscore is a space and full width is half.
    """
    out: list[Keyword] = []
    seen: set[str] = set()
    for part in prompt.parts:
        if is_quality(prompt.asked[part.start : part.end]):
            continue
        for start, end in cut_at_particles(prompt.asked, part.start, part.end):
            for words in _chunks(prompt, start, end):
                text = unicodedata.normalize("NFKC", " ".join(w for w, _, _ in words)).replace("_", " ")
                text = " ".join(text.split())
                if text.lower() not in seen and (len(text) > 2 or not text.isascii()) and not is_quality(text):
                    seen.add(text.lower())
                    out.append(Keyword(text, words[0][1], words[-1][2]))
    return tuple(out)


_Word = tuple[str, int, int]


def _chunks(prompt: ParsedPrompt, start: int, end: int) -> list[list[_Word]]:
    asked = prompt.asked
    words: list[_Word] = [
        (m.group(), m.start(), m.end())
        for m in _WORD.finditer(asked, start, end)
        if not _PREFIX.match(asked, m.start(), end)
    ]
    if not words:
        return []
    plainly = [w.lower() for w, _, _ in words]
    functional = sum(w in _FUNCTION for w in plainly)
    whole = prompt.plain[words[0][1] : words[-1][2]] == asked[words[0][1] : words[-1][2]]
    short = (len(words) <= 3 and not functional) or (len(words) <= 4 and functional <= 1 and not _sentence(plainly))
    if whole and short:
        return [words]
    runs: list[list[_Word]] = [[]]
    for i, word in enumerate(words):
        low = plainly[i]
        # a colon without spaces belongs to a name ("nine (steel:psalm)"); what is not wanted parts what is around it
        gap = i > 0 and not _TOGETHER.fullmatch(prompt.plain[words[i - 1][2] : word[1]])
        if low in _FUNCTION or low in _LIGHT_VERBS:
            runs.append([])
            continue
        if gap:
            runs.append([])
        if runs[-1] and _is_action(low):  # "boat floating": the action is a keyword of its own
            runs.append([])
        runs[-1].append(word)
    out: list[list[_Word]] = []
    for run in runs:
        while len(run) > _LONGEST:  # the noun stands last
            out.append(run[:_LONGEST])
            run = run[_LONGEST:]
        if run and not all(w.lower() in _BARE for w, _, _ in run):
            out.append(run)
        elif run and len(run) > 1:
            out.append(run)
    return out or ([words[:_LONGEST]] if len(words) <= _LONGEST else [])


def _is_action(word: str) -> bool:
    """Whether a word in "-ing" is what somebody does ("floating", "riding") and no thing ("spring", "painting")."""
    stem = word.removesuffix("ing")
    if stem == word or len(stem) < 3 or word in _THINGS:
        return False
    return any(map(is_word, (stem, f"{stem}e", stem[:-1] if stem[-1] == stem[-2] else stem)))


def _sentence(words: Sequence[str]) -> bool:
    articles = ("a", "an", "the", "is", "are", "his", "her", "their")
    return any(w in articles or (not w.isascii() and w in _FUNCTION) for w in words)


def phrases(keywords_: Sequence[Keyword]) -> list[tuple[str, int]]:
    """Lists what is searched for: the keywords, and of the longer ones their beginnings and ends.

    An adapter's name may be less than a keyword ("boat" in "small white boat") or stand at its front.

    Args:
        keywords_: of one prompt.

    Returns:
        Each phrase once, with the index of its keyword.
    """
    whole = {k.text for k in keywords_}  # a keyword is its own, though another one ends like it
    out: dict[str, int] = {}
    for i, k in enumerate(keywords_):
        words = k.text.split()
        pieces = [" ".join(words[-2:]), " ".join(words[:2])] if len(words) >= 3 else []
        pieces += words[-1:] if len(words) >= 2 else []
        out[k.text] = i
        for piece in pieces:
            if piece not in whole:
                out.setdefault(piece, i)
    return list(out.items())
