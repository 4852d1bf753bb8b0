"""Numbers and ranges in a sentence, in the forms in which authors write them; what only looks like one is left out."""

from __future__ import annotations

import re
from typing import NamedTuple

from stylus_core.refiner.weight_words import JOIN_SIGNS, JOIN_WORDS, LETTER, WEIGHT

_UNIT = r"(?:[gmkt]i?b|px|fps|sec(?:onds?)?|min(?:utes?|s)?|hours?|hrs?|days?|kg|cm|mm|lbs?|usd|dollars?)\b|[$€£°]"
_COUNTED = re.compile(
    r"\s?(?:(?:steps?|imgs?|images?|pics?|pictures?|photos?|epochs?|repeats?|tokens?|people|girls?|boys?|styles?"
    r"|characters?|outfits?|versions?"
    r"|models?|stars?|times|loras?|of|out|in|st|nd|rd|th)(?![a-z])|[张張枚步歩分秒歳年月日个個人種种位つ명장개회])"
)
_PART = re.compile(r"\s?(?:of|chance|smaller|larger|bigger|faster|slower|more|less|better|off|nai|wd)(?![a-z])")
_ONE = re.compile(
    rf"(?<![0-9_{LETTER}$€£#])(?<![0-9][.,])(?P<digits>[0-9]{{1,3}}[.,][0-9]{{1,3}}|\.[0-9]{{1,3}}|[0-9]{{1,3}})"
    rf"(?![0-9_]|[.,][0-9])(?P<percent>\s?%)?(?!\s?(?:{_UNIT}))(?:-?ish\b|(?![{LETTER}]))",
)
_BETWEEN = re.compile(
    rf"""\s*(?:["'“”’)\]]\s*)?(?:(?P<comma>[,、;])|(?:\([^()0-9]{{1,40}}\)\s*)?(?:{JOIN_SIGNS}"""
    rf"""|(?<=\s)(?:{JOIN_WORDS})(?=\s)))\s*(?:["'“”‘(\[]\s*)?""",
)
_LEADING_ZERO = re.compile(r"0[2-9]")  # "08" lacks its point
_GAP = 60  # characters between the ends of a range
_SIGN = re.compile(r"(?P<sign>±|\+\s?/\s?-|-\s?/\s?\+|\+-|-\+|[-+])(?P<space>\s*)$")
_SHORT = re.compile(r"0?[.,][4-8]\s?-\s?[5-9]")  # "0.6-8"
#: A hyphen behind one of these is a minus; behind any other word it is a dash.
_TAKES_SIGN = re.compile(
    r"(?:^\s*|[\[({:=~,/]|\d\s?-|\b(?:to|at|of|from|between|and|or|is|with|use|using|von|auf|de|da|di|entre|tra|od"
    r"|от|из|по)|[从至到はがを为為是在由는은])$",
)
_BEGINS = re.compile(r"\b(?:from|between|zwischen|von|entre|tra|od|от)\s*$|从\s*$")  # "from - 6 to 3"
_SLIDES = re.compile(r"slider|negativ|minus|opposite|revers|inver[st]|滑块|负|負|スライダー|マイナス|отрицат|ползун")


class Number(NamedTuple):
    """One number, or a range. `low` equals `high` where it is one."""

    low: float
    high: float
    start: int  # of its text in the sentence
    end: int
    plain: bool = False  # a whole number as it counts many things
    percent: bool = False
    sways: bool = False  # "±": the range is as wide on the other side of zero


#: What looks like a number of ours and is none: tags, versions and names of models, sizes, dates, numbers of a list.
_MASK = re.compile(
    r"<[^<>\n]{0,200}>|^\s*(?:[-•*·]\s*)?(?:\(\d{1,2}\)|\d{1,2}\s?[.)、])(?=\s|[a-z]|[^\x00-\x7f])"
    r"|\b(?:v|ver|version|sd|xl|rev|epoch)[ .]?\d+(?:[.,-]\d+)*\w*"
    r"|(?:версия|версии|версії|版本?|バージョン|버전|versi(?:ón|one|ão|e)?|wersj[aię]|sürüm|phiên bản)\s?\d[\d.]*"
    r"|(?<![a-z\d_])[a-z][a-z_-]{0,40}\d[\w.]*|[×x](?<![a-z].)\s?\d[\d.]*"
    # what begins with a digit is only looked for where one stands
    r"|(?=\d)(?:\b\d(?:[.,]\d)?\s?d\b|2(?=img)|\b\d+(?:girl|boy)s?"
    r"|\b(?:1\.[45]|2\.[01]|3\.[05])(?=[\s-](?:based?|models?|ckpts?|checkpoints?|versions?|loras?)\b)"
    r"|(?<!\d)(?:\d+(?:[.,]\d+)?\s*[x×]\b|\d[\d.]{0,20}\s*版|\d+(?:\.\d+)?e-?\d+)|\b\d{4}(?P<ymd>[./-])\d{1,2}(?P=ymd)\d{1,2}\b"
    r"|\b\d{1,2}(?P<dmy>[./-])\d{1,2}(?P=dmy)\d{2,4}\b|\b\d{1,2}:\d{1,2}\b(?![.,]\d)|\b\d{1,3}/\d{1,3}\b(?![.,]\d))",
    re.ASCII,
)
_EMPHASIS = re.compile(r"[(\[{]([^()\[\]{}\n:]{1,80}):\s*-?[\d.]+\s*[)\]}]")
_LABEL = re.compile(rf"\W*(?:\w{{1,12}}\s){{0,2}}(?:lora|{WEIGHT})\s*")
_OF_VERSION = re.compile(r"\b(?:this|old(?:er)?|new(?:er)?|previous|current|latest)\s+$")
_SMALL = re.compile(r"ver(?:sion)?\s(?=0?[.,]\d)")


#: Stands for each letter of what is masked: no space, so that no range goes over it.
BLANK = "\0"


def masked(sentence: str) -> str:
    """The sentence without what only looks like a weight; every letter stays where it is."""

    def emphasis(match: re.Match[str]) -> str:
        return match[0] if _LABEL.fullmatch(match[1]) else BLANK * len(match[0])

    def mask(match: re.Match[str]) -> str:
        # "this version 0.5" names no version
        if _SMALL.match(match[0]) and _OF_VERSION.search(sentence[: match.start()][-16:]):
            return match[0]
        return BLANK * len(match[0])

    return _MASK.sub(mask, _EMPHASIS.sub(emphasis, sentence))


def numbers(sentence: str) -> list[Number]:
    """Every number and range of a masked sentence, in its order, whatever it measures."""
    out: list[Number] = []
    matches = list(_ONE.finditer(sentence))
    for match in matches:
        number = _signed(match, sentence, matches)
        joined = _joined(out[-1], number, sentence) if out else None
        if joined:
            out[-1] = joined
        else:
            out.append(number)
    below = {-n.low for n in out if n.low < 0}
    return [n._replace(sways=True) if n.low == n.high and n.low in below else n for n in out]


def _signed(match: re.Match[str], sentence: str, others: list[re.Match[str]]) -> Number:
    value = float(match["digits"].replace(",", "."))
    if _LEADING_ZERO.fullmatch(match["digits"]):
        value /= 10
    percent = match["percent"] is not None
    if percent:
        value = round(value / 100, 4)
    start, sways = match.start(), False
    before = sentence[max(0, start - 12) : start]
    sign = _SIGN.search(before)
    before = before[: sign.start()] if sign else ""
    if sign and not before.rstrip().endswith(tuple("0123456789%")):
        sways = sign["sign"] not in "-+"
        spaced = bool(sign["space"])
        if sign["sign"] == "-" and (_BEGINS.search(before) if spaced else _is_minus(before, match, sentence, others)):
            value, start = -value, start - len(sign[0])
        elif sign["sign"] == "+":
            start -= 1
    counted = match["digits"].isdigit() and not percent and start == match.start()
    return Number(value, value, start, match.end(), counted, percent, sways)


def _is_minus(before: str, match: re.Match[str], sentence: str, others: list[re.Match[str]]) -> bool:
    if _TAKES_SIGN.search(before.rstrip()):
        return True
    twin = any(o["digits"] == match["digits"] and o.start() > match.start() for o in others)
    apart = (
        before.endswith(" ") and float(match["digits"].replace(",", ".")) >= 1
    )  # "weight -1"; "weight -0.8" has a dash
    return twin or apart or _SLIDES.search(sentence) is not None


def _joined(one: Number, other: Number, sentence: str) -> Number | None:
    """The range from one to the other, if that is what the text between them makes of them."""
    between = _BETWEEN.fullmatch(sentence[one.end : other.start]) if other.start - one.end < _GAP else None
    if between is None or max(abs(one.low), abs(other.low)) > 200:
        return None
    if between["comma"] and (other.plain and not (other.low < 0 or one.low < 0)):
        return None
    if one.low < one.high and one.low <= other.low <= one.high:
        return None  # "0.5 to 1.2 and 0.75"
    if other.percent and not one.percent:
        if one.low < 5:
            return None
        one = one._replace(low=one.low / 100, high=one.high / 100)
    if _SHORT.fullmatch(sentence[one.start : other.end]):
        other = other._replace(low=other.low / 10, plain=False)
    values = (one.low, one.high, other.low)
    return Number(min(values), max(values), one.start, other.end, one.plain and other.plain, other.percent, one.sways)


def counts_things(number: Number, sentence: str) -> bool:
    """Whether a word behind it says that a whole number counts something, or of what a percentage is."""
    pattern = _PART if number.percent else _COUNTED if number.plain else None
    return pattern is not None and pattern.match(sentence, number.end) is not None
