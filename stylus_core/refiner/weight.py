"""The weight at which an adapter works best, and who says so."""

from __future__ import annotations

import re
from statistics import median
from typing import NamedTuple

from stylus_core.refiner.clean import plain
from stylus_core.types import Metadata

DEFAULT = 0.8
_LOW, _HIGH = 0.05, 2.0

_NUMBER = r"(?:[01]?[.,]\d{1,2}|[012](?:[.,]0+)?)(?![\d.]*\d)(?!\s*(?:%|mb|k\b|gb|px|steps?))"
_ABOUT = (
    r"(?:lora\s*)?(?:weights?|strength|multiplier|lora\s+scale|intensity|权重|權重|强度|強度|重み|ウェイト|가중치|вес)"
)
_JOIN = r"\s*(?:-|–|—|~|～|〜|to|and|至|到|から|or|/|\.\.\.?)\s*"
_GAP = r"[^\d\n.。]{0,40}?"
_RANGE = re.compile(rf"(?i){_ABOUT}{_GAP}(?<![\d.])({_NUMBER}){_JOIN}({_NUMBER})")
_ONE = re.compile(rf"(?i){_ABOUT}{_GAP}(?<![\d.])({_NUMBER})")
_BEFORE_RANGE = re.compile(rf"(?i)(?<![\d.])({_NUMBER}){_JOIN}({_NUMBER})\s*(?:\w+\s+)?(?:{_ABOUT})")
_BEFORE = re.compile(rf"(?i)(?<![\d.])({_NUMBER})\s*(?:\w+\s+)?(?:{_ABOUT})")
_WORKS = re.compile(
    rf"(?i)(?:works?|best|recommend(?:ed)?|use|good|great|ideal|try|推荐|建议|推奨)[^\d\n.。]{{0,30}}?(?:at|around|between|with|from|用|使用|is|:|：)\s*(?<![\d.])"
    rf"({_NUMBER})(?:{_JOIN}({_NUMBER}))?"
)
_TAG = re.compile(r"<(?:lora|lyco):[^:>]+:(-?\d*\.?\d+)")
#: What a number next to these is about is not a weight.
_OTHER = re.compile(
    r"(?i)denois|cfg|clip|steps?|hires|hr\b|upscal|version|\bv\d|epoch|resolution|controlnet|guidance|eta\b|vae|noise|scale\s*by|negative|"
    r"降噪|重绘|步|迭代"
)


class Weight(NamedTuple):
    """A recommendation."""

    value: float
    low: float | None
    high: float | None
    source: str  # "user", "author", "examples", "default"


def weight(metadata: Metadata) -> Weight:
    """The user's own > the author's > the median of the example prompts > 0.8."""
    low, high = metadata.weight_low, metadata.weight_high
    if metadata.user_weight is not None:
        return Weight(_sane(metadata.user_weight), low, high, "user")
    if metadata.author_weight is not None:
        return Weight(_sane(metadata.author_weight), low, high, "author")
    if low is not None and high is not None:
        return Weight(_sane((low + high) / 2), low, high, "author")
    said = stated(f"{metadata.description}\n{metadata.notes}")
    if said:
        return Weight(_sane((said[0] + said[1]) / 2), *said, "author")
    used = [e.weight for e in metadata.examples if e.weight is not None and 0 < abs(e.weight) <= _HIGH]
    if used:
        return Weight(_sane(median(used)), min(used), max(used), "examples")
    return Weight(DEFAULT, None, None, "default")


def stated(text: str) -> tuple[float, float] | None:
    """The number or range that a text recommends, in English, Chinese, Japanese, Korean or Russian."""
    for line in re.split(r"[\n。]|(?<=[.!?])\s", plain(text)):
        for pattern in (_RANGE, _BEFORE_RANGE, _ONE, _BEFORE, _WORKS):
            for found in pattern.finditer(line):
                if _OTHER.search(found[0]) or _OTHER.search(line[max(0, found.start() - 18) : found.start()]):
                    continue
                values = [float(g.replace(",", ".")) for g in found.groups() if g]
                if all(_LOW <= v <= _HIGH for v in values):
                    return min(values), max(values)
    tag = _TAG.search(text)
    if tag and _LOW <= abs(float(tag[1])) <= _HIGH:
        return float(tag[1]), float(tag[1])
    return None


def _sane(value: float) -> float:
    return round(max(-_HIGH, min(_HIGH, value)), 3)
