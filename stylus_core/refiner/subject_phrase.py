"""The few words with which somebody says what an adapter is: of "This is a china whale with cracks" "china whale"."""

from __future__ import annotations

import re
from functools import lru_cache

from stylus_core.library.meaningless_names import says_nothing
from stylus_core.prompt.keywords import is_quality
from stylus_core.refiner.describe import COMMON
from stylus_core.refiner.description_text import is_noise, plain

_SENTENCE = re.compile(r"[\n\r;。！？；]+|(?<=[^\W\d_][.!?])(?:\s+|$)")
_PARAGRAPHS, _LINES, _LONGEST, _COMMAS, _SENTENCES = 3, 3, 300, 5, 2
_WORDS, _CHARS, _WHOLE = 7, 60, 14
#: What stands before it: "My LoRA of a ...", "Use it for ...", "It adds ...".
_OPENING = re.compile(
    r"""(?aix)(?:
    (?:this|it|that|these|they|here|there)(?:['’]?s|\s+(?:is|are|was|will|can|should))?
    |i\ (?:have\ )?(?:use|made|make|train|call|keep|want|need)(?:d|ed)?(?=\ (?:this|it|that|these|them|for)\b)
    |one(?=\ (?:with|for|of|from|that)\b)
    |a|an|the|my|our|some|any|new|simple|little
    |lora|locon|lycoris|model|adapter|(?:lora\s+)?(?:concept|style|character)\s+lora
    |(?:was\s+|is\s+)?(?:trained|made|based|meant|intended|used|use|good|great|nice|best|perfect|works?|working|try)
    |(?:turns?|changes?)\ (?:\S{1,20}\ ){1,3}into
    |(?:adds?|makes?|gives?|creates?|draws?|generates?|produces?|shows?|depicts?|renders?|turns?)
    |looks?\ like|in\ the\ style\ of|mostly|mainly|useful|well|it|them|you|everything|anything
    |to|for|of|on|in|with|from|about|featuring|depicting|which|that
    )\b[\s:,\-–—]+"""
)
_ORDER = re.compile(
    r"(?i)(?:don['’]?t|do not|never|always|avoid|keep|set|remember|if|as|like|just|only|not|all|no|yes|why|how|first"
    r"|i(?! (?:have )?(?:used?|made?|make|train|trained|call|keep|want|need) (?:this|it|that|these|them|for)\b)"
    r"|very|ok(?:ay)?|meh|fine|decent|todo|loves?|needs?|looks?(?! like)|seems?"
    r"|we|you|he|she|his|her|their|everyone['’]?s?|some|every|please|guide|to do|try|maybe|sorry|because)\b"
)
#: What somebody thinks of its pictures: "nice light", and not "nice for ships".
_OPINION = re.compile(
    r"(?i)(?:[\w ]{1,30} )?(?:very|really|so|too) \w+$"
    r"|(?:good|great|nice|best|better|bad|perfect|ok)(?:\s+(?!for\b|with\b)\w+)?$"
)
#: Both of these are for text in single spaces: a run of thousands would be gone through from each of them.
_CLAUSE = re.compile(r" ?[,:(\[{|–—] ?| - ")
_BEHIND = re.compile(
    r"(?i) ?\b(?:with|wearing|that|which|who|whose|when|while|where|but|because|so|is|are|was"
    r"|to|into|looks?|has|have|by|at|without|using|use|made|(?:in|of|on|for|from) (?:my|our))\b"
)
_LETTER = re.compile(r"[^\W\d_]")
_MARKS = "\"'“”‘’«»「」*_#>~-–—=.,:!? \t"


def phrase(text: str) -> str:
    """What a text of the user's names first: the first of its `phrases`, or ""."""
    return next(iter(phrases(text)), "")


@lru_cache(maxsize=20_000)
def phrases(text: str) -> tuple[str, ...]:
    """Finds what a text of the user's calls an adapter.

    Only a short paragraph is taken for a name: who writes more tells a story, gives thanks and instructs.

    Args:
        text: paragraphs, parted by blank lines.

    Returns:
        The first thing that it names, and the whole sentence about it if that is short and another text; none where
        nothing is named.
    """
    for paragraph in text[:4000].split("\n\n")[:_PARAGRAPHS]:
        paragraph = plain(paragraph).strip()
        if len(paragraph) <= _LONGEST and paragraph.count("\n") < _LINES and paragraph.count(",") <= _COMMAS:
            said = (" ".join(sentence.split()).strip(_MARKS) for sentence in _SENTENCE.split(paragraph)[:_SENTENCES])
            sentence = next((one for one in said if one and not is_noise(one)), "")
            if named := _named(sentence):
                whole = _opened(sentence)
                return (named, whole) if len(whole.split()) <= _WHOLE and whole != named else (named,)
    return ()


def _named(sentence: str) -> str:
    """The first clause that names something."""
    clauses = _CLAUSE.split(sentence)
    if _ORDER.match(sentence) or any(map(_OPINION.match, clauses)):
        return ""
    for clause in clauses:
        if _ORDER.match(clause):
            return ""
        said = _opened(clause)
        named = _cut(_BEHIND.split(said, maxsplit=1)[0])
        if not _LETTER.search(named):  # "0.6 is enough"
            continue
        if " " not in named and named.isascii():  # a word alone is anybody's: "fox wearing a raincoat"
            named = _cut(said)
        if len(named) > 1 and named.lower().replace(" ", "_") not in COMMON and not is_quality(named.lower()):
            if not says_nothing(named):
                return named
    return ""


def _opened(said: str) -> str:
    for _ in range(8):
        opening = _OPENING.match(said)
        if not opening:
            break
        said = said[opening.end() :].lstrip(_MARKS)
    return said


def _cut(text: str) -> str:
    words = text.split()[:_WORDS]
    while len(words) > 1 and len(" ".join(words)) > _CHARS:
        words.pop()
    return " ".join(words)[:_CHARS].strip(_MARKS)
