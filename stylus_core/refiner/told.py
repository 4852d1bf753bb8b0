"""Trigger words that stand only in a description: behind a label ("Trigger word: X"), or quoted where it says what for.

What merely stands in quotes or behind "recommended tags" is none: a sentence has to say that the words wake the adapter
or belong into the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stylus_core.prompt.english import is_word
from stylus_core.refiner.phrases import phrases
from stylus_core.refiner.remark_words import META, NEED, NEGATION
from stylus_core.refiner.remarks import denies, is_remark

_MOST, _LINES, _LONGEST_LINE = 8_000, 150, 600
_WORDS, _LONGEST = 6, 60  # of one trigger word
_ENTRIES = 8

_ABOUT = re.compile(
    r"(?i)trigger|activ|key\s?word|\btoken|instance|(?:your|the) prompt|触发|觸發|激活|唤醒|关键词|トリガー|起動"
    r"|트리거|триггер|активатор|ключев|palabra|palavra|gatilho|disparador|déclench|mots?[- ]cl|auslöse|schlüssel"
    r"|aktivierung|parol[ae]|kluczow"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z\d\W]|[\"'“‘`*(])|(?<=[。！？；])")
_KIND_OF_WORD = r"(?:\s*[-_]?\s*(?:key)?(?:word|phrase|token|tag|prompt|text|term|keyword)(?:\(s\)|'?s)?)"
_LABEL = (
    rf"(?:(?:trigger|activation|activator|activating|instance|invocation|wake[- ]?up|magic)s?{_KIND_OF_WORD}"
    r"|trigger(?:\(s\)|s)?|activators?|activation|triggerw[oö]rte?r?|auslöse(?:r|wort|wörter)|schlüssel(?:wort|wörter)"
    r"|aktivierungsw[oö]rte?r?|palabras? (?:clave|de activación|disparadoras?|gatillo)|activador(?:es)?"
    r"|palavras?[- ](?:chave|gatilho|de ativação)|gatilhos?|mots?[- ](?:clés?|déclencheurs?|clefs?)|déclencheurs?"
    r"|parol[ae] (?:chiave|di attivazione|trigger)|słow[oa] (?:kluczowe|wyzwalające|aktywujące)"
    r"|триггер\w{0,3}(?:[ -]слов\w{1,2})?|слов\w{1,2}[- ]триггер\w{0,2}|ключев\w{2} слов\w{1,2}|активатор\w{0,2}"
    r"|触发(?:提示|关键)?[词字語语]|觸發[詞字語]|激活[词字]|唤醒词|触发|トリガー(?:ワード|ワーズ|プロンプト)?|起動ワード"
    r"|트리거(?:\s?(?:워드|단어))?)"
)
#: A keyword may be one of many that are only recommended: it counts where nothing else is said of it.
_KEYWORD = r"(?:key\s?words?(?:\(s\))?|tokens?|关键词|關鍵詞|キーワード|키워드)"
_QUALIFIED = (
    r"(?:(?:the|main|core|base|full|required|must|its|lora|style|primary|only|my|character|concept|name)[ -]+){0,3}"
)
_MORE = r"(?:\s?(?:[+&/(][^:：=\n\"“]{1,40}|(?:for|of|in|to use|is/are)\b[^:：=\n\"“]{0,40}|list)\)?)?"
_LABELLED = re.compile(
    rf"(?i)^[\W_\d]{{0,8}}{_QUALIFIED}(?:{_LABEL}|{_KEYWORD}){_MORE}\s*(?:[:：=⇒➡👉»]|\s[-–—]+>?\s|->|→|[为是は는]\s?[:：]?)\s*(?P<value>.*)$"
)
_INSIDE = re.compile(rf"(?i)(?<![\w]){_LABEL}\s*(?:[:：]|为[:：]?|是|は)\s*(?P<value>\S.*)$")
#: "The trigger word is X": only a word or two, and no further than the next clause.
_IS = re.compile(
    rf"(?i)\b(?:{_LABEL}|key\s?words?|token)\s+(?:(?:is|are|was|would be)(?:\s*[:：=]|\s)|=)\s*(?P<value>\S.*)$"
)
_CLAUSE = re.compile(
    r"(?i)\s(?:for|to|if|when|with|but|because|so|which|that|in|on|at|as|plus|or|and)\s|[.,;!，。；、(（\n]|\s[-–—]\s"
)
#: "brkltwr - trigger word", "brkltwr (the trigger)"
_BEHIND = re.compile(
    r"(?i)^[\s*•-]*(?P<value>[^\s:(][^:(\n]{1,40}?)\s*(?:\s[-–—]\s|[(=])\s*(?:this is |is )?(?:the |your )?(?:main )?"
    r"(?:trigger|activation)(?: ?(?:word|phrase|token|tag))?s?\s*\)?\.?\s*$"
)
#: "the trigger word brkltwr", "use brkltwr to trigger it".
_BARE = re.compile(
    r"(?i)(?:\b(?:trigger|activation)[- ]?(?:word|phrase|token|tag|prompt|keyword)s?|触发[词字]|トリガーワード)[\s:：]*"
    r"(?P<after>[A-Za-z][\w-]{2,40})"
    r"|\b(?:use|using|add|type|write|include|put)\s+(?P<before>[A-Za-z][\w-]{2,40})\s+(?:to|as|for|in|into|at)\s"
    r"(?:\w+\s){0,4}?(?:trigger|activat|invok|prompt)"
    r"|\b(?:trigger|activat)(?:s|es|ed|e)?\s(?:it\s)?(?:with|by|using|by using)\s(?P<with>[A-Za-z][\w-]{2,40})"
)
_QUOTED = re.compile(
    r"\"([^\"\n]{1,80})\"|“([^“”\n]{1,80})”|‘([^‘’\n]{1,80})’|`([^`\n]{1,80})`|「([^「」\n]{1,80})」"
    r"|(?<!\w)'([^'\n]{1,80})'(?!\w)"
)
_WAKES = re.compile(r"(?i)\b(?:trigger|activat|invok|summon)\w*|触发|激活|トリガー|트리거|триггер|активир")
_PURPOSE = re.compile(
    rf"{_WAKES.pattern}|промпт"
    r"|\b(?:in|into|to|of|with|start(?:ing)?) (?:your |the |ur |any |every |each )?(?:positive )?prompts?\b"
)
_ADVICE = re.compile(
    r"(?i)\b(?:if|when|want\w*|to get|to have|to make|to avoid|more|less|problem\w*|help\w*|sometimes|can|may|might|try"
    r"|example|e\.g|such|also|like|remove\w*|change\w*)\b"
)
_USES = re.compile(
    r"(?i)\b(?:us(?:e|ing|ed)|add(?:ing)?|includ(?:e|ing)|typ(?:e|ing)|writ(?:e|ing)|put(?:ting)?|start|begin|insert"
    r"|with|prompt|say|enter|is|are|by|word|phrase|token|keyword)\b|使用|用|加|词|は|를|использ|добав|слов"
)
_WITHOUT = re.compile(
    r"(?i)\b(?:negative|don'?t|do not|avoid|without|not|no|instead of|unless|never|optional\w*|recommend\w*"
    r"|additional\w*|also|extra)\b"
    r"|负面|反向|可选|推荐|不"
)
#: "the trigger word is still X"
_HEDGE = re.compile(
    r"(?i)^(?:(?:just|still|only|simply|now|also|again|basically|obviously|actually|usually|either|of course|this|here"
    r"|as follows|input|type|enter|use|write)"
    r"\s*[:,]?\s+){1,2}"
)
#: A list of several outfits says in front of each what it is; and what stands behind a code in Chinese explains it.
_ITEM = re.compile(r"^(?:and|or|&)\s|^[^:：]{1,40}[:：]\s+(?=\S)")
_ANNOTATED = re.compile(
    r"^([\x21-\x7e][\x20-\x7e]*?[A-Za-z0-9_)])\s*(?:\\?\()?[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af].*$"
)
_STOP = re.compile(r"[.。;]\s|\s(?:or|и|или|oder|ou)\s")
_HEADING = re.compile(r"[:：\-–]\s*$")
_BULLET = re.compile(r"^\s*[-•*·▪●]\s*(?=\S)")
#: What stands for a word where an author explains how words are built, and words that lists are introduced by.
_STANDS_FOR = frozenset(
    """name names costume outfit character characters color colour colors clothes prompt prompts negative
    appearance hair style word words nsfw sfw tag tags activation token trigger triggers keyword see list below
    following""".split()
)
_EXPLAINS = re.compile("可以|需要|使用|加入|建议|推荐|例如|比如|请|提示词|触发词|例えば|です|ます|프롬프트")
_PROSE = frozenset(
    """is are was were will would can could should i you it its this that these they we my your if because when
    which have has had be been do does did let's lets""".split()
)
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def told_words(text: str) -> tuple[str, ...]:
    """The trigger words that a text names, in its order; none if it says that there are none.

    Args:
        text: a description, without HTML.
    """
    if not _ABOUT.search(text[:_MOST]):
        return ()
    lines = [line.strip()[:_LONGEST_LINE] for line in text[:_MOST].split("\n")[:_LINES]]
    quoted: dict[str, None] = {}
    for i, line in enumerate(lines):
        if not _ABOUT.search(line):
            continue
        for sentence in _SENTENCE.split(line):
            if not _ABOUT.search(sentence):
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
    label = _LABELLED.match(sentence) or _INSIDE.search(sentence)
    if label and not _WITHOUT.search(sentence[: label.start("value")]):
        value = label["value"].strip()
        if not value.strip("*_ "):
            return _first_below(below)
        if denies(_CLAUSE.split(value)[0]) or denies(value) or denies(sentence):
            return None
        return _listed(_HEDGE.sub("", value))
    behind = _BEHIND.match(sentence)
    if behind and not _WITHOUT.search(sentence):
        return [w for w in _listed(behind["value"]) if _invented(w)]
    stated = _IS.search(sentence)
    if stated and not _WITHOUT.search(sentence[: stated.start("value")]):
        value = _HEDGE.sub("", stated["value"])
        clause = _CLAUSE.split(value)[0]
        if denies(clause):
            return None
        # "the trigger word is essential": without quotes only what is nobody's word
        return _in_quotes(value) or [w for w in _listed(clause) if _invented(w)]
    return []


def _first_below(below: list[str]) -> list[str]:
    """What stands under a label that ends its line: a list of points, or one line."""
    lines = [line for line in below if line]
    if not lines:
        return []
    if _HEADING.search(lines[0]):
        lines = lines[1:2]
    points = []
    for line in lines:
        if not _BULLET.match(line):
            break
        points.append(_BULLET.sub("", line))
    return [w for line in points or lines[:1] for w in _listed(line)]


def _listed(value: str) -> list[str]:
    """The words of a list, up to what is no word of it; those in quotes alone where it has quotes."""
    if quoted := _in_quotes(value):
        return quoted
    out = []
    for phrase in phrases(value.strip(" .。!！*")):
        told, *more = _STOP.split(phrase, maxsplit=1)
        word = _ANNOTATED.sub(r"\1", _ITEM.sub("", told)).strip(" /&.;")
        if not _is_trigger(word):
            break
        out.append(word)
        if more:
            break
    return out


def _in_quotes(value: str) -> list[str]:
    """What stands in quotes, if the value begins with it."""
    first = _QUOTED.match(value.lstrip(" *("))
    if not first:
        return []
    return [word for quote in _QUOTED.finditer(value) for word in _inside(quote)]


def _inside(quote: re.Match[str]) -> list[str]:
    return list(filter(_is_trigger, phrases("".join(text or "" for text in quote.groups()))))


def _named(sentence: str) -> Iterator[str]:
    """Words in quotes of which a sentence says that they trigger or belong into a prompt; and invented ones without."""
    said = set(_TOKEN.findall(sentence.casefold()))
    if not _PURPOSE.search(sentence) or not (said.isdisjoint(NEGATION) or said.isdisjoint(NEED)):
        return  # "you don't need a word to trigger it, but may add ..."
    # without a word of waking it may be any advice: "use 'hat' in your prompt if the ears look wrong"
    wakes = bool(_WAKES.search(sentence))
    if not wakes and _ADVICE.search(sentence):
        return
    end = 0
    for quote in _QUOTED.finditer(sentence):
        before, after = sentence[max(end, quote.start() - 60) : quote.start()], sentence[quote.end() : quote.end() + 60]
        end = quote.end()
        if _WITHOUT.search(before) or not (_USES.search(before) or _PURPOSE.search(after)):
            continue
        yield from (w for w in _inside(quote) if wakes or _invented(w))
    for bare in _BARE.finditer(sentence):
        word = bare["after"] or bare["before"] or bare["with"]
        if _invented(word) and not _WITHOUT.search(sentence[max(0, bare.start() - 40) : bare.start()]):
            yield word


def _is_trigger(word: str) -> bool:
    """Whether it may be a trigger word, and is no prose."""
    words = _TOKEN.findall(word.casefold())
    most = _WORDS if word.isascii() else _WORDS // 2
    if not words or len(words) > most or len(word) > _LONGEST or is_remark(word) or _EXPLAINS.search(word):
        return False
    if words[0] in NEGATION or _STANDS_FOR.issuperset(words) or not {"prompt", "prompts"}.isdisjoint(words):
        return False
    return _PROSE.isdisjoint(words) and not word.endswith(("...", "?", ":"))


def _invented(word: str) -> bool:
    """Whether one of its words is nobody's: no English word, nor one that is only said of trigger words."""
    known = META | NEGATION | _PROSE
    return any(len(p) > 2 and not is_word(p) and p not in known for p in _TOKEN.findall(word.casefold()))


def _distinct(words: list[str]) -> tuple[str, ...]:
    return tuple({w.casefold(): w for w in reversed(words)}.values())[::-1][:_ENTRIES]
