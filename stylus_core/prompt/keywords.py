"""Takes a prompt apart into keywords: spans that an adapter could serve.

A comma list already says where its keywords are; a sentence is cut at its function words, so that what is left are
nouns with their modifiers ("small white boat"), names, styles and actions ("floating"). No tagger, no model: it takes
microseconds, works on half-sentences, and what it cuts badly the scores leave unassigned.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from stylus_core.prompt.english import is_word
from stylus_core.prompt.grammar import ParsedPrompt
from stylus_core.prompt.script_runs import pieces
from stylus_core.types import Keyword

_WORD = re.compile(r"[^\W_]+(?:['’_\-][^\W_]+)*")

_FUNCTION = frozenset(
    """a an the of in on at to for with without and or nor is are was were be been being am by from as it its it's
    this that these those i you he she they we his her hers him them their my your our us up down out into
    onto over under off there here while which who whom whose s t very just some any all no not near next top
    behind beside besides between through against above below across along around during has have had having
    can could will would should may might must do does did done doing one two three four five six seven eight
    nine ten several many few lots lot bunch group pair couple each other another both so but if than then too
    also what when where how why like using seen taken made shown being getting got get goes gone going itself
    himself herself themselves something someone somebody somewhere upon inside outside within toward towards
    away back along about after before because until since among amongst per via front side middle kind type
    sort way only even more most much less least such same still again ever never now large big small little
    tiny huge young old nice different various multiple
    на в во у с со и а но или по из за от до для под над при без о об к ко через между это как что его её ее
    их один одна одно два две три""".split()
)

#: Said of what somebody does to a thing; the thing is the keyword.
_LIGHT_VERBS = frozenset(
    """wearing holding carrying having using showing containing featuring including surrounded covered filled wears
    holds carries has uses shows contains features includes dressed placed located set sits stands lies looks
    looking made filled standing sitting placed laying
    стоит стоят сидит сидят лежит лежат висит держит держат идёт идет носит одета одет пьёт пьет""".split()
)

#: Modifiers that make no keyword on their own.
_BARE = frozenset(
    """white black red green blue yellow orange purple pink brown grey gray gold golden silver colorful colored color
    bright dark light long short tall beautiful pretty cute man woman men women boy girl boys girls people
    person child children kid kids guy lady baby male female adult picture image photo photograph view scene
    background table room area close solo day time thing things top bottom left right""".split()
)

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

#: Words in "-ing" that name a thing more often than an action.
_THINGS = frozenset(
    """painting drawing building evening morning wedding ceiling clothing lighting lightning engraving etching carving
    clearing crossing railing landing opening earring dressing stuffing frosting icing sapling duckling dumpling
    meeting wing ring king string spring being viking darling sibling stocking awning writing lettering""".split()
)

_LONGEST = 5  # words of a keyword


def is_quality(text: str) -> bool:
    """True for "masterpiece", "best quality", "8k", "1girl": what nearly every prompt has and no adapter is for."""
    return bool(_QUALITY.match(text.strip()))


def keywords(prompt: ParsedPrompt) -> tuple[Keyword, ...]:
    """The keywords of what a prompt asks for, in its order, each once. Their spans do not overlap.

    In their texts an underscore is a space and full width is half.
    """
    out: list[Keyword] = []
    seen: set[str] = set()
    for part in prompt.parts:
        if is_quality(prompt.asked[part.start : part.end]):
            continue
        for start, end in pieces(prompt.asked, part.start, part.end):
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
    """(phrase, index of its keyword): the keywords, and of the longer ones their beginnings and ends.

    An adapter's name may be less than a keyword ("boat" in "small white boat") or stand at its front.
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
