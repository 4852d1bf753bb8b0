"""What a prompt says that it does not want: "no corgi", "without a hat", "not pixel art", "smoke-free", "帽子なし".

A negation reaches to the end of its clause and not over a comma, except in a list that an "or" closes. One that hangs
on a noun ("a man without a hat in a garden") ends where the sentence goes on about that noun. No parser: small closed
lists of function words, each prompt read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from stylus_core.prompt.english import is_word
from stylus_core.word_lists import read_words

Span = tuple[int, int]

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")

#: What says that something is left out. The first group hangs on a noun that may stand before it.
_NEGATOR = re.compile(
    r"\b(?:(?P<without>with(?:out)?\s+(?:any|no)|without|w/o|lacking|(?:devoid|free|absence|lack|empty)\s+of|free\s+from|"
    r"ohne|senza|zonder|utan|uden|bez|без)|"
    r"with\s+neither|neither|nor|none\s+of|instead\s+of|rather\s+than|excluding|(?:[^\W\d_]{2,8})n['’]t|"
    r"cannot|any(?:thing|one|body)\s+(?:but|except)|every(?:thing|one|body)\s+(?:but|except)|minus\s+(?:an?|the|any)|"
    r"never\s+(?:an?|the|any)|no\s+longer|"
    r"not?(?!\s+(?:only|just|merely|simply|solely|unlike|without|even|far|long|matter|doubt|wonder|less|end|to\s+mention)\b)"
    r"|kein(?:e[nmrs]?)?|nicht|geen|inte|нет|не|ни|pas\s+de(?!\s+deux))\b(?!-)",
    re.IGNORECASE,
)
#: Orders, at the beginning of a clause only: a matador avoids a bull.
_ORDER = re.compile(r"(?:avoid|exclude|omit|leave\s+out)\b(?!-)", re.IGNORECASE)
#: Words that negate in one language and are words of another one; that language has to be spoken around them.
_SPOKEN = (
    (re.compile(r"\bsans\b", re.I), re.compile(r"\b(?:une?|les?|la|des?|du|avec|dans|sur|et|en|aux?)\b", re.I)),
    (re.compile(r"\bsin\b", re.I), re.compile(r"\b(?:una?|el|los|las|la|con|del?|en|y|sobre)\b", re.I)),
    (re.compile(r"\bsem\b", re.I), re.compile(r"\b(?:uma?|o|os|as|com|d[aoe]s?|n[ao]s?|em|e)\b", re.I)),
)
#: "no one" is nobody and "no. 5" a number: what follows is not negated by them.
_NOBODY = re.compile(r"(?:without|with\s+no|no)(?:\s+any)?[\s-]*one\b", re.IGNORECASE)
_NUMBER = re.compile(r"no\.?\s*\d", re.IGNORECASE)
_ROMAJI = re.compile(r"(?:(?:[kgsztdnhbpmyrwjf]|[kgnhbpmr]y|sh|ch|ts)?[aiueo]|n(?![aiueoy]))+", re.IGNORECASE)
_JOINED = re.compile(r"\bnon-[^\W_]+(?:-[^\W_]+)*|\b[^\W_]{1,40}(?:-[^\W_]{1,40}){0,4}-free\b", re.IGNORECASE)

#: Other scripts: what is negated stands between the word that says it and the next boundary, before or behind it.
_CHINESE = re.compile(
    r"(?:没有|沒有|不要|不带|不帶|不含|不是|没带)(?:(?!而是|但是?|只有)[\u3400-\u9fff\w·・]){1,20}?"
    r"(?=的|而是|但|只有|[^\w·・]|$)"
)
_JAPANESE = re.compile(
    r"[^\W\d_のはがをにでとも]{1,20}(?:なし|無し|ナシ|抜き|以外|ではなく|じゃなく|(?:の|が|は|も)(?:ない|無い|いない)|ではない|じゃない)"
)
_KOREAN = re.compile(r"[\uac00-\ud7af]{1,20}\s{0,2}(?:없이|없는|없음|없다|제외|빼고|말고|아닌)")

_BOUNDARY = re.compile(r"[,\n;!?。！？|—–]|[.:](?=\s|$)|--|(?<=\s)-(?=\s)")

_WORDS = read_words(Path(__file__).with_name("negation_words.txt"))
_TURNS = frozenset(_WORDS["turns"])
_GOES_ON = frozenset(_WORDS["goes on"])
_LIGHT = frozenset(_WORDS["light"])
_SUBJECTS = frozenset(_WORDS["subjects"])
_STYLE = re.compile(r"in\s+(?:the\s+style|(?:an?\s+)?(?:[^\W_]+\s+){0,2}style)\b", re.IGNORECASE)

_LIST = re.compile(r"[^,.;:!?\n]{1,40},")
_CLOSES = re.compile(r"\s*(?:or|nor|and\s+no|oder|ou|или)\s", re.IGNORECASE)
_ITEMS = 5  # of an enumeration that "or" closes


def negated_spans(plain: str, text: str) -> list[Span]:
    """Finds what a prompt says that it does not want.

    Args:
        plain: the prompt without its markup.
        text: the prompt itself, as long as `plain`: a bracket ends what was negated inside of it.

    Returns:
        Spans with the words that say so, ascending, apart.
    """
    spans = sorted([*_in_clauses(plain, text), *(m.span() for m in _JOINED.finditer(plain))])
    if not plain.isascii():
        spans = sorted([*spans, *(m.span() for form in (_CHINESE, _JAPANESE, _KOREAN) for m in form.finditer(plain))])
    out: list[Span] = []
    for start, end in spans:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _in_clauses(plain: str, text: str) -> Iterator[Span]:
    reached = 0
    for start, after, hangs in _negators(plain):
        if start < reached:
            continue
        begin = _clause_begins(plain, start)
        before = plain[begin:start].strip()
        if _NUMBER.match(plain, start):
            continue
        if nobody := _NOBODY.match(plain, start):  # what is there all the same stays
            yield start, nobody.end()
            continue
        if _is_name(plain, start, after, before):
            continue
        reached = _reach(plain, text, after, hangs and any(w.lower() not in _LIGHT for w in _WORD.findall(before)))
        reached = _enumerated(plain, reached)
        yield start, reached


def _negators(plain: str) -> list[tuple[int, int, bool]]:
    found = [(m.start(), m.end(), bool(m["without"]) or m[0].lower() == "no") for m in _NEGATOR.finditer(plain)]
    orders = (_ORDER.match(plain, at) for at in _beginnings(plain))
    found += [(m.start(), m.end(), False) for m in orders if m]
    for word, around in _SPOKEN:
        matches = list(word.finditer(plain))
        if matches and around.search(plain):
            found += [(m.start(), m.end(), True) for m in matches]
    return sorted(found)


def _beginnings(plain: str) -> Iterator[int]:
    for at in (0, *(m.end() for m in _BOUNDARY.finditer(plain))):
        word = _WORD.search(plain, at, at + 8)
        if word:
            yield word.start()


def _clause_begins(plain: str, at: int) -> int:
    """Where the clause begins that has the place `at`, as far as 200 characters before it tell."""
    first = max(0, at - 200)
    return max((m.end() for m in _BOUNDARY.finditer(plain, first, at)), default=first)


def _is_name(plain: str, start: int, after: int, before: str) -> bool:
    """Whether a negation belongs to a name: "Shiro of No Game No Life", "Don't Starve", "sora no woto".

    `before`: what stands in front of it in its clause.
    """
    word = plain[start:after]
    following = _WORD.match(plain, after + 1)
    if following is None:
        return False
    if word[:2].istitle() and following[0][0].isupper() and (before or "'" in word or "’" in word):
        return True
    if word.lower() != "no" or not before:
        return False
    last = _WORD.findall(before)[-1:]  # Japanese in Latin letters joins its nouns by "no"
    return bool(last and _ROMAJI.fullmatch(last[0])) and (
        not is_word(last[0].lower()) or bool(_ROMAJI.fullmatch(following[0]))
    )


def _reach(plain: str, text: str, at: int, hangs: bool) -> int:
    """Where a negation ends that begins at `at`."""
    depth = 0
    content = 0  # words that say something
    last = ""
    article = False
    place = at
    for word in _WORD.finditer(plain, at):
        end, depth = _closed(plain, text, place, word.start(), depth)
        if end >= 0:
            return end
        low = word[0].lower()
        if low == "but" or (content and (low in _TURNS or _STYLE.match(plain, word.start()))):
            return word.start()
        if content and hangs and (low in _GOES_ON or _acts(plain, word)):
            return word.start()
        if last == "and" and (low in _SUBJECTS or (hangs and low in ("a", "an") and not article)):
            return word.start()  # "no cars and a dog": without an article of its own, "no" does not reach to the dog
        article = article or (not content and low in ("a", "an", "the"))
        content += low not in _LIGHT
        last = low
        place = word.end()
    end, _ = _closed(plain, text, place, len(plain), depth)
    return end if end >= 0 else len(plain)


def _closed(plain: str, text: str, first: int, last: int, depth: int) -> tuple[int, int]:
    """Where between two words the clause ends, or the bracket that it stands in, else -1; and how deep the last is."""
    for i in range(first, last):
        if _BOUNDARY.match(plain, i):
            return i, depth
        if plain[i] == " " and text[i] in "()[]{}" and text[i - 1 : i] != "\\":
            depth += 1 if text[i] in "([{" else -1
            if depth < 0:
                return i, depth
    return -1, depth


def _acts(plain: str, word: re.Match[str]) -> bool:
    """Whether a word is somebody's doing ("riding a horse") and no part of a name ("wedding ring")."""
    if len(word[0]) < 6 or not word[0].lower().endswith("ing"):
        return False
    following = _WORD.match(plain, word.end() + 1)
    return following is None or following[0].lower() in _LIGHT | _GOES_ON


def _enumerated(plain: str, end: int) -> int:
    """Where the list ends that goes on behind `end`, if an "or" closes it: "no hat, glasses, or beard"."""
    at = end
    for _ in range(_ITEMS):
        if plain[at : at + 1] != ",":
            return end
        at += 1
        if closing := _CLOSES.match(plain, at):
            stop = _BOUNDARY.search(plain, closing.end())
            return stop.start() if stop else len(plain)
        item = _LIST.match(plain, at)
        if item is None:
            return end
        at = item.end() - 1
    return end
