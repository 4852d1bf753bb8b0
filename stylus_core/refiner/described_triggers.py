"""Trigger words that stand only in a description: behind a label ("Trigger word: X"), or quoted where it says what for.

What merely stands in quotes or behind "recommended tags" is none: a sentence has to say that the words wake the adapter
or belong into the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stylus_core.prompt.english import is_word
from stylus_core.refiner.described_trigger_patterns import (
    ADVICE,
    ANNOTATED,
    BARE,
    BEHIND,
    BULLET,
    CLAUSE,
    EACH,
    EXPLAINS,
    FENCE,
    FORMULA,
    HEADED,
    HEADING,
    HEDGE,
    INSIDE,
    IS,
    ITEM,
    LABELLED,
    PROSE,
    PURPOSE,
    QUOTED,
    SENTENCE,
    STANDS_FOR,
    STOP,
    TALK,
    TOKEN,
    USES,
    WAKES,
    WITHOUT,
    is_about,
)
from stylus_core.refiner.remark_words import META, NEED, NEGATION
from stylus_core.refiner.remarks import denies, is_remark
from stylus_core.refiner.trigger_entry import phrases

_MOST, _LINES, _LONGEST_LINE = 8_000, 150, 600
_WORDS, _LONGEST = 6, 60  # of one trigger word
_ENTRIES = 8


def described_trigger_words(text: str) -> tuple[str, ...]:
    """The trigger words that a text names, in its order; none if it says that there are none.

    Args:
        text: a description, without HTML.
    """
    if not is_about(text[:_MOST]):
        return ()
    lines = [line.strip()[:_LONGEST_LINE] for line in text[:_MOST].split("\n")[:_LINES]]
    quoted: dict[str, None] = {}
    for i, line in enumerate(lines):
        if not is_about(line):
            continue
        for sentence in SENTENCE.split(line):
            if not is_about(sentence):
                continue
            found = _labelled(sentence, lines[i + 1 : i + 8])
            if found:
                return _distinct(found)
            if found is None:
                return ()
            quoted.update(dict.fromkeys(_named(sentence)))
    return _distinct(list(quoted))


def _labelled(sentence: str, below: list[str]) -> list[str] | None:
    """The words behind a label; None if what stands there says that there are none."""
    if formula := FORMULA.search(sentence):
        return _listed(formula["value"])
    label = LABELLED.match(sentence) or INSIDE.search(sentence)
    if label and not WITHOUT.search(sentence[: label.start("value")]):
        value = label["value"].strip()
        if "|" in sentence[: label.start("value")]:  # a table's row
            value = value.partition("|")[0]
        if not value.strip("*_|` "):
            return _first_below(below)
        if denies(CLAUSE.split(value)[0]) or denies(value) or denies(sentence):
            return None
        return _listed(HEDGE.sub("", value))
    if HEADED.match(sentence):
        return _first_below(below)
    behind = BEHIND.match(sentence)
    if behind and not WITHOUT.search(sentence):
        return [w for w in _listed(behind["value"]) if _invented(w)]
    stated = IS.search(sentence)
    if stated and not WITHOUT.search(sentence[: stated.start("value")]):
        value = HEDGE.sub("", stated["value"])
        clause = CLAUSE.split(value)[0]
        if denies(clause):
            return None
        # "the trigger word is essential": without quotes only what is nobody's word
        return _in_quotes(value) or [w for w in _listed(clause) if _invented(w)]
    return []


def _first_below(below: list[str]) -> list[str] | None:
    """What stands under a label that ends its line: a list of points, or one line; None where that is a denial."""
    lines = [line for line in below if not FENCE.match(line)]
    if not lines:
        return []
    if denies(lines[0]):
        return None
    if is_about(lines[0]):
        return []  # it says itself what it says
    if HEADING.search(lines[0]) or STANDS_FOR.issuperset(TOKEN.findall(lines[0].casefold())):
        lines = lines[1:2]
    if named := _of_each(lines):
        return named
    points = []
    for line in lines:
        if not BULLET.match(line):
            break
        points.append(BULLET.sub("", line))
    return [word for line in points or lines[:1] for word in _said_below(line)]


def _of_each(lines: list[str]) -> list[str]:
    """The words of several, each in a line with a name before it: "Juno Pell: junopell, short hair"."""
    out = []
    for line in lines:
        named = EACH.match(line)
        label = TOKEN.findall(named["name"].casefold()) if named else []
        words = _listed(named["value"]) if named and (STANDS_FOR | META).isdisjoint(label) else []
        if not words or not _invented(words[0]):
            break
        out.append(", ".join(words))
    return out if len(out) > 1 else []


def _said_below(line: str) -> list[str]:
    """The words of one line under a heading: its own, or those that it says to use."""
    told = HEDGE.sub("", line)
    return (list(_named(line, headed=True)) if told != line else []) or _listed(told) or list(_named(line, headed=True))


def _listed(value: str) -> list[str]:
    """The words of a list, up to what is no word of it; those in quotes alone where it has quotes."""
    if quoted := _in_quotes(value):
        return quoted
    out = []
    for phrase in phrases(value.strip(" .。!！*`")):
        told, *more = STOP.split(phrase, maxsplit=1)
        word = ANNOTATED.sub(r"\1", ITEM.sub("", told)).strip(' /&.;"')
        if not _is_trigger(word):
            break
        out.append(word)
        if more:
            break
    return out


def _in_quotes(value: str) -> list[str]:
    """What stands in quotes, if the value begins with it."""
    first = QUOTED.match(value.lstrip(" *("))
    if not first:
        return []
    out, end = [], 0
    for quote in QUOTED.finditer(value):
        if WITHOUT.search(value[end : quote.start()]):
            break  # "`brkltwr`, and optionally `fog`"
        out += _inside(quote)
        end = quote.end()
    return out


def _inside(quote: re.Match[str]) -> list[str]:
    return list(filter(_is_trigger, phrases("".join(text or "" for text in quote.groups()))))


def _named(sentence: str, *, headed: bool = False) -> Iterator[str]:
    """Words in quotes of which a sentence says that they trigger or belong into a prompt; and invented ones without.

    Args:
        sentence: one of the author's.
        headed: whether it stands under a heading that says already what it is about.
    """
    said = set(TOKEN.findall(sentence.casefold()))
    if not (headed or PURPOSE.search(sentence)) or not (said.isdisjoint(NEGATION) or said.isdisjoint(NEED)):
        return  # "you don't need a word to trigger it, but may add ..."
    # without a word of waking it may be any advice: "use 'hat' in your prompt if the ears look wrong"
    wakes = headed or bool(WAKES.search(sentence))
    if not wakes and ADVICE.search(sentence):
        return
    end = 0
    for quote in QUOTED.finditer(sentence):
        before, after = sentence[max(end, quote.start() - 60) : quote.start()], sentence[quote.end() : quote.end() + 60]
        end = quote.end()
        if WITHOUT.search(before) or not (USES.search(before) or PURPOSE.search(after)):
            continue
        yield from (w for w in _inside(quote) if wakes or _invented(w))
    for bare in BARE.finditer(sentence):
        word = next(filter(None, bare.groups()))
        if _invented(word) and not WITHOUT.search(sentence[max(0, bare.start() - 40) : bare.start()]):
            yield from filter(_is_trigger, phrases(word))


def _is_trigger(word: str) -> bool:
    """Whether it may be a trigger word, and is no prose."""
    words = TOKEN.findall(word.casefold())
    most = _WORDS if word.isascii() else _WORDS // 2
    if not words or len(words) > most or len(word) > _LONGEST or is_remark(word) or EXPLAINS.search(word):
        return False
    if words[0] in NEGATION or STANDS_FOR.issuperset(words) or not TALK.isdisjoint(words):
        return False
    return PROSE.isdisjoint(words) and not word.endswith(("...", "?", ":"))


def _invented(word: str) -> bool:
    """Whether one of its words is nobody's: no English word, nor one that is only said of trigger words."""
    known = META | NEGATION | PROSE
    return any(len(p) > 2 and not is_word(p) and p not in known for p in TOKEN.findall(word.casefold()))


def _distinct(words: list[str]) -> tuple[str, ...]:
    return tuple({w.casefold(): w for w in reversed(words)}.values())[::-1][:_ENTRIES]
