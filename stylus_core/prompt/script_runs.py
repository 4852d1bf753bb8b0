"""Cuts sentences of scripts without spaces at their particles and function words, as English at "of" and "with"."""

from __future__ import annotations

import re

Span = tuple[int, int]

_HAN, _KATAKANA = "\u3400-\u9fff\uf900-\ufaff々", "\u30a0-\u30ff"
_RUN = re.compile(rf"[{_HAN}{_KATAKANA}\u3040-\u309f]{{2,}}")
_KANA = re.compile(r"[\u3040-\u30ff]")

#: A particle stands behind a noun in Han or katakana, so one inside a name in hiragana ("となり") is none. A verb that
#: describes what follows ends in one of a few syllables: 浮かぶ|提灯.
_JAPANESE = re.compile(
    rf"(?<=[{_HAN}{_KATAKANA}])(?:には|では|から|まで|の(?!子)|[にをはがでとも])"
    rf"|(?<=[\u3040-\u309f][うくすつぬむるぐぶただ])(?=[{_HAN}{_KATAKANA}])"
    rf"|(?<=[{_HAN}]る)(?=[{_HAN}{_KATAKANA}])"
)
_CHINESE = re.compile(
    "的(?!士)|[穿戴]着|[穿戴]著|拿着|抱着|有着|[坐站躺]在|正在|以及|还有|一[个位只名座片条张朵幅匹件棵辆艘]|在|和(?![服风平谐室菓食声纸])"
)
#: Korean has spaces; a noun that its particle makes an object or a place ends there.
_KOREAN = re.compile(r"(?<=[\uac00-\ud7af])(?:을|를|에서|에게|의)(?=\s)")


def cut_at_particles(text: str, start: int, end: int) -> list[Span]:
    """Cuts `text[start:end]` at its particles and function words.

    Args:
        text: a prompt.
        start: where the part begins.
        end: where it ends.

    Returns:
        The spans between, ascending; one span where there is nothing to cut.
    """
    out: list[Span] = []
    at = start
    cuts = [m.span() for m in _KOREAN.finditer(text, start, end)]
    for run in _RUN.finditer(text, start, end):
        form = _JAPANESE if _KANA.search(run[0]) else _CHINESE
        cuts += [m.span() for m in form.finditer(text, run.start(), run.end())]
    for first, last in sorted(cuts):
        if at < first:
            out.append((at, first))
        at = last
    if at < end:
        out.append((at, end))
    return out
