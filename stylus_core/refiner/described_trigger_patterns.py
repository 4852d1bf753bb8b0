"""How authors say in a description what wakes their adapter: labels, headings, and sentences around the words."""

from __future__ import annotations

import re
from pathlib import Path

from stylus_core.prompt.fast_alternation import factor_prefixes
from stylus_core.word_lists import read_words

_ABOUT = re.compile(
    factor_prefixes(
        r"trigger|activ|key\s?word|\btoken|instance|(?:your|the) prompt|触发|觸發|激活|唤醒|关键词|トリガー|起動"
        r"|트리거|триггер|активатор|ключев|palabra|palavra|gatilho|disparador|déclench|mots?[- ]cl|auslöse|schlüssel"
        r"|aktivierung|parol[ae]|kluczow|\bprompts? (?:with|must|should|has|have|needs?)\b"
    )
)


def is_about(text: str) -> bool:
    """Whether a text may say anything about trigger words."""
    return bool(_ABOUT.search(text.lower()))


SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z\d\W]|[\"'“‘`*(])|(?<=[。！？；])")
_KIND_OF_WORD = r"(?:\s*(?:[-_]\s*)?(?:key)?(?:word|phrase|token|tag|prompt|text|term|keyword)(?:\(s\)|'?s)?)"
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
_MORE = r"(?:\s?(?:[+&/(][^:：=\n\"“]{1,40}|(?:for|of|in|to use|is/are)\b[^:：=\n\"“]{0,40}|list|here|(?:i )?used)\)?)?"
_OPENING = rf"(?i)^[\W_\d]{{0,8}}{_QUALIFIED}(?:{_LABEL}|{_KEYWORD})"
LABELLED = re.compile(
    rf"{_OPENING}{_MORE}\s*(?:[\])】》」』]\s?[:：]?|[:：=|⇒➡👉»→➤➔➜►▶⟶]|\s[-–—]+>?\s|->|=>|[为是は는]\s?[:：]?)\s*(?P<value>.*)$"
)
#: A line that is nothing but the label: a heading.
HEADED = re.compile(
    rf"{_OPENING}(?:\s(?:for|of|to use|used|list|here|and|[&+/])(?:\s(?!is\b|are\b)\w+){{0,3}}|\s?\([^()\n]{{1,40}}\))?"
    r"[\W_]{0,8}$"
)
INSIDE = re.compile(rf"(?i)(?<![\w]){_LABEL}(?:\s(?:is|are))?\s*(?:[:：]|为[:：]?|是|は)\s*(?P<value>\S.*)$")
#: "The trigger word is X": only a word or two, and no further than the next clause.
IS = re.compile(
    rf"(?i)\b(?:{_LABEL}|key\s?words?|token)\s+(?:(?:i )?used\s)?(?:(?:is|are|was|would be)(?:\s*[:：=]|\s)|=)"
    r"\s*(?P<value>\S.*)$"
)
CLAUSE = re.compile(
    r"(?i)\s(?:for|to|if|when|with|but|because|so|which|that|in|on|at|as|plus|or|and)\s|[.,;!，。；、(（\n]|\s[-–—]\s"
)
#: "brkltwr - trigger word", "brkltwr (the trigger)"
BEHIND = re.compile(
    r"(?i)^[\s*•-]*(?P<value>[^\s:(][^:(\n]{1,40}?)\s*(?:\s[-–—]\s|[(=])\s*(?:this is |is )?(?:the |your )?(?:main )?"
    r"(?:trigger|activation)(?: ?(?:word|phrase|token|tag))?s?\s*(?:(?:\)\.?|\.)\s*)?$"
)
#: A word without quotes, with what it is a word for: "brkltwr style".
_ONE = (
    r"[A-Za-z][\w-]{2,40}(?:\s(?:(?:art ?)?style|aesthetic|woman|man|girl|boy|person|character|creature|outfit|dress"
    r"|costume|pose|effect|photo|painting|illustration)(?![\w-]))?"
)
_TYPE = r"(?:us(?:e|ing)|add(?:ing)?|typ(?:e|ing)|writ(?:e|ing)|includ(?:e|ing)|put|enter|insert|say|prepend)"
_NAMED_SO = r"(?:(?:the|its|this)\s)?(?:(?:key)?word|token|phrase|tag|keyword|term|prompt)\s"
#: "the trigger word brkltwr", "use brkltwr to trigger it", "to activate it write brkltwr".
BARE = re.compile(
    r"(?i)(?:\b(?:trigger|activation|instance)[- ]?(?:word|phrase|token|tag|prompt|keyword)s?|触发[词字]"
    rf"|トリガーワード)[\s:：]*({_ONE})"
    rf"|\b{_TYPE}\s+(?:{_NAMED_SO})?({_ONE})\s+(?:to|as|for|in|into|at)\s"
    r"(?:\w+\s){0,4}?(?:trigger|activat|invok|prompt)"
    rf"|\b(?:trigger|activat|invok)(?:s|es|ed|e)?\s(?:it\s)?(?:with|by {_TYPE}|by|using|through)\s"
    rf"(?:{_NAMED_SO})?({_ONE})"
    r"|\b(?:trigger|activate|invoke)\s(?:\w+\s){0,3}?(?:\w+,\s)?(?:please\s|just\s|simply\s)?"
    rf"{_TYPE}\s(?:{_NAMED_SO})?({_ONE})"
    rf"|\b(?:start|begin)(?:ing)?\s(?:(?:your|the|ur|any|every|each|all)\s)?(?:\w+\s)?prompts?\swith\s"
    rf"(?:{_NAMED_SO})?({_ONE})"
    r"|\bprompts?\s(?:\w+\s){0,2}?(?:contain|include|have|(?:start|begin)s?\swith)s?\s"
    rf"(?:{_NAMED_SO})?({_ONE})"
    rf"|\b{_TYPE}\s(?:the\s)?(?:key\s?word|token)\s({_ONE})"
    rf"|(?<![\w-])({_ONE})\s(?:(?:is|as)\s(?:the|its|your|a)\s(?:\w+\s)?(?:trigger|activation|instance)"
    r"|(?:will\s)?(?:trigger|activate|invoke)s?\s(?:the|it|this)\b)"
)
#: What the site's cards say of the instance prompt, whatever its words are.
FORMULA = re.compile(r"(?i)\byou should use (?P<value>.+?) to trigger the (?:image|video|model)\b")
QUOTED = re.compile(
    r"\"([^\"\n]{1,80})\"|“([^“”\n]{1,80})”|‘([^‘’\n]{1,80})’|`([^`\n]{1,80})`|「([^「」\n]{1,80})」"
    r"|(?<!\w)'([^'\n]{1,80})'(?!\w)"
)
WAKES = re.compile(r"(?i)\b(?:trigger|activat|invok|summon)\w*|触发|激活|トリガー|트리거|триггер|активир")
PURPOSE = re.compile(
    rf"{WAKES.pattern}|промпт"
    r"|\b(?:in|into|to|of|with|(?:start|begin)(?:ing)?) (?:your |the |ur |any |every |each )?(?:positive )?"
    r"prompts?\b|\bprompts? (?:\w+ ){0,2}?(?:contain|include|have|start with|begin with)s?\b"
    r"|\b(?:use|add|include|type|write) (?:the )?(?:key ?word|token)s?\b"
)
ADVICE = re.compile(
    r"(?i)\b(?:if|when|want\w*|to get|to have|to make|to avoid|more|less|problem\w*|help\w*|sometimes|can|may|might|try"
    r"|example|e\.g|such|also|like|remove\w*|change\w*)\b"
)
USES = re.compile(
    r"(?i)\b(?:us(?:e|ing|ed)|add(?:ing)?|includ(?:e|ing)|typ(?:e|ing)|writ(?:e|ing)|put(?:ting)?|start|begin|insert"
    r"|with|prompt|say|enter|is|are|by|word|phrase|token|keyword)\b|使用|用|加|词|は|를|использ|добав|слов"
)
WITHOUT = re.compile(
    r"(?i)\b(?:negative|don'?t|do not|avoid|without|not|no|instead of|unless|never|optional\w*|recommend\w*"
    r"|additional\w*|also|extra)\b"
    r"|负面|反向|可选|推荐|不"
)
#: "the trigger word is still X"
HEDGE = re.compile(
    r"(?i)^(?:(?:just|still|only|simply|now|also|again|basically|obviously|actually|usually|either|of course|this|here"
    r"|as follows|input|type|enter|use|write|add|put|include|with|using|by)"
    r"\s*[:,]?\s+){1,2}"
)
#: A list of several outfits says in front of each what it is; and what stands behind a code in Chinese explains it.
ITEM = re.compile(r"^(?:and|or|&)\s|^[^:：]{1,40}[:：]\s+(?=\S)")
ANNOTATED = re.compile(
    r"^([\x21-\x7e][\x20-\x7e]*?[A-Za-z0-9_)])\s*(?:\\?\()?[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af].*$"
)
STOP = re.compile(r"[.。;]\s|\s(?:or|и|или|oder|ou)\s")
HEADING = re.compile(r"[:：\-–]\s*$")
BULLET = re.compile(r"^\s*(?:[-•*·▪●]\s*|\d{1,2}[.)]\s*(?=[^\W\d])|[^\w\s<(\[\"'“‘`「『\\]{1,3}\s+)(?=\S)")
#: "Juno Pell: junopell, short hair": the words of one of several, behind the name.
EACH = re.compile(r"^\s*(?:[-•*·▪●]\s*)?(?P<name>[A-Z][\w'’. -]{1,40}?)\s*[:：]\s*(?P<value>\S.*)$")
FENCE = re.compile(r"^(?:`{3}.*|[\W_]*)$")
_WORDS = read_words(Path(__file__).parent / "words" / "described_triggers.txt")
STANDS_FOR, TALK, PROSE = (frozenset(_WORDS[name]) for name in ("stands for", "talk", "prose"))
EXPLAINS = re.compile("可以|需要|使用|加入|建议|推荐|例如|比如|请|提示词|触发词|例えば|です|ます|프롬프트")
TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
