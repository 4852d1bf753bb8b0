r"""The words of one entry of trigger words, out of the markup, the labels and the remarks that authors put around them.

Brackets and colons that belong to a name stay, and brackets are escaped as a prompt needs them: `foo \(some:game\)`.
"""

from __future__ import annotations

import re

from stylus_core.library.hostile_text import is_element
from stylus_core.prompt.keywords import is_quality
from stylus_core.refiner.remark_words import STANDS_FOR
from stylus_core.refiner.remarks import goes_on, is_remark

_TAG = re.compile(r"<(?=[^\W\d_]|[/!])([^<>]*)(>|$)")
#: "<lora:foo:1>", and "<s0><s1>", which nobody but an embedding made with the adapter knows.
_NO_WORD = re.compile(r"[^\W\d_]\w*\s*:|/|s\d+$")
_BARE_TAG = re.compile(r"(?i)^(?:lora|lyco|locon|lycoris|hypernet|embedding)\s*:\s*\S+$")
_PLACEHOLDER = re.compile(r"\{\s*(?:prompt|subject)\s*\}")
#: "/(" is how some write "\(".
_SLASHED = re.compile(r"/(?=\()|/(?=\))")
#: Others escape colons and underscores as well, or twice.
_NO_ESCAPE = re.compile(r"\\(?![()\[\]{}])")
#: "foo (some game)": the brackets are part of the tag, and the host would read them as emphasis.
_NAMED = re.compile(r"(?<=[\w.!?'])([ _]*)(?<!\\)\(([^()\[\]{},\\]{2,60})(?<!\\)\)")
_NUMBER = r"-?(?:\d{1,3}(?:\.\d*)?|\.\d+)"
_WEIGHTED = re.compile(rf":\s*{_NUMBER}\s*$")
_WEIGHT_IN_BRACKETS = re.compile(rf":{{1,2}}\s*{_NUMBER}\s*(?=[)\]}}])")
#: Without brackets a number behind a colon is a weight if it can be one: "haze:0.7", and not "9:16".
_WEIGHT_AT_END = re.compile(r"(?:(?<=\w)\s*:\s*[01]?\.\d+|(?<=[^\W\d_])\s*:\s*[01]\.?)\s*$")
#: Emphasis of nothing: the word is listed to be switched on.
_OFF = re.compile(r"(?<!\\)\([^()\n]{1,100}:\s*0(?:\.0*)?\s*\)")
_MARKUP = re.compile(r"(?<!\\)[()\[\]{}]")
_SPLIT = re.compile(r"[,，、\n]")
#: A semicolon parts words where it stands behind one; else it may begin an emoticon: ";)", ";d".
_SPLIT_LISTS = re.compile(_SPLIT.pattern + r"|(?<=[^\W_])[;；](?![()])|(?<=[)\]}\"”»])[;；]|\s[;；](?=\s)")
_OPENS = frozenset("([{（【")
_PLAIN = re.compile(r"\s*[A-Za-z][A-Za-z0-9_]*(?: [A-Za-z0-9_]+)*\s*")

_OPTIONAL = (
    r"(?:optional(?:ly|s)?(?:\s(?:trigger|tag|key|word|keyword|prompt|extra|addition|add-?on|clothes|outfit)s?){0,2}"
    r"|可选|可選|非必要|非必须|非必須|非必需|选填|可加可不加|任意|オプション|선택(?:\s?사항)?"
    r"|опционально|необязательно|по желанию|opcional(?:es)?|facultatif|facultatifs|facultativo|opzionale|opcjonalnie"
    r"|wahlweise|if (?:needed|wanted|you (?:want|like))|not (?:needed|required|necessary))"
)
_OPTIONAL_LABEL = re.compile(rf"(?i)^[\W_]{{0,4}}{_OPTIONAL}\s*(?:[:：=)\]）】]|\s[-–—])")
_OPTIONAL_WORD = re.compile(rf"(?i)^optional\s|[\s\W]{_OPTIONAL}[\W_]*$")
_NEGATIVE_LABEL = re.compile(
    r"(?i)^[\W_]{0,4}(?:(?:in\s)?neg(?:ative)?s?(?:\s?(?:promp?ts?|promts?|tags?|words?))?|ng|负面(?:提示词|词)?|反向(?:提示词|词)?"
    r"|ネガティブ(?:プロンプト)?|부정\s?프롬프트|негатив\w{0,6}(?:\sпромпт)?)\s*[:：=]"
)
_NOTE = re.compile(r"(?i)(?:^|[\s(*])(?:notes?|n\.?b\.?|tips?|warning|ps|hint|注意|注|备注|備考|примечание)\s*[:：]")
#: What authors write in front of their words, in the field that says already what they are.
_LABEL = re.compile(
    r"(?i)^[*\-•\s]*"
    r"(?:(?:the|main|core|primary|must|activation|instance|trained|trigger|style|unique|full|suggested)\s+){0,2}"
    r"(?:trigger(?:\s?(?:word|phrase|token|tag|prompt|text)s?|s)?|(?:key|activation )(?:\s?word|tag)s?|activators?"
    r"|tokens?|tags?|prompts?|positive(?:\sprompt)?|words?|recommended|required|触发(?:提示)?词|觸發詞|激活词|关键词|提示词|标签"
    r"|トリガー(?:ワード)?|プロンプト|タグ|트리거(?:\s?(?:워드|단어))?|триггер\w{0,3}(?:\s?слов\w)?|тег\w?"
    r"|(?:outfit|costume|clothes|clothing|character|name|appearance|looks?|set|default|casual|style)s?(?:\s?\d{1,2})?)"
    r"(?:\s*[:：=]|\s+[-–—])\s*(?=\S)"
)
#: In brackets behind a word or in front of it: what the word is for.
_ASIDE = re.compile(r"(?<!\\)[(\[（【]([^()\[\]（）【】\\]{1,80})[)\]）】]")
_SAYS_WHAT = re.compile(
    r"(?i)^\W*(?:(?:the|main|core|key|activation|style|character)\s)?(?:trigger(?:\s?(?:word|phrase|tag|token)s?|s)?|keywords?"
    r"|activation(?:\sword)?|required?|needed|must(?:\shave)?|mandatory|important|recommended|necessary|必要|必须|必需|必填|推荐"
    r"|触发词|トリガー|必須|推奨|обязательно)\W*$"
)
_QUOTES = {'"': '"', "“": "”", "‘": "’", "「": "」", "『": "』", "`": "`", "*": "*", "'": "'", "«": "»"}
_EMOTICON = re.compile(r"[\W_]{1,3}\w{0,2}|\w[\W_]\w?")


def phrases(entry: str) -> list[str]:
    """The words of an entry, each once, in its order; none if all of it is a remark."""
    text = _without_markup(entry)
    out: dict[str, None] = {}
    told = False
    for raw in (_SPLIT_LISTS if ";" in text or "；" in text else _SPLIT).split(text):
        if _PLAIN.fullmatch(raw):  # as most are: no label, no weight, no quotes
            word = " ".join(raw.split())
            told = told and goes_on(word)
            if is_remark(word):
                told = True
            elif not told and not _OPTIONAL_WORD.search(word) and not is_quality(word):
                out.setdefault(word)
            continue
        piece = _MARKUP.sub("", raw).strip()
        if _OPTIONAL_LABEL.match(raw.strip()) or _NEGATIVE_LABEL.match(piece):
            break  # the rest belongs to it
        note = _NOTE.search(piece)
        told = told and goes_on(piece)
        word = _bare(piece[: note.start()] if note else piece)
        if is_remark(word) if word else False:
            told = True
        elif word and not told and not _OPTIONAL_WORD.search(word) and not is_quality(word):
            out.setdefault(word)
        if note:
            break
    return list(out)


def _without_markup(entry: str) -> str:
    """An entry without tags, placeholders, remarks in brackets and weights in brackets, and with names' escaped."""
    text = _TAG.sub(_untagged, entry) if "<" in entry else entry
    if "{" in text:
        text = _PLACEHOLDER.sub(" ", text)
    if _OPENS.isdisjoint(text):
        return _NO_ESCAPE.sub("", text) if "\\" in text else text
    text = _ASIDE.sub(_aside, text)
    if "/(" in text:
        text = _SLASHED.sub(r"\\", text)
    if "\\" in text:
        text = _NO_ESCAPE.sub("", text)
    return _WEIGHT_IN_BRACKETS.sub("", _OFF.sub(" ", _NAMED.sub(_escaped, text)))


def _untagged(found: re.Match[str]) -> str:
    """Nothing for a tag or a gap to fill ("<color>"); what else stands between angle brackets is a word: "<vexa>"."""
    inner = found[1]
    gap = STANDS_FOR.issuperset(inner.casefold().split())
    return " " if gap or _NO_WORD.match(inner) or is_element(inner) else f" {inner} "


def _aside(found: re.Match[str]) -> str:
    """Brackets with a remark in them go, brackets that make the word optional stay for the label to be read."""
    inner = found[1].strip()
    if re.fullmatch(rf"(?i)\W*{_OPTIONAL}\W*", inner):
        return found[0]
    return " " if _SAYS_WHAT.match(inner) or (len(inner) > 3 and is_remark(inner)) else found[0]


def _escaped(found: re.Match[str]) -> str:
    if _WEIGHTED.search(found[2]):
        return found[0]  # emphasis
    return rf"{found[1]}\({found[2]}\)"


def _bare(piece: str) -> str:
    """A phrase without label, weight, quotes and list marks around it."""
    text = " ".join(piece.split())
    if _BARE_TAG.match(text):
        return ""
    text = _WEIGHT_AT_END.sub("", _LABEL.sub("", text))
    while len(text) > 2 and text[0] in _QUOTES and text.endswith(_QUOTES[text[0]]):
        text = text[1:-1].strip()
    if len(text) <= 3 and _EMOTICON.fullmatch(text):
        return text
    return re.sub(r"^(?:[-•·*]+\s+|[\s:;]+)", "", text).rstrip(" :;")
