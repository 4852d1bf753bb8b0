"""The weight that an author's text recommends: finds the numbers and what each measures.

Descriptions hold many numbers: steps, CFG, denoising strength, versions, the weights of words in a prompt. A number is
the adapter's weight if the nearest word that says what is measured says so ("weight", "权重", "強度"), or, less surely,
if it is merely recommended ("works best at 0.7") and nothing else is measured beside it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

LOWEST, HIGHEST = 0.05, 2.0
_RARELY = 1.3  # a single number above it is a version more often than a weight

_MOST = 6_000  # characters of a text that are looked at; authors say it near the top
_MOST_LINE = 1_000

#: What looks like a number of ours and is none: tags, emphasis in a prompt, versions and names of models.
_MASK = re.compile(
    r"<[^<>\n]{0,200}>|[(\[{][^()\[\]{}\n:]{1,80}:\s*-?[\d.]+[)\]}]"
    r"|\b(?:v|ver|version|sd|xl|rev|epoch)[ .]?\d+(?:[.,-]\d+)*\w*"
    r"|\b\d(?:[.,]\d)?\s?[dD]\b|2(?=img)|\b\d+(?:girl|boy)s?"
    r"|(?<![A-Za-z\d])(?!weight|strength|recommend)[A-Za-z][\w-]*\d[\w.]*"
    r"|[×x]\s?\d[\d.]*|\d+(?:[.,]\d+)?\s*(?:%|[x×]\b)|版本?\s*\d[\d.]*|\d[\d.]*\s*版",
    re.ASCII | re.IGNORECASE,
)
_VALUE = r"(?:[01]?[.,]\d{1,3}|[0-2](?:[.,]0+)?)"
_JOIN = r"""["'“”’]?\s*(?:-|–|—|−|~|〜|∼|to|and|through|until|至|到|から|と|or|或|/|\.\.\.?)\s*["'“”’]?"""
_END = r"(?!(?!weight|strength)[A-Za-z]|[\d_%]|[.,]\d{1,3}\b)"
_START = r"(?:(?<![\w.,])|(?<=[^\x00-\x7f])|(?<=weight)|(?<=strength)|(?<=recommend))"
_NUMBER = re.compile(
    rf"{_START}(?P<ours>-?{_VALUE}){_END}(?:(?:{_JOIN}|\s*[,、]\s*)(?P<until>-?{_VALUE}){_END})?|\d+(?:[.,]\d+)*",
    re.IGNORECASE,
)
_WEIGHT = (
    r"weigh?ts?|weigh\b|weigths?|wieghts?|streng(?:th|h?t|ht|h)s?|multiplier|intensity"
    r"|lora\s*(?:value|scale|power|set|range|level)s?(?:\s*range)?|power\s+of\s+(?:the\s+)?lora"
    r"|权重|權重|强度|強度|重み|ウェイト|ウエイト|適用度|가중치|강도|вес[а-я]{0,3}\b|сил[аыуе]\b"
)
_OTHER = (
    r"(?:de-?nois\w*|hi-?res\w*|high-?res\w*|redraw\w*|降噪|去噪|重绘|重繪|デノイズ|ノイズ\w{0,4}|디노이즈)"
    rf"[\s\-_']*(?:\w+\s)?(?:{_WEIGHT}|amplitude|幅度|强)?"
    r"|(?:controlnet|block|tags?|tokens?|prompts?|keywords?|words?|clip|negative|embeddings?|img2img|reference"
    rf"|character(?:'s)? lora)[\s\-_']*(?:\w+\s)?(?:{_WEIGHT})"
    r"|cfg\w*|clip[\s_-]*skip|steps?\b|upscal\w*|guidance|eta\b|ensd|seed|resolution|repeats?|images?\s*:|epochs?|dim\b"
    r"|rank\b|alpha|learning|noise\b|lr\b|batch|threshold|aspect|\bsize|sampler\w*|scale\s*by|放大\w{0,3}|步数|步數|迭代"
    r"|采样\w{0,2}|ステップ|スケール|шаг\w*"
)
_MEASURED = re.compile(rf"(?P<other>{_OTHER})|(?P<weight>{_WEIGHT})", re.IGNORECASE)
_AFTER = re.compile(
    r"\s*[)\]]?\s*(?:(?:of|for|in|lora|的|の|as|is|the|model|lora's)\s*){0,3}"
    rf"(?:(?P<other>{_OTHER})|(?P<weight>{_WEIGHT}))",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"rec{1,2}om{1,2}[ea]n?d\w*|suggest\w*|\bbest\b|\bworks?\b|\bgood\b|\bgreat\b|\bideal\w*|\boptimal\w*|\bfine\b|\bbetter\b"
    r"|\bprefer\w*|\btested\b|\buse[ds]?\b|\babout\b|\baround\b|\bbetween\b|推荐|推薦|建议|建議|推奨|おすすめ|お勧め|最佳"
    r"|合适|適|左右|使用|即可|为宜|くらい|程度|추천|권장|рекоменд\w*|лучше",
    re.IGNORECASE,
)
#: The number is a bound that is not to be passed, or belongs to another adapter.
_NEVER = re.compile(
    r"(?:above|over|exceed\w*|more than|higher than|beyond|超过|超過|don'?t|do not|never|avoid|not\s+(?:use|go)"
    r"|too\s+\w+|(?:keyword|tag|word|token|prompt)s?\s+(?:with|at|to))\W*$|\bother lora|\bmy \w+ lora",
    re.IGNORECASE,
)
#: The number is for a special case.
_SOMETIMES = re.compile(
    r"\bif\b|\blower(?:ing)?\b|reduc\w+|decreas\w+|\boriginal one|不能|如果|想要|降低|もし", re.IGNORECASE
)
_DIGIT = re.compile(r"[.,]\d|(?<!\d)[01](?!\d)")
_WORTH = re.compile(rf"{_WEIGHT}|{_ADVICE.pattern}", re.IGNORECASE)
_HEADING = re.compile(r"(?<=[A-Za-z重权量度み])\s*[:：]\s*\n")
_LINE = re.compile(r"[\n\r。;；]|(?<=[a-z)\]][.!?])\s")


class Stated(NamedTuple):
    """What a text recommends. `low` equals `high` where it names one number."""

    low: float
    high: float


def stated(text: str) -> Stated | None:
    """The number or range that a text recommends (English, Chinese, Japanese, Korean, Russian).

    Args:
        text: without HTML.

    Returns: None if it names none.
    """
    best: tuple[int, Stated] | None = None
    text = text[:_MOST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    for line in _LINE.split(_HEADING.sub(": ", text)):
        if not _DIGIT.search(line) or not _WORTH.search(line):
            continue
        for score, found in _candidates(_MASK.sub(" ", line[:_MOST_LINE])):
            if best is None or score > best[0]:
                best = score, found
    return best[1] if best else None


def _candidates(line: str) -> list[tuple[int, Stated]]:
    """Every number or range of a line that may be the adapter's weight, with how sure that is."""
    out = []
    before = 0
    for number in _NUMBER.finditer(line):
        start, before = before, number.end()
        if number["ours"] is None:
            continue
        values = [_float(v) for v in (number["ours"], number["until"]) if v]
        if not all(LOWEST <= v <= HIGHEST for v in values):
            continue
        said = line[max(start, number.start() - 80) : number.start()]
        score = _score(said, line[number.end() : number.end() + 40], line)
        # a bare integer, or 1.5, is a number of many things
        if score >= (3 if len(values) == 1 and (values[0] > _RARELY or number["ours"].isdigit()) else 1):
            out.append((score, Stated(min(values), max(values))))
    return out


def _score(before: str, after: str, line: str) -> int:
    """0 if the number measures something else; more, the surer it is a recommendation of the adapter's weight."""
    measured = next(reversed(list(_MEASURED.finditer(before))), None)
    behind = _AFTER.match(after)
    if behind and (measured is None or len(before) - measured.end() > 12):
        measured, near = behind, True
    else:
        near = measured is not None and len(before) - measured.end() <= 40
    if measured is not None and measured["other"]:
        return 0
    advice = bool(_ADVICE.search(before) or _ADVICE.search(after[:25]))
    score = 4 if measured is not None and near else 1 if advice and not _MEASURED.search(before) else 0
    if not score or _NEVER.search(before):
        return 0
    if _SOMETIMES.search(before):
        return max(0, score - 2)
    return score + (1 if score == 4 and (advice or _ADVICE.search(line[:60])) else 0)


def _float(text: str) -> float:
    return float(text.replace(",", "."))
